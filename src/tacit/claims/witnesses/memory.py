"""The small networks on which claims about memory are witnessed. Seeded."""

import numpy as np

from ...experiment import Experiment
from ...flows import AbstractFlow
from ...losses import Squared
from ...networks import AbstractNetwork, MLP
from ...problems import Problem
from ...risk import Risk
from .draws import draw


def regression(seed: int | None = None, n: int = 30, d: int = 4) -> Risk:
    """Squared loss of a noisy teacher on `n` samples of `d` features."""
    rng = draw(1204, seed)
    X = rng.standard_normal((n, d))
    y = np.tanh(X @ rng.standard_normal(d)) + 0.5 * rng.standard_normal(n)
    return Risk(Problem(X, y), Squared())


def tanh_network(
    seed: int | None = None,
    *,
    own: int = 1704,
    d: int = 4,
    width: int = 2,
    scale: float = 1.0,
) -> MLP:
    """Two layers, the hidden one of tanh units; weights of variance scale² / fan-in."""
    rng = draw(own, seed)
    first = scale * rng.standard_normal((width, d)) / np.sqrt(d)
    return MLP([first, scale * rng.standard_normal((1, width)) / np.sqrt(width)])


def taught(seed: int | None = None, n: int = 32) -> Risk:
    """Squared loss of a teacher of 4 tanh units on 6 features, with a little noise."""
    rng = draw(6, seed)
    X = rng.standard_normal((n, 6))
    first, second = tanh_network(seed, own=605, d=6, width=4, scale=1.5).weights
    y = (np.tanh(X @ np.asarray(first).T) @ np.asarray(second).T)[:, 0]
    return Risk(Problem(X, y + 0.1 * rng.standard_normal(n)), Squared())


def student(seed: int | None = None) -> MLP:
    """8 tanh units on 6 features, started large."""
    return tanh_network(seed, own=500, d=6, width=8, scale=2.0)


def briefly(
    flow: AbstractFlow, moves: int = 10, seed: int | None = None
) -> Experiment[AbstractNetwork]:
    """The network of 10 parameters on 30 samples, a few moves of `flow`."""
    start, order = tanh_network(seed), 1207 if seed is None else seed
    return Experiment(start, regression(seed), flow, until=moves, seed=order)
