"""The data of the study of saddle escape, its starts, and how runs are timed."""

import functools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import equinox as eqx
import numpy as np

from ...ensemble import train_ensemble
from ...errors import DataError
from ...events import AbstractEvent, RiskBelow
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Squared
from ...networks import AbstractNetwork, MLP
from ...networks.activations import activation_of
from ...observables import TrainingRisk
from ...problems import Problem
from ...risk import Risk
from ...saddles import Leading
from ...training import Trajectory


K = TypeVar("K")
T = TypeVar("T")

ACTIVATIONS = ("identity", "relu", "tanh", "arctan", "gelu", "silu")
"""Two of each class: A, B and C."""

FEATURES, WIDTH, SAMPLES = 6, 10, 96

DROP = 0.1
"""Escape is when the risk has lost this share of what it is for the zero function."""

EPS = tuple(float(e) for e in np.geomspace(1e-1, 1e-4, 10))
"""Three a decade: a geometric grid, so that differences are free of the offset."""

FINE, KINKED = 1e-9, 1e-4
"""The relative tolerance, and that of an activation with a kink: once the layers are
drawn at random, units come to sit on it, and the steps shrink as the tolerance does."""


@functools.cache
def problem() -> Problem:
    r"""Exactly white, normal inputs and the teacher $\tanh x_1$, 96 samples.

    Every sample comes with its mirror image in all features but the first. So the data
    are symmetric about the teacher, and networks of interchangeable units stay so with
    their first layer along it.
    """
    half = np.random.default_rng(1000).standard_normal((SAMPLES // 2, FEATURES))
    half[:, 0] -= half[:, 0].mean()
    X = np.vstack([half, half * np.append(1.0, -np.ones(FEATURES - 1))])
    X = X @ np.linalg.inv(np.linalg.cholesky(X.T @ X / SAMPLES)).T
    return Problem(X, np.tanh(X[:, 0]))


@functools.cache
def risk() -> Risk:
    """Half the mean squared error on that problem."""
    return Risk(problem(), Squared())


@functools.cache
def escaped() -> RiskBelow:
    """The event: the risk has lost its tenth, of that of the zero function."""
    zero = 0.5 * float(np.mean(np.asarray(problem().targets) ** 2))
    return RiskBelow((1 - DROP) * zero)


def he_normal(
    activation: str | Callable, depth: int, r: int, eps: float, seed: int
) -> MLP:
    """Independent normal layers, the last `r` of them multiplied by `eps`."""
    widths = (FEATURES, *[WIDTH] * (depth - 1), 1)
    return MLP.he_normal(widths, seed=seed, small=r, eps=eps, activation=activation)


def symmetric(activation: str | Callable, depth: int, r: int, eps: float) -> MLP:
    """Interchangeable units along the teacher: gain `eps` in the last `r` layers.

    The first of the others sees inputs of size 0.8, the rest have gain 1.
    """
    gains = [1.0] * (depth - r) + [eps] * r
    if r < depth:
        gains[0] = 0.8 * WIDTH**0.5
    first = gains[0] * np.eye(FEATURES)[0]
    return MLP.symmetric(first, gains[1:], width=WIDTH, activation=activation)


def timed(
    networks: Sequence[AbstractNetwork], down: Risk, event: AbstractEvent, rtol: float
) -> list[Trajectory]:
    """The runs of networks of one shape to an event, an ensemble, and the risk there.

    Only the first is checked against the risk: the others differ in their numbers.
    Raises `DataError` for a run that does not escape.
    """
    flow = GradientFlow(clock="escape", rtol=rtol)
    first = Experiment(networks[0], down, flow, until=event)
    together = [eqx.tree_at(lambda each: each.network, first, n) for n in networks]
    runs = train_ensemble(together, (TrainingRisk(),), records=1)
    for run in runs:
        if run.reason:
            raise DataError(f"no escape: {run.reason}.")
    return runs


def side_by_side(function: Callable[[K], T], keys: Iterable[K]) -> dict[K, T]:
    """`function` of every key, two at a time: most of it is compilation."""
    keys = list(keys)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(keys, pool.map(function, keys), strict=True))


def times(runs: Sequence[Trajectory]) -> np.ndarray:
    """When the runs ended, ``(runs,)``."""
    return np.array([float(run.times[-1]) for run in runs])


def leading(network: MLP, down: Risk, r: int) -> Leading:
    """The flow of the last `r` layers to leading order; the others stand still."""
    L = len(network.weights)
    return Leading.of(network, down.loss, down.problem, tuple(range(L - r, L)))


def grown(eps: Sequence[float], r: int) -> np.ndarray:
    r"""The law at rate 1: $\varepsilon^{-(r-2)}/(r-2)$, or $\log 1/\varepsilon$.

    For a single layer that is $-\varepsilon$: what it starts with is saved.
    """
    size = np.array(eps)
    return -np.log(size) if r == 2 else size ** (2.0 - r) / (r - 2)


def homogeneous_rate(activation: str | Callable, network: MLP, r: int) -> float:
    r"""$K = \mathbb E[y\,\sigma^{\circ(L-1)}(u)] \prod c_l$ on the symmetric manifold.

    For an activation that commutes with positive factors, a rectifier.
    """
    X, y = np.asarray(problem().X), np.asarray(problem().targets)
    h, gains = X[:, 0], [float(np.linalg.norm(W)) for W in network.weights]
    for _ in gains[1:]:
        h = np.asarray(activation_of(activation)(h))
    return float(np.mean(y * h) * np.prod(gains[: len(gains) - r]))
