"""Fully connected linear networks."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from .._types import Matrix, Predictor
from ..errors import DataError, ShapeError
from .base import (
    AbstractFullyConnected,
    AbstractLinearNetwork,
    matrices,
    require_chain,
    require_depth,
    require_widths,
)


class DeepLinear(AbstractLinearNetwork, AbstractFullyConnected):
    r"""The network $f(x) = W_L \cdots W_1 x$; `layers` is a list of matrices.

    $W_l$ is ``(n_l, n_{l-1})``. With one output (``n_L = 1``) the predictor is a vector
    ``(d,)``, else ``(k, d)``. Raises `ShapeError` where neighbours do not fit and
    `DataError` for no layer at all or entries that are not finite.
    """

    layers: list[Matrix] = eqx.field(converter=matrices)

    def __check_init__(self):
        require_chain(self, "layers", self.layers)

    @classmethod
    def balanced(
        cls, target: ArrayLike, *, depth: int, width: int | None = None
    ) -> "DeepLinear":
        r"""Factors $\Sigma^{1/L}$ of the SVD of `target` ``(k, d)``, all balanced.

        $W_{l+1}^\top W_{l+1} = W_l W_l^\top$ for every $l$ (Arora et al. 2018,
        arXiv:1802.06509); hidden layers have `width` units, by default the rank bound.
        """
        require_depth(cls, depth)
        E = np.atleast_2d(np.asarray(target, float))
        if E.ndim != 2:
            raise ShapeError(
                f"the start is (d,) or (k, d); got shape {E.shape}.", about="target"
            )
        r = min(E.shape)
        m = r if width is None else width
        if m < r:
            raise ShapeError(
                f"width {m} is below the rank bound {r} of the start.", about="width"
            )
        if depth == 1:
            return cls([E])
        U, s, Vt = np.linalg.svd(E, full_matrices=False)
        root = np.diag(s ** (1 / depth))
        hidden = np.zeros((m, m))
        hidden[:r, :r] = root
        first, last = np.zeros((m, E.shape[1])), np.zeros((len(E), m))
        first[:r], last[:, :r] = root @ Vt, U @ root
        return cls([first, *[hidden] * (depth - 2), last])

    @classmethod
    def orthogonal(
        cls, widths: Sequence[int], *, seed: int = 0, scale: float = 1.0
    ) -> "DeepLinear":
        """Layers that are `scale` times orthogonal, uniformly drawn.

        `widths` are those of the input, the hidden layers and the output. Where they
        change, all singular values are `scale`: rows or columns are orthonormal. The
        numbers are those of ``numpy.random.default_rng(seed)``, first layer first.
        """
        shapes, rng = _shapes(cls, widths, scale), np.random.default_rng(seed)
        return cls([scale * _uniform(rng, *shape) for shape in shapes])

    @classmethod
    def gaussian(
        cls, widths: Sequence[int], *, seed: int = 0, scale: float = 1.0
    ) -> "DeepLinear":
        r"""Independent normal entries of variance $\mathrm{scale}^2 / n_{l-1}$.

        The mean square of a layer's outputs is then that of its inputs times
        $\mathrm{scale}^2$. `widths` and `seed` are as in `orthogonal`.
        """
        shapes, rng = _shapes(cls, widths, scale), np.random.default_rng(seed)
        return cls([scale * _normal(rng, *shape) for shape in shapes])

    @classmethod
    def zero_first(
        cls, widths: Sequence[int], *, seed: int = 0, scale: float = 1.0
    ) -> "DeepLinear":
        r"""$W_1 = 0$ and the others as in `gaussian`: the network starts at 0.

        Its gradient is not 0, and its risk is that of no prediction: Assumption 2 of
        Ji and Telgarsky (2019), arXiv:1810.02032.
        """
        first, *rest = _shapes(cls, widths, scale)
        rng = np.random.default_rng(seed)
        return cls([np.zeros(first), *(scale * _normal(rng, *s) for s in rest)])

    @property
    def degree(self) -> int:
        return len(self.layers)

    def imbalance(self) -> Float[Array, " entries"]:
        r"""$W_{l+1}^\top W_{l+1} - W_l W_l^\top$ of all pairs, flattened to a vector.

        Conserved under any loss (Arora et al. 2018, arXiv:1802.06509).
        """
        pairs = zip(self.layers, self.layers[1:], strict=False)
        found = [jnp.ravel(V.T @ V - W @ W.T) for W, V in pairs]
        return jnp.concatenate(found) if found else jnp.zeros(0)

    def predictor(self) -> Predictor:
        # From the thinner end: with one output it is vectors times matrices.
        if len(self.layers[-1]) <= self.layers[0].shape[1]:
            product = self.layers[-1]
            for W in self.layers[-2::-1]:
                product = product @ W
        else:
            product = self.layers[0]
            for W in self.layers[1:]:
                product = W @ product
        return product[0] if len(product) == 1 else product


def _shapes(cls, widths, scale):
    sizes = require_widths(cls, widths)
    if not 0 < scale < np.inf:
        raise DataError(
            f"{cls.__name__}: scale is above 0 and finite; got {scale}.", about="scale"
        )
    return list(zip(sizes[1:], sizes, strict=False))


def _normal(rng, rows, columns):
    return rng.standard_normal((rows, columns)) / np.sqrt(columns)


def _uniform(rng, rows, columns):
    """A matrix with orthonormal rows or columns, by the Haar measure."""
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    Q, R = np.linalg.qr(tall)
    Q = Q * np.sign(np.diag(R))  # QR alone is not uniform
    return Q if rows >= columns else Q.T
