"""Fully connected networks with an activation."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from .._types import float64, Matrix, Vector
from ..errors import DataError, ShapeError
from .activations import activation_of, composed_degree, kinked
from .base import AbstractFullyConnected, matrices, require_chain
from .inits import balanced, he_normal, orthogonal, require_gains, shrunk, symmetric


def _vectors(biases: Sequence | None) -> list[Array] | None:
    return None if biases is None else [float64(b) for b in biases]


class MLP(AbstractFullyConnected):
    r"""$h_l = \sigma(W_l h_{l-1} + b_l)$, the last layer without activation.

    `weights` is a list of $W_l$ ``(n_l, n_{l-1})``, `biases` None or a list of $b_l$
    ``(n_l,)``; `activation` is a name or any function of an array. With ``n_L = 1``
    the output is a number, else ``(k,)``.

    Raises `ShapeError` where sizes disagree, `OptionError` for an unknown activation
    and `DataError` for no layer at all, for entries that are not finite and for an
    activation without a finite slope where units may be.

    The constructors that draw weights take `small` layers to multiply by `eps`, by
    their indices or as the number of the last ones. They draw the same numbers for the
    same `seed`, whatever is small and however small. `biases` start at 0.
    """

    weights: list[Matrix] = eqx.field(converter=matrices)
    activation: str | Callable = eqx.field(default="tanh", static=True)
    biases: list[Vector] | None = eqx.field(default=None, converter=_vectors)

    def __check_init__(self):
        activation_of(self.activation)
        require_chain(self, "weights", self.weights)
        rows = [(len(W),) for W in self.weights]
        if self.biases is not None and [b.shape for b in self.biases] != rows:
            raise ShapeError(
                f"biases have shapes {[b.shape for b in self.biases]} but the layers "
                f"have {rows} rows; give one vector a layer, or none.",
                about="biases",
            )

    @property
    def layers(self) -> list[Matrix]:
        return self.weights

    @property
    def degree(self) -> int | None:
        plain = self.biases is None or len(self.weights) == 1
        return composed_degree(self.activation, len(self.weights)) if plain else None

    @property
    def kinked(self) -> bool:
        return kinked(self.sigma)

    @property
    def sigma(self) -> Callable:
        """The activation as a function."""
        return activation_of(self.activation)

    def imbalance(self) -> Float[Array, " pairs"]:
        r"""$\|W_{l+1}\|_F^2 - \|W_l\|_F^2 - \|b_l\|^2$ of neighbours.

        Conserved under any loss where the activation is of degree 1.
        """
        squares = jnp.stack([jnp.sum(W**2) for W in self.weights])
        shifts = jnp.zeros(len(squares))
        if self.biases is not None:
            shifts = jnp.stack([jnp.sum(b**2) for b in self.biases])
        return squares[1:] - squares[:-1] - shifts[:-1]

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        h = x
        for i, W in enumerate(self.weights):
            z = W @ h if self.biases is None else W @ h + self.biases[i]
            h = z if i == len(self.weights) - 1 else self.sigma(z)
        return h[0] if len(h) == 1 else h

    @classmethod
    def he_normal(
        cls,
        widths: Sequence[int],
        *,
        seed: int = 0,
        small: int | Sequence[int] = (),
        eps: float | None = None,
        activation: str | Callable = "tanh",
        biases: bool = False,
    ) -> "MLP":
        """Independent normal entries of variance 2 / fan-in (He et al. 2015)."""
        drawn = shrunk(cls, he_normal(cls, widths, seed), small, eps)
        return cls(drawn, activation, _zeros(drawn) if biases else None)

    @classmethod
    def orthogonal(
        cls,
        widths: Sequence[int],
        *,
        seed: int = 0,
        small: int | Sequence[int] = (),
        eps: float | None = None,
        activation: str | Callable = "tanh",
        biases: bool = False,
    ) -> "MLP":
        """Layers with orthonormal columns, or rows where they narrow."""
        drawn = shrunk(cls, orthogonal(cls, widths, seed), small, eps)
        return cls(drawn, activation, _zeros(drawn) if biases else None)

    @classmethod
    def balanced(
        cls,
        widths: Sequence[int],
        *,
        seed: int = 0,
        scale: float = 1.0,
        activation: str | Callable = "tanh",
    ) -> "MLP":
        r"""Layers with $W_{l+1}^\top W_{l+1} = W_l W_l^\top$.

        All their singular values are `scale` or 0; the rank is the smallest width.
        """
        if not 0 < scale < float("inf"):
            raise DataError(
                f"MLP: scale is above 0 and finite; got {scale}.", about="scale"
            )
        return cls([scale * W for W in balanced(cls, widths, seed)], activation)

    @classmethod
    def symmetric(
        cls,
        first: ArrayLike | Sequence[float],
        gains: ArrayLike | Sequence[float],
        *,
        width: int,
        activation: str | Callable = "tanh",
    ) -> "MLP":
        r"""Hidden units that are all alike: training never tells them apart.

        $W_1 = \mathbf 1 v^\top/\sqrt N$ with $v$ `first` ``(d,)``, the others have all
        entries equal; `gains` are their Frobenius norms. `Chain` is the same function.
        """
        along = require_gains(cls, gains, width)
        v = np.atleast_1d(np.asarray(first, dtype=np.float64))
        return cls(symmetric(v, along, int(width)), activation)


def _zeros(weights):
    return [np.zeros(len(W)) for W in weights]
