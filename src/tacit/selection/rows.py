"""A sample with more features than rows: no matrix of features by features."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse

from ..errors import DataError
from .contrast import contrast_of
from .shrinkage import schaefer_strimmer
from .spread import AbstractSpread, Table


CELLS = 2**18
"""Numbers standardised at a time (2 MB)."""


class Rows(AbstractSpread):
    """Rows ``(n, d)``, dense or CSR, with class codes and weights, left as they are.

    Beyond the data it holds a few numbers a feature and the columns asked for so far.
    """

    def __init__(
        self,
        X: Table,
        codes: np.ndarray,
        weights: np.ndarray,
        priors: np.ndarray | None = None,
    ):
        self.X, self.codes, self.weights = X, codes, weights
        self._columns = X.tocsc() if scipy.sparse.issparse(X) else X
        self._member = np.eye(codes.max() + 1)[codes]
        self._mass = weights @ self._member
        self._share = (self._member * weights[:, None] / self._mass).T
        self._root = np.sqrt(weights / weights.sum())
        self.contrast = self._measure(priors)
        self.rank = min(len(codes) - len(self._mass), int(self.contrast.varies.sum()))
        self._places: dict[int, int] = {}
        self._known = np.empty((16, len(codes)))

    def _blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Column blocks as dense copies."""
        n, d = self.X.shape
        for start in range(0, d, max(1, CELLS // n)):
            cut = slice(start, min(d, start + max(1, CELLS // n)))
            yield cut, self._dense(cut)

    def _dense(self, cut: slice) -> np.ndarray:
        part = self._columns[:, cut]
        if scipy.sparse.issparse(part):
            return part.toarray()
        return np.array(part, dtype=np.float64)

    def _measure(self, priors):
        d, C = self.X.shape[1], len(self._mass)
        origin, variance, size = np.empty(d), np.empty(d), np.empty(d)
        shifted = np.empty((C, d))
        for cut, part in self._blocks():
            size[cut] = np.abs(part).max(axis=0)
            origin[cut] = part[0]
            shifted[:, cut], variance[cut] = self._centre(part)
        return contrast_of(self._mass, origin, shifted, variance, size, priors)

    def _centre(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class means from the first row, and the variance; `part` is centred."""
        part -= part[0].copy()
        means = self._share @ part
        part -= means[self.codes]
        rest = self._share @ part  # what rounding took from the means
        part -= rest[self.codes]
        variance = self.weights @ np.square(part) / self._mass.sum()
        return means + rest, variance

    def _standard_blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        for cut, part in self._blocks():
            self._centre(part)
            part /= self.contrast.scale[cut]
            part[:, ~self.contrast.varies[cut]] = 0
            yield cut, part

    @cached_property
    def analytic(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Schäfer and Strimmer's, in time ``O(n² d)``."""
        n, w = len(self.codes), self.weights
        kernel, fourth = np.zeros((n, n)), np.zeros(n)
        for _, part in self._standard_blocks():
            kernel += part @ part.T
            fourth += np.square(np.square(part)).sum(axis=1)
        rows = np.square(np.diag(kernel)) - fourth
        N = self.contrast.weight
        square = float(w @ np.square(kernel) @ w / N**2)
        d = int((self.contrast.varies & ~self.contrast.separating).sum())
        return schaefer_strimmer(N, N - len(self._mass), float(w @ rows), square, d)

    def _columns_of(self, chosen: np.ndarray) -> np.ndarray:
        """Features ``(k, n)``, centred by class, times the root of each row's share."""
        for j in chosen:
            if j in self._places:
                continue
            if len(self._places) == len(self._known):
                self._known = np.r_[self._known, np.empty_like(self._known)]
            part = self._dense(slice(j, j + 1))
            self._centre(part)
            self._places[j] = len(self._places)
            self._known[self._places[j]] = part[:, 0] * self._root
            self._known[self._places[j]] /= self.contrast.scale[j]
        return self._known[[self._places[j] for j in chosen]]

    def correlations(self, chosen: np.ndarray, j: int) -> np.ndarray:
        return self._columns_of(chosen) @ self._columns_of(np.array([j]))[0]

    def product(self, chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
        mixed = self._columns_of(chosen).T @ weights
        return self._transposed(mixed * self._root[:, None])

    def _transposed(self, sums: np.ndarray) -> np.ndarray:
        """``Zᵀ`` times what sums to 0 in every class: the means drop out."""
        stray = self._member.T @ sums
        out = np.asarray(self.X.T @ sums) - self.contrast.means.T @ stray
        out /= self.contrast.scale[:, None]
        out[~self.contrast.varies] = 0
        return out

    def solve(self, shrinkage: float, right: np.ndarray) -> np.ndarray:
        if shrinkage == 0:
            n, C = len(self.codes), len(self._mass)
            raise DataError(
                f"all {len(right)} features at once need an inverse of their "
                f"correlation, which {n} rows in {C} classes do not give (n - C is "
                f"{n - C}).\nUse shrinkage='auto', or select fewer features."
            )
        # Woodbury: the inverse is n by n.
        root, n = self._root[:, None], len(self.codes)
        kernel, seen = np.zeros((n, n)), np.zeros((n, right.shape[1]))
        for cut, part in self._standard_blocks():
            part *= root
            kernel += part @ part.T
            seen += part @ right[cut]
        kernel *= 1 - shrinkage
        kernel[np.diag_indices_from(kernel)] += shrinkage
        mixed = scipy.linalg.solve(kernel, seen, assume_a="pos") * root
        out = (right - (1 - shrinkage) * self._transposed(mixed)) / shrinkage
        alone = self.contrast.separating  # their diagonal is 1, which Z does not show
        out[alone] = right[alone]
        out[~self.contrast.varies] = 0
        return out
