"""A sample known by its scatter: no rows, one matrix of features by features."""

from collections.abc import Iterator

import numpy as np
import scipy.linalg
import scipy.sparse

from ..errors import DataError
from ..problems.scatter import Scatter
from .contrast import contrast_of
from .shrinkage import oracle_approximating, schaefer_strimmer
from .spread import AbstractSpread, Table


CELLS = 2**20
"""Numbers held dense at a time (8 MB)."""


class Pooled(AbstractSpread):
    """The within-class correlation ``(d, d)`` of a `Scatter`, or of rows.

    `analytic` is Schäfer and Strimmer's where there were rows to see, else OAS.
    """

    def __init__(self, scatter: Scatter, priors: np.ndarray | None = None):
        weight, C = scatter.n, len(scatter.classes)
        first = scatter.means[0], scatter.tails[0]
        shifted = (scatter.means - first[0]) + (scatter.tails - first[1])
        variance = np.diag(scatter.sums) / weight
        size = np.abs(scatter.means).max(axis=0)
        self.contrast = contrast_of(
            scatter.mass, first[0], shifted, variance, size, priors
        )
        one = self.contrast
        usable = one.varies & ~one.separating
        S = scatter.sums / weight
        S /= one.scale[:, None]
        S /= one.scale
        S[~usable] = 0
        S[:, ~usable] = 0
        S[np.diag_indices_from(S)] = 1
        self._matrix = S
        self._usable = int(usable.sum())
        self.rank = int(one.varies.sum())
        self._freedom = weight - C
        self.analytic = oracle_approximating(self._freedom, self._square, self._usable)

    @property
    def _square(self) -> float:
        """The squared Frobenius norm, over the features that vary within classes."""
        constant = len(self._matrix) - self._usable
        return float(np.vdot(self._matrix, self._matrix)) - constant

    @classmethod
    def of_rows(
        cls,
        X: Table,
        codes: np.ndarray,
        weights: np.ndarray,
        priors: np.ndarray | None = None,
    ) -> "Pooled":
        """Of rows ``(n, d)``, dense or CSR, which are read twice and not kept."""
        chunks = ((part, codes[cut], weights[cut]) for cut, part in _blocks(X))
        self = cls(Scatter.from_chunks(chunks), priors)
        one, fourth = self.contrast, 0.0
        usable = one.varies & ~one.separating
        for cut, part in _blocks(X):
            part = (part - one.mean - one.apart[codes[cut]])[:, usable]
            square = np.square(part / one.scale[usable])
            rows = np.square(square.sum(axis=1)) - np.square(square).sum(axis=1)
            fourth += float(weights[cut] @ rows)
        self.analytic = schaefer_strimmer(
            one.weight, self._freedom, fourth, self._square, self._usable
        )
        return self

    def correlations(self, chosen: np.ndarray, j: int) -> np.ndarray:
        return self._matrix[j, chosen]

    def product(self, chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return self._matrix[chosen].T @ weights

    def solve(self, shrinkage: float, right: np.ndarray) -> np.ndarray:
        out = np.zeros_like(right)
        kept = np.flatnonzero(self.contrast.varies)
        shrunken = (1 - shrinkage) * self._matrix[np.ix_(kept, kept)]
        shrunken[np.diag_indices_from(shrunken)] = 1
        try:
            factor = scipy.linalg.cho_factor(shrunken, lower=True)
            pivot = np.diag(factor[0]).min()
        except np.linalg.LinAlgError:
            factor, pivot = None, 0.0
        if factor is None or pivot < 1e-7:
            raise DataError(
                f"all {len(kept)} features at once need an inverse of their "
                "within-class correlation, and some depend on each other.\nUse "
                "shrinkage='auto', drop the copies, or select fewer features."
            )
        out[kept] = scipy.linalg.cho_solve(factor, right[kept])
        return out


def _blocks(X) -> Iterator[tuple[slice, np.ndarray]]:
    """Row blocks as dense arrays."""
    size = max(1, CELLS // X.shape[1])
    for start in range(0, X.shape[0], size):
        cut = slice(start, start + size)
        part = X[cut]
        yield cut, part.toarray() if scipy.sparse.issparse(part) else part
