"""What the form of the objective changes."""

from .batch_bias import BatchesInflateTheCriterion
from .batch_normalised import LastPairDrifts
from .biased_balance import BiasedBalance
from .dorfer import LayersPulledAlike, NormsGrowAlike
from .dorfer_convention import CodeEigenvaluesShifted, LossJumps
from .dorfer_unbounded import DriftOfSteps, UnboundedBelow
from .gate import GateMovedByRidge, TraceRatioPicksOne
from .latent_ridge import RidgeGrowth, RidgeLengthensLayers


__all__ = [
    "BatchesInflateTheCriterion",
    "BiasedBalance",
    "CodeEigenvaluesShifted",
    "DriftOfSteps",
    "GateMovedByRidge",
    "LastPairDrifts",
    "LayersPulledAlike",
    "LossJumps",
    "NormsGrowAlike",
    "RidgeGrowth",
    "RidgeLengthensLayers",
    "TraceRatioPicksOne",
    "UnboundedBelow",
]
