"""What a flow keeps, and the geometry that follows from it."""

from .clocks import SameOrbits, ScaleIsAClock
from .deep_linear_conservation import (
    GramDifferencesConserved,
    SquareTopFrozen,
    TopGramConserved,
)
from .end_to_end import EndToEnd, OutputGramConserved, SingularValuesMove
from .features import FirstFeatures
from .found_laws import FoundLawsConserved
from .hyperbolic import HyperbolicMirror, HyperbolicNorm
from .layer_norms import BalanceConserved, LayerNormsConserved, QuasiNormConserved
from .mirror import BalancedSpeed, MirrorFlow, UnbalancedSpeed
from .nonlinear import LowerNormsMove, TopGramOfNetworks, TopNormConserved
from .output_symmetries import LastBiasIdle, OutputMoment
from .signs import EliminationLaw, SignsFrozen
from .symmetries import RidgePushesOut, SlopeIsTangent
from .two_sided import SidesMirror, SidesNorm, SidesPaired


__all__ = [
    "TopNormConserved",
    "TopGramOfNetworks",
    "LowerNormsMove",
    "BalanceConserved",
    "BalancedSpeed",
    "EliminationLaw",
    "EndToEnd",
    "FirstFeatures",
    "FoundLawsConserved",
    "GramDifferencesConserved",
    "HyperbolicMirror",
    "HyperbolicNorm",
    "LastBiasIdle",
    "LayerNormsConserved",
    "MirrorFlow",
    "OutputGramConserved",
    "OutputMoment",
    "QuasiNormConserved",
    "RidgePushesOut",
    "SameOrbits",
    "ScaleIsAClock",
    "SidesMirror",
    "SidesNorm",
    "SidesPaired",
    "SignsFrozen",
    "SingularValuesMove",
    "SlopeIsTangent",
    "SquareTopFrozen",
    "TopGramConserved",
    "UnbalancedSpeed",
]
