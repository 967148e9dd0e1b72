"""Theorems, each as something a run can be held against."""

from .base import AbstractClaim, Hypothesis
from .batch_bias import BatchesInflateTheCriterion
from .deep_linear_conservation import (
    FrobeniusNormsConserved,
    GramDifferencesConserved,
    SquareTopFrozen,
    TopGramConserved,
)
from .deep_linear_steps import TopGramGrows
from .descent import DescentDrift, LayersGrowByTheSlope
from .end_to_end import EndToEnd, OutputGramConserved, SingularValuesMove
from .fully_connected_limit import BestRowSpace, DepthIsAClock, FullyConnectedLimit
from .layer_norms import LayerNormsConserved, QuasiNormConserved
from .modified_equation import DescentFollowsModifiedFlow
from .momentum import MomentumDrift, MomentumLengthensLayers
from .sign_methods import SignStepsDrift
from .stochastic import NormGrowsLikeRoot, NormsFollowSchedule, SquaredNormsAddUp
from .weight_decay import (
    DecayAgainstGrowth,
    DecayIsAClock,
    EquilibriumMoments,
    EquilibriumTurn,
)


__all__ = [
    "AbstractClaim",
    "BatchesInflateTheCriterion",
    "BestRowSpace",
    "DecayAgainstGrowth",
    "DecayIsAClock",
    "DepthIsAClock",
    "DescentDrift",
    "DescentFollowsModifiedFlow",
    "EndToEnd",
    "EquilibriumMoments",
    "EquilibriumTurn",
    "FrobeniusNormsConserved",
    "FullyConnectedLimit",
    "GramDifferencesConserved",
    "Hypothesis",
    "LayerNormsConserved",
    "LayersGrowByTheSlope",
    "MomentumDrift",
    "MomentumLengthensLayers",
    "NormGrowsLikeRoot",
    "NormsFollowSchedule",
    "OutputGramConserved",
    "QuasiNormConserved",
    "SignStepsDrift",
    "SingularValuesMove",
    "SquareTopFrozen",
    "SquaredNormsAddUp",
    "TopGramConserved",
    "TopGramGrows",
]
