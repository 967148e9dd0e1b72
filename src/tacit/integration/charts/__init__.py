"""Exact coordinates in which a flow is integrated."""

from .base import AbstractChart
from .parameters import Parameters
from .sides import Sides
from .smallest_layer import SmallestLayer
from .softmax import Softmax


__all__ = [
    "AbstractChart",
    "Parameters",
    "Sides",
    "SmallestLayer",
    "Softmax",
]
