"""Fisher's direction: the linear predictor that maximises J."""

import numpy as np

from ..problems import Problem
from .base import (
    AbstractAnswer,
    certified,
    contrast_of,
    Direction,
    require_invertible,
    solve,
    stationarity,
    units,
    within_of,
)


class FisherDirection(AbstractAnswer):
    """The unit vector along `within⁻¹ delta`."""

    value: Direction
    residual: float
    objective: float
    """The maximum of `J`."""

    def certificate(self, problem: Problem) -> float:
        within, contrast = within_of(problem), contrast_of(problem, "FisherDirection")
        stray = np.linalg.norm(stationarity(within, contrast, self.value))
        return float(max(stray, abs(np.linalg.norm(self.value) - 1)))


def fisher_direction(problem: Problem) -> FisherDirection:
    """The unit maximiser `w` of `J`, on the side `delta . w > 0`.

    Raises `DataError` where the within-class scatter is singular (any direction in
    its kernel has infinite `J`) or there are more than two classes.
    """
    within = within_of(problem)
    contrast = contrast_of(problem, "fisher_direction")
    require_invertible(within, "fisher_direction")
    unit = units(within)
    w = solve(within / np.outer(unit, unit), contrast / unit) / unit
    answer = FisherDirection(w / np.linalg.norm(w), np.nan, float(contrast @ w))
    return certified(answer, problem)
