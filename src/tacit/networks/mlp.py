"""Fully connected networks with an activation."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import float64, Matrix, Vector
from ..errors import OptionError, ShapeError
from .base import AbstractNetwork, matrices, require_chain, require_finite


ACTIVATIONS: dict[str, Callable] = {
    "elu": jax.nn.elu,
    "erf": jax.scipy.special.erf,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "identity": lambda z: z,
    "leaky_relu": jax.nn.leaky_relu,
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "silu": jax.nn.silu,
    "sin": jnp.sin,
    "softplus": jax.nn.softplus,
    "tanh": jnp.tanh,
}


def _vectors(biases: Sequence | None) -> list[Vector] | None:
    return None if biases is None else [float64(b) for b in biases]


class MLP(AbstractNetwork):
    r"""$h_l = \sigma(W_l h_{l-1} + b_l)$, the last layer without activation.

    `weights` is a list of $W_l$ ``(n_l, n_{l-1})``, `biases` None or a list of $b_l$
    ``(n_l,)``; `activation` is a name or any function of an array. With ``n_L = 1``
    the output is a number, else ``(k,)``.

    Raises `ShapeError` where sizes disagree, `OptionError` for an unknown activation
    and `DataError` for no layer at all or entries that are not finite.
    """

    weights: list[Matrix] = eqx.field(converter=matrices)
    activation: str | Callable = eqx.field(default="tanh", static=True)
    biases: list[Vector] | None = eqx.field(default=None, converter=_vectors)

    def __check_init__(self):
        known = callable(self.activation) or self.activation in ACTIVATIONS
        if not known:
            raise OptionError("activation", self.activation, ACTIVATIONS)
        require_chain(self, self.weights)
        rows = [(len(W),) for W in self.weights]
        if self.biases is not None and [b.shape for b in self.biases] != rows:
            raise ShapeError(
                f"biases have shapes {[b.shape for b in self.biases]} but the layers "
                f"have {rows} rows; give one vector a layer, or None."
            )
        require_finite(self)

    @property
    def sigma(self) -> Callable:
        """The activation as a function."""
        name = self.activation
        return ACTIVATIONS[name] if isinstance(name, str) else name

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        h = x
        for i, W in enumerate(self.weights):
            z = W @ h if self.biases is None else W @ h + self.biases[i]
            h = z if i == len(self.weights) - 1 else self.sigma(z)
        return h[0] if len(h) == 1 else h
