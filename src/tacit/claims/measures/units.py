"""Hidden units that are all alike, or nearly: how far from it, and as a chain."""

import math

import numpy as np

from ...networks import Chain, MLP
from ...saddles import unfolded


def alike(network: MLP) -> float:
    """How far the hidden units are from interchangeable: 0 if they are."""
    pairs = zip(network.weights, unfolded(reduced(network)).weights, strict=True)
    return math.sqrt(sum(float(np.sum((np.asarray(W) - M) ** 2)) for W, M in pairs))


def reduced(network: MLP) -> Chain:
    """The chain of a network whose hidden units are all alike."""
    first, *hidden, last = [np.asarray(W) for W in network.weights]
    m = len(first)
    gains = [m * W.mean() for W in hidden] + [math.sqrt(m) * last.mean()]
    return Chain(math.sqrt(m) * first.mean(axis=0), gains, network.activation, m)
