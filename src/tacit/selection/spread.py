"""What the path asks of a sample: its contrast, and products with a correlation."""

import abc
from typing import Any

import numpy as np

from .contrast import Contrast


Table = Any
"""Rows ``(n, d)`` in float64: a NumPy array, or a CSR array or matrix of SciPy's."""


class AbstractSpread(abc.ABC):
    """The within-class correlation ``S`` of a sample, never needed as a whole.

    Its diagonal is 1, also for a feature that is constant within every class.
    """

    contrast: Contrast
    rank: int
    """The most features that can be independent within classes."""
    analytic: float
    """The shrinkage towards independence that the data ask for, in [0, 1]."""

    @abc.abstractmethod
    def correlations(self, chosen: np.ndarray, j: int) -> np.ndarray:
        """Correlations ``(k,)`` of feature `j` with the `chosen`; `j` is not among."""

    @abc.abstractmethod
    def product(self, chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """``S[:, chosen] @ weights``, ``(d, r)``; right off `chosen` at the least."""

    @abc.abstractmethod
    def solve(self, shrinkage: float, right: np.ndarray) -> np.ndarray:
        """The shrunken correlation's inverse times `right` ``(d, q)``; 0 if constant.

        Raises `DataError` where the shrunken correlation has no inverse.
        """
