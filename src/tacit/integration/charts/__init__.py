"""Exact coordinates in which a flow is integrated."""

from .base import AbstractChart, ATOL, atol_from
from .parameters import Parameters
from .sides import Sides
from .smallest_layer import SmallestLayer
from .softmax import Softmax
from .stack import Stack


__all__ = [
    "ATOL",
    "AbstractChart",
    "Parameters",
    "Sides",
    "SmallestLayer",
    "Softmax",
    "Stack",
    "atol_from",
]
