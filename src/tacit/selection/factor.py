"""A Cholesky factor that grows by a feature at a time."""

import numpy as np
from scipy.linalg import solve_triangular

from .spread import AbstractSpread


DEPENDENT = 1e-10
"""A pivot below this, of a diagonal of 1, is a feature that the others make up."""


class Factor:
    """The factor of ``(1 - shrinkage) S + shrinkage I`` on the chosen features."""

    def __init__(self, spread: AbstractSpread, shrinkage: float):
        self.spread, self.shrinkage = spread, shrinkage
        self.chosen = np.zeros(0, int)
        self._lower = np.zeros((16, 16))

    @classmethod
    def of(cls, spread: AbstractSpread, shrinkage: float, chosen: np.ndarray):
        """The factor on `chosen`, which are independent."""
        self = cls(spread, shrinkage)
        for j in chosen:
            self.add(int(j))
        return self

    def add(self, j: int) -> bool:
        """Take in feature `j`; False, and nothing changed, if it depends on others."""
        k = len(self.chosen)
        row = self._half(
            (1 - self.shrinkage) * self.spread.correlations(self.chosen, j)
        )
        pivot = 1 - row @ row
        if pivot < DEPENDENT:
            return False
        if k == len(self._lower):
            self._lower = np.pad(self._lower, (0, k))
        self._lower[k, :k], self._lower[k, k] = row, np.sqrt(pivot)
        self.chosen = np.append(self.chosen, j)
        return True

    def keep(self, kept: np.ndarray) -> None:
        """Let go of all chosen features outside the mask `kept`."""
        first = int(np.argmin(kept))  # the factor of those before it stays as it is
        later = self.chosen[first:][kept[first:]]
        self.chosen = self.chosen[:first]
        for j in later:
            self.add(int(j))

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The inverse times `right` ``(k, r)``."""
        k = len(self.chosen)
        lower = self._lower[:k, :k]
        half = self._half(right)
        return solve_triangular(lower, half, lower=True, trans=1, check_finite=False)

    def _half(self, right: np.ndarray) -> np.ndarray:
        k = len(self.chosen)
        if k == 0:
            return right
        lower = self._lower[:k, :k]
        return solve_triangular(lower, right, lower=True, check_finite=False)
