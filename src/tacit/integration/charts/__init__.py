"""Exact coordinates in which a gradient flow is integrated."""

from .base import AbstractChart
from .parameters import Parameters
from .remembered import Remembered
from .sides import Sides
from .smallest_layer import SmallestLayer
from .softmax import Softmax


__all__ = [
    "AbstractChart",
    "Parameters",
    "Remembered",
    "Sides",
    "SmallestLayer",
    "Softmax",
]
