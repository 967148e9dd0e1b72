"""Claims about alignment and margins on separable data."""

from .logarithmic_time import (
    ErrorFallsLikeOneOverLogTime,
    HeldByOneDrifts,
    RiskFallsLikeOneOverTime,
)
from .schedules import GapTimesNorm
from .sparse_directions import (
    IdleCoordinatesGrow,
    SparsestMargin,
    SparsestSpectrum,
    StationaryQuasiMargin,
)


__all__ = [
    "ErrorFallsLikeOneOverLogTime",
    "GapTimesNorm",
    "HeldByOneDrifts",
    "IdleCoordinatesGrow",
    "RiskFallsLikeOneOverTime",
    "SparsestMargin",
    "SparsestSpectrum",
    "StationaryQuasiMargin",
]
