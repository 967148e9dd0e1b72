"""Where training ends, and how fast it gets there."""

from .blow_up import FiniteBlowUp, RankOneBlowUp
from .fully_connected_limit import BestRowSpace, DepthIsAClock, FullyConnectedLimit
from .jumps import FeaturesJumpIn
from .near_ties import NearTiesBreak
from .orthant import OneLayerIsFisher, OrthantMaximiser, WeakFeaturesSurvive
from .rates import SlowestRate
from .several_limits import EndsStationary
from .singular import KernelLimit
from .singular_sparsity import DeeperIsSparser
from .spared import SparedByKernel
from .sparsity import SparsityIgnoresDepth
from .tails import ExponentialTails, PowerLawTails
from .ties import UniqueMinimumIsFree
from .two_sided_limits import LargeSidesAreLazy


__all__ = [
    "BestRowSpace",
    "DeeperIsSparser",
    "DepthIsAClock",
    "EndsStationary",
    "ExponentialTails",
    "FeaturesJumpIn",
    "FiniteBlowUp",
    "FullyConnectedLimit",
    "KernelLimit",
    "LargeSidesAreLazy",
    "NearTiesBreak",
    "OneLayerIsFisher",
    "OrthantMaximiser",
    "PowerLawTails",
    "RankOneBlowUp",
    "SlowestRate",
    "SparedByKernel",
    "SparsityIgnoresDepth",
    "UniqueMinimumIsFree",
    "WeakFeaturesSurvive",
]
