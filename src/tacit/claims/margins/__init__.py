"""Separable data: margins, alignment, and the ends of training."""

from .bad_start import StartAboveZeroMayStall
from .descent import LeavesEveryBall, PrescribedStepsDescend
from .descent_limits import DescentAligns, DescentFindsTheMargin
from .entropies import HyperbolicInterpolation, HyperbolicMargins
from .inequalities import CurvatureBounded, ResidualPulledBack
from .jumps import PlateausOfLeastSquares
from .lemmas import AlignmentBounded, ProjectedNormMoves, RankOneStays
from .logarithmic_time import ErrorFallsLikeOneOverLogTime, HeldByOneDrifts
from .outside import DeeperIsSlowerOutside, FrozenOutsideData
from .rates import AlignmentRates, RiskTimesTime
from .residual import ResidualIgnoresDepth
from .schedules import GapTimesNorm
from .smoothed_margin import SmoothedMarginRises
from .sparse_directions import SparsestMargin, SparsestSpectrum
from .stationary_directions import ParametersAreStationary
from .theorems import LayersAlign, LayersFindTheMargin
from .two_sided_directions import IdleCoordinatesGrow, StationaryQuasiMargin


__all__ = [
    "AlignmentBounded",
    "AlignmentRates",
    "CurvatureBounded",
    "DeeperIsSlowerOutside",
    "DescentAligns",
    "DescentFindsTheMargin",
    "ErrorFallsLikeOneOverLogTime",
    "FrozenOutsideData",
    "GapTimesNorm",
    "HeldByOneDrifts",
    "HyperbolicInterpolation",
    "HyperbolicMargins",
    "IdleCoordinatesGrow",
    "LayersAlign",
    "LayersFindTheMargin",
    "LeavesEveryBall",
    "ParametersAreStationary",
    "PlateausOfLeastSquares",
    "PrescribedStepsDescend",
    "ProjectedNormMoves",
    "RankOneStays",
    "ResidualIgnoresDepth",
    "ResidualPulledBack",
    "RiskTimesTime",
    "SmoothedMarginRises",
    "SparsestMargin",
    "SparsestSpectrum",
    "StartAboveZeroMayStall",
    "StationaryQuasiMargin",
]
