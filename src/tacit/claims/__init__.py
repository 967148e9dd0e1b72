"""Theorems, each as something a run can be held against."""

from .base import AbstractClaim, Hypothesis
from .batch_bias import BatchesInflateTheCriterion
from .batch_normalised import LastPairDrifts
from .clocks import SameOrbits, ScaleIsAClock
from .deep_linear_conservation import (
    FrobeniusNormsConserved,
    GramDifferencesConserved,
    SquareTopFrozen,
    TopGramConserved,
)
from .deep_linear_steps import TopGramGrows
from .descent import DescentDrift, LayersGrowByTheSlope
from .dorfer import BiasedBalance, LayersPulledAlike, NormsGrowAlike
from .dorfer_convention import CodeEigenvaluesShifted, LossJumps
from .dorfer_unbounded import DriftOfSteps, UnboundedBelow
from .end_to_end import EndToEnd, OutputGramConserved, SingularValuesMove
from .fully_connected_limit import BestRowSpace, DepthIsAClock, FullyConnectedLimit
from .gate import GateMovedByRidge, TraceRatioPicksOne
from .hyperbolic import HyperbolicMirror, HyperbolicNorm
from .layer_norms import BalanceConserved, LayerNormsConserved, QuasiNormConserved
from .mirror import BalancedSpeed, MirrorFlow, UnbalancedSpeed
from .modified_equation import DescentFollowsModifiedFlow
from .momentum import MomentumDrift, MomentumLengthensLayers
from .output_symmetries import LastBiasIdle, OutputMoment
from .sign_methods import SignStepsDrift
from .signs import EliminationLaw, FirstFeatures, SignsFrozen
from .stochastic import NormGrowsLikeRoot, NormsFollowSchedule, SquaredNormsAddUp
from .symmetries import RidgePushesOut, SlopeIsTangent
from .two_sided import SidesMirror, SidesNorm, SidesPaired
from .weight_decay import (
    DecayAgainstGrowth,
    DecayIsAClock,
    EquilibriumMoments,
    EquilibriumTurn,
)


__all__ = [
    "AbstractClaim",
    "BalanceConserved",
    "BalancedSpeed",
    "BatchesInflateTheCriterion",
    "BestRowSpace",
    "BiasedBalance",
    "CodeEigenvaluesShifted",
    "DecayAgainstGrowth",
    "DecayIsAClock",
    "DepthIsAClock",
    "DescentDrift",
    "DescentFollowsModifiedFlow",
    "DriftOfSteps",
    "EliminationLaw",
    "EndToEnd",
    "EquilibriumMoments",
    "EquilibriumTurn",
    "FirstFeatures",
    "FrobeniusNormsConserved",
    "FullyConnectedLimit",
    "GateMovedByRidge",
    "GramDifferencesConserved",
    "HyperbolicMirror",
    "HyperbolicNorm",
    "Hypothesis",
    "LastBiasIdle",
    "LastPairDrifts",
    "LayerNormsConserved",
    "LayersGrowByTheSlope",
    "LayersPulledAlike",
    "LossJumps",
    "MirrorFlow",
    "MomentumDrift",
    "MomentumLengthensLayers",
    "NormGrowsLikeRoot",
    "NormsFollowSchedule",
    "NormsGrowAlike",
    "OutputGramConserved",
    "OutputMoment",
    "QuasiNormConserved",
    "RidgePushesOut",
    "SameOrbits",
    "ScaleIsAClock",
    "SidesMirror",
    "SidesNorm",
    "SidesPaired",
    "SignStepsDrift",
    "SignsFrozen",
    "SingularValuesMove",
    "SlopeIsTangent",
    "SquareTopFrozen",
    "SquaredNormsAddUp",
    "TopGramConserved",
    "TopGramGrows",
    "TraceRatioPicksOne",
    "UnbalancedSpeed",
    "UnboundedBelow",
]
