"""Claims about alignment and margins on separable data."""

from .entropies import HyperbolicInterpolation, HyperbolicMargins
from .jumps import PlateausOfLeastSquares
from .logarithmic_time import (
    ErrorFallsLikeOneOverLogTime,
    HeldByOneDrifts,
    RiskFallsLikeOneOverTime,
)
from .schedules import GapTimesNorm
from .smoothed_margin import SmoothedMarginRises
from .sparse_directions import (
    IdleCoordinatesGrow,
    SparsestMargin,
    SparsestSpectrum,
    StationaryQuasiMargin,
)
from .stationary_directions import ParametersAreStationary


__all__ = [
    "ErrorFallsLikeOneOverLogTime",
    "GapTimesNorm",
    "HeldByOneDrifts",
    "HyperbolicInterpolation",
    "HyperbolicMargins",
    "IdleCoordinatesGrow",
    "ParametersAreStationary",
    "PlateausOfLeastSquares",
    "RiskFallsLikeOneOverTime",
    "SmoothedMarginRises",
    "SparsestMargin",
    "SparsestSpectrum",
    "StationaryQuasiMargin",
]
