"""Where training ends, and how fast it gets there."""

from .blow_up import FiniteBlowUp, RankOneBlowUp
from .elastic_average import AverageIsElasticNet
from .fully_connected_limit import DepthIsAClock, FullyConnectedLimit
from .jumps import FeaturesJumpIn
from .near_ties import NearTiesBreak
from .orthant import OneLayerIsFisher, OrthantMaximiser, WeakFeaturesSurvive
from .rates import SlowestRate
from .row_space import BestRowSpace
from .several_limits import EndsStationary
from .singular import KernelLimit
from .singular_sparsity import DeeperIsSparser
from .spared import SparedByKernel
from .sparsity import SparsityIgnoresDepth
from .tails import ExponentialTails, PowerLawTails
from .ties import UniqueMinimumIsFree
from .two_sided_limits import LargeSidesAreLazy


__all__ = [
    "AverageIsElasticNet",
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
