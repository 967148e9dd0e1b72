"""Exact answers by algebra or convex optimisation, each with its certificate."""

from .base import AbstractAnswer as AbstractAnswer
from .fisher import (
    fisher_direction as fisher_direction,
    FisherDirection as FisherDirection,
)
from .jumps import jump_path as jump_path, JumpPath as JumpPath
from .orthant import orthant_limit as orthant_limit, OrthantLimit as OrthantLimit
from .several_outputs import Optimum as Optimum, optimum as optimum
from .singular import singular_limit as singular_limit, SingularLimit as SingularLimit


__all__ = [
    "AbstractAnswer",
    "FisherDirection",
    "JumpPath",
    "Optimum",
    "OrthantLimit",
    "SingularLimit",
    "fisher_direction",
    "jump_path",
    "optimum",
    "orthant_limit",
    "singular_limit",
]
