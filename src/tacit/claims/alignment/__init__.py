"""Claims about alignment and margins on separable data."""

from .entropies import HyperbolicInterpolation, HyperbolicMargins
from .jumps import PlateausOfLeastSquares
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
    "HyperbolicInterpolation",
    "HyperbolicMargins",
    "IdleCoordinatesGrow",
    "PlateausOfLeastSquares",
    "RiskFallsLikeOneOverTime",
    "SparsestMargin",
    "SparsestSpectrum",
    "StationaryQuasiMargin",
]
