"""Saddles of small layers: which layers are small, the flow near them, its signals."""

from .backpropagation import imbalance_rate, leftover, Signals, signals
from .layers import small_layers, unfolded
from .leading import Leading, pull_of
from .orders import share, span, unequal


__all__ = [
    "Leading",
    "Signals",
    "imbalance_rate",
    "leftover",
    "pull_of",
    "share",
    "signals",
    "small_layers",
    "span",
    "unequal",
    "unfolded",
]
