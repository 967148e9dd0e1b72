"""What steps, batches, momentum and decay change."""

from .deep_linear_steps import TopGramGrows
from .descent import DescentDrift, LayersGrowByTheSlope
from .equilibrium import EquilibriumMoments, EquilibriumTurn
from .modified_equation import DescentFollowsModifiedFlow
from .momentum import MomentumDrift, MomentumLengthensLayers
from .nonlinear_steps import TopLayerGrows
from .norm_growth import NormGrowsLikeRoot, NormsFollowSchedule
from .sign_methods import SignStepsDrift
from .stochastic import SquaredNormsAddUp
from .weight_decay import DecayAgainstGrowth, DecayIsAClock


__all__ = [
    "DecayAgainstGrowth",
    "DecayIsAClock",
    "DescentDrift",
    "DescentFollowsModifiedFlow",
    "EquilibriumMoments",
    "EquilibriumTurn",
    "LayersGrowByTheSlope",
    "MomentumDrift",
    "MomentumLengthensLayers",
    "NormGrowsLikeRoot",
    "NormsFollowSchedule",
    "SignStepsDrift",
    "SquaredNormsAddUp",
    "TopGramGrows",
    "TopLayerGrows",
]
