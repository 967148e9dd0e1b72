"""Functions, told apart by how their parameters make them."""

from .base import AbstractLinearNetwork, AbstractNetwork
from .deep_linear import DeepLinear
from .diagonal import Diagonal
from .gate import Gate
from .mlp import MLP
from .two_sided import TwoSided


__all__ = [
    "AbstractLinearNetwork",
    "AbstractNetwork",
    "DeepLinear",
    "Diagonal",
    "Gate",
    "MLP",
    "TwoSided",
]
