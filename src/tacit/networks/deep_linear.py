"""Fully connected linear networks."""

from collections.abc import Sequence

import equinox as eqx
import numpy as np

from .._types import float64, Matrix, Predictor
from ..errors import DataError, ShapeError
from .base import AbstractLinearNetwork


def _matrices(layers: Sequence) -> list[Matrix]:
    return [float64(W) for W in layers]


class DeepLinear(AbstractLinearNetwork):
    r"""The network $f(x) = W_L \cdots W_1 x$; `layers` is a list of matrices.

    $W_l$ is ``(n_l, n_{l-1})``. With one output (``n_L = 1``) the predictor is a vector ``(d,)``, else ``(k, d)``.
    Raises `ShapeError` where neighbours do not fit, `DataError` for no layer at all.
    """

    layers: list[Matrix] = eqx.field(converter=_matrices)

    def __check_init__(self):
        if not self.layers:
            raise DataError("DeepLinear needs at least one layer; got none.")
        for i, (W, V) in enumerate(zip(self.layers, self.layers[1:], strict=False)):
            if W.ndim != 2 or V.ndim != 2 or V.shape[1] != W.shape[0]:
                raise ShapeError(
                    f"layer {i + 2} has shape {V.shape} but layer {i + 1} has "
                    f"{W.shape}: its columns must equal the rows below it."
                )

    @classmethod
    def balanced(
        cls, target: object, *, depth: int, width: int | None = None
    ) -> "DeepLinear":
        r"""Factors $\Sigma^{1/L}$ of the SVD of `target` ``(k, d)``, all balanced.

        $W_{l+1}^\top W_{l+1} = W_l W_l^\top$ for every $l$ (Arora et al. 2018,
        arXiv:1802.06509); hidden layers have `width` units, by default the rank bound.
        """
        E = np.atleast_2d(np.asarray(target, float))
        if depth < 1:
            raise DataError(f"depth counts layers, at least 1; got {depth}.")
        U, s, Vt = np.linalg.svd(E, full_matrices=False)
        r = len(s)
        m = r if width is None else width
        if m < r:
            raise ShapeError(f"width {m} is below the rank bound {r} of the target.")
        if depth == 1:
            return cls([E])
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
