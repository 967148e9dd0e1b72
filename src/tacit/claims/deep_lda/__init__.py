"""Claims about Deep LDA on diagonal and deep linear networks."""

from .batch_bias import BatchesInflateTheCriterion
from .batch_normalised import LastPairDrifts
from .blow_up import FiniteBlowUp, RankOneBlowUp
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
from .latent_ridge import RidgeGrowth, RidgeLengthensLayers
from .layer_norms import BalanceConserved, LayerNormsConserved, QuasiNormConserved
from .mirror import BalancedSpeed, MirrorFlow, UnbalancedSpeed
from .modified_equation import DescentFollowsModifiedFlow
from .momentum import MomentumDrift, MomentumLengthensLayers
from .orthant import OneLayerIsFisher, OrthantMaximiser, WeakFeaturesSurvive
from .output_symmetries import LastBiasIdle, OutputMoment
from .rates import SlowestRate
from .several_limits import EndsStationary
from .sign_methods import SignStepsDrift
from .signs import EliminationLaw, FirstFeatures, SignsFrozen
from .singular import KernelLimit, SparedByKernel
from .singular_sparsity import DeeperIsSparser
from .sparsity import SparsityIgnoresDepth
from .stochastic import NormGrowsLikeRoot, NormsFollowSchedule, SquaredNormsAddUp
from .symmetries import RidgePushesOut, SlopeIsTangent
from .tails import ExponentialTails, PowerLawTails
from .ties import NearTiesBreak, UniqueMinimumIsFree
from .two_sided import SidesMirror, SidesNorm, SidesPaired
from .two_sided_limits import FeaturesJumpIn, LargeSidesAreLazy
from .weight_decay import (
    DecayAgainstGrowth,
    DecayIsAClock,
    EquilibriumMoments,
    EquilibriumTurn,
)


__all__ = [
    "BalanceConserved",
    "BalancedSpeed",
    "BatchesInflateTheCriterion",
    "BestRowSpace",
    "BiasedBalance",
    "CodeEigenvaluesShifted",
    "DecayAgainstGrowth",
    "DecayIsAClock",
    "DeeperIsSparser",
    "DepthIsAClock",
    "DescentDrift",
    "DescentFollowsModifiedFlow",
    "DriftOfSteps",
    "EliminationLaw",
    "EndToEnd",
    "EndsStationary",
    "EquilibriumMoments",
    "EquilibriumTurn",
    "ExponentialTails",
    "FeaturesJumpIn",
    "FiniteBlowUp",
    "FirstFeatures",
    "FrobeniusNormsConserved",
    "FullyConnectedLimit",
    "GateMovedByRidge",
    "GramDifferencesConserved",
    "HyperbolicMirror",
    "HyperbolicNorm",
    "KernelLimit",
    "LargeSidesAreLazy",
    "LastBiasIdle",
    "LastPairDrifts",
    "LayerNormsConserved",
    "LayersGrowByTheSlope",
    "LayersPulledAlike",
    "LossJumps",
    "MirrorFlow",
    "MomentumDrift",
    "MomentumLengthensLayers",
    "NearTiesBreak",
    "NormGrowsLikeRoot",
    "NormsFollowSchedule",
    "NormsGrowAlike",
    "OneLayerIsFisher",
    "OrthantMaximiser",
    "OutputGramConserved",
    "OutputMoment",
    "PowerLawTails",
    "QuasiNormConserved",
    "RankOneBlowUp",
    "RidgeGrowth",
    "RidgeLengthensLayers",
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
    "SlowestRate",
    "SparedByKernel",
    "SparsityIgnoresDepth",
    "SquareTopFrozen",
    "SquaredNormsAddUp",
    "TopGramConserved",
    "TopGramGrows",
    "TraceRatioPicksOne",
    "UnbalancedSpeed",
    "UnboundedBelow",
    "UniqueMinimumIsFree",
    "WeakFeaturesSurvive",
]
