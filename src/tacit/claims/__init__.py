"""Theorems, each as something a run can be held against."""

from .base import AbstractClaim, Hypothesis
from .batch_bias import BatchesInflateTheCriterion
from .descent import DescentDrift, LayersGrowByTheSlope
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
    "DecayAgainstGrowth",
    "DecayIsAClock",
    "DescentDrift",
    "DescentFollowsModifiedFlow",
    "EquilibriumMoments",
    "EquilibriumTurn",
    "Hypothesis",
    "LayerNormsConserved",
    "LayersGrowByTheSlope",
    "MomentumDrift",
    "MomentumLengthensLayers",
    "NormGrowsLikeRoot",
    "NormsFollowSchedule",
    "QuasiNormConserved",
    "SignStepsDrift",
    "SquaredNormsAddUp",
]
