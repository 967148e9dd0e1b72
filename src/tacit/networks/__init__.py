"""Functions, told apart by how their parameters make them."""

from ..errors import suggest_names as _suggest_names
from .base import (
    AbstractFullyConnected,
    AbstractLayered,
    AbstractLinearNetwork,
    AbstractNetwork,
)
from .chain import Chain
from .conv_linear import ConvLinear
from .deep_linear import DeepLinear
from .diagonal import Diagonal
from .gate import Gate
from .mlp import MLP
from .residual_mlp import ResidualMLP
from .two_sided import TwoSided


__all__ = [
    "AbstractFullyConnected",
    "AbstractLayered",
    "AbstractLinearNetwork",
    "AbstractNetwork",
    "Chain",
    "ConvLinear",
    "DeepLinear",
    "Diagonal",
    "Gate",
    "MLP",
    "ResidualMLP",
    "TwoSided",
]

_suggest_names(__name__)
