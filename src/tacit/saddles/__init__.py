"""Saddles of small layers: which layers are small, the flow near them, its signals."""

from .backpropagation import imbalance_rate, leftover, Signals, signals
from .layers import small_layers
from .leading import Leading, pull_of


__all__ = [
    "Leading",
    "Signals",
    "imbalance_rate",
    "leftover",
    "pull_of",
    "signals",
    "small_layers",
]
