"""Exact answers by algebra or convex optimisation, each with its certificate."""

from .base import AbstractAnswer as AbstractAnswer
from .fisher import (
    fisher_direction as fisher_direction,
    FisherDirection as FisherDirection,
)
from .jumps import jump_path as jump_path, JumpPath as JumpPath
from .margin import (
    max_margin as max_margin,
    MaxMargin as MaxMargin,
    Separability as Separability,
    separability as separability,
)
from .orthant import orthant_limit as orthant_limit, OrthantLimit as OrthantLimit
from .residual import (
    residual_direction as residual_direction,
    ResidualDirection as ResidualDirection,
)
from .several_outputs import Optimum as Optimum, optimum as optimum
from .singular import singular_limit as singular_limit, SingularLimit as SingularLimit
from .worst_direction import Alpha as Alpha, alpha as alpha


__all__ = [
    "AbstractAnswer",
    "Alpha",
    "FisherDirection",
    "JumpPath",
    "MaxMargin",
    "Optimum",
    "OrthantLimit",
    "ResidualDirection",
    "Separability",
    "SingularLimit",
    "alpha",
    "fisher_direction",
    "jump_path",
    "max_margin",
    "optimum",
    "orthant_limit",
    "residual_direction",
    "separability",
    "singular_limit",
]
