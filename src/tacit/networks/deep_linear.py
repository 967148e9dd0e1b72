"""Fully connected linear networks."""

import equinox as eqx
import numpy as np
from jaxtyping import ArrayLike

from .._types import Matrix, Predictor
from ..errors import ShapeError
from .base import (
    AbstractLinearNetwork,
    matrices,
    require_chain,
    require_depth,
    require_finite,
)


class DeepLinear(AbstractLinearNetwork):
    r"""The network $f(x) = W_L \cdots W_1 x$; `layers` is a list of matrices.

    $W_l$ is ``(n_l, n_{l-1})``. With one output (``n_L = 1``) the predictor is a vector
    ``(d,)``, else ``(k, d)``. Raises `ShapeError` where neighbours do not fit and
    `DataError` for no layer at all or entries that are not finite.
    """

    layers: list[Matrix] = eqx.field(converter=matrices)

    def __check_init__(self):
        require_chain(self, self.layers)
        require_finite(self)

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
            raise ShapeError(f"target is (d,) or (k, d); got shape {E.shape}.")
        r = min(E.shape)
        m = r if width is None else width
        if m < r:
            raise ShapeError(f"width {m} is below the rank bound {r} of the target.")
        if depth == 1:
            return cls([E])
        U, s, Vt = np.linalg.svd(E, full_matrices=False)
        root = np.diag(s ** (1 / depth))
        hidden = np.zeros((m, m))
        hidden[:r, :r] = root
        first, last = np.zeros((m, E.shape[1])), np.zeros((len(E), m))
        first[:r], last[:, :r] = root @ Vt, U @ root
        return cls([first, *[hidden] * (depth - 2), last])

    def predictor(self) -> Predictor:
        product = self.layers[0]
        for W in self.layers[1:]:
            product = W @ product
        return product[0] if len(product) == 1 else product
