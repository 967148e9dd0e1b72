"""The problems and starts on which claims about saddles are witnessed. Seeded."""

from collections.abc import Callable

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...flows import AbstractFlow, GradientFlow
from ...losses import AbstractLoss, Squared
from ...networks import AbstractNetwork, Chain, MLP
from ...observables import MeanGain
from ...problems import Problem
from ...risk import Risk
from ...saddles import small_layers
from .draws import draw


ESCAPE = GradientFlow(rtol=1e-9, clock="escape")
"""The time to escape is then good to 1e-9, far below what the laws neglect."""

STILL = GradientFlow()
"""For identities that hold at a single network: nothing is trained."""


def taught(activation: Callable, seed: int | None = None) -> Callable:
    """The activation itself as the teacher, or for a seed one of another size."""
    if seed is None:
        return activation
    size, pace, slope = draw(1024, seed).uniform((0.5, 0.7, -0.2), (2.0, 1.4, 0.2))
    return lambda u: size * (activation(pace * u) + slope * u)


def drawn_gain(seed: int | None, own: float, low: float, high: float) -> float:
    """The witness's own gain, or one drawn between two for a seed."""
    return own if seed is None else float(draw(1025, seed).uniform(low, high))


def gaussian(teacher: Callable, *, nodes: int = 80, scale: float = 1.0) -> Risk:
    """The squared loss against `teacher(u)`, u standard normal, by Gauss-Hermite nodes.

    The network sees `scale` times u. Nodes whose weight underflows are left out.
    """
    u, mass = np.polynomial.hermite_e.hermegauss(nodes)
    mass = mass / mass.sum()
    kept = mass > 1e-200
    u, mass = u[kept], mass[kept]
    return Risk(Problem(scale * u[:, None], teacher(u), mass), Squared())


def whitened(seed: int | None = None, n: int = 96, d: int = 6) -> Risk:
    """Normal inputs with covariance exactly 1, and the teacher tanh of the first."""
    rng = draw(1000, seed)
    X = rng.standard_normal((n, d))
    X = X - X.mean(axis=0)
    X = X @ np.linalg.inv(np.linalg.cholesky(X.T @ X / n)).T
    return Risk(Problem(X, np.tanh(X[:, 0])), Squared())


def ordinary(
    activation: str | Callable = "tanh",
    *,
    own: int = 1010,
    seed: int | None = None,
    biases: bool = False,
    loss: AbstractLoss | None = None,
    flow: AbstractFlow = STILL,
    until: float | int = 0.0,
) -> Experiment[MLP]:
    """A network of widths 4, 6, 5 and 2 on 23 samples with real targets."""
    rng = draw(own, seed)
    problem = Problem(rng.standard_normal((23, 4)), rng.standard_normal((23, 2)))
    widths = (4, 6, 5, 2)
    pairs = zip(widths[1:], widths, strict=False)
    weights = [rng.standard_normal((m, k)) / np.sqrt(k) for m, k in pairs]
    shifts = [rng.standard_normal(m) / 2 for m in widths[1:]] if biases else None
    risk = Risk(problem, Squared() if loss is None else loss)
    return Experiment(MLP(weights, activation, shifts), risk, flow, until=until)


def leaving(
    network: AbstractNetwork,
    risk: Risk,
    level: float,
    *,
    flow: GradientFlow = ESCAPE,
    small: tuple[int, ...] | None = None,
) -> Experiment:
    """A run until the geometric mean of the small layers is `level`."""
    if small is None:
        small = small_layers(network.layers)
    return Experiment(network, risk, flow, until=Reaches(MeanGain(small), level))


def even(eps: float, depth: int, activation: str | Callable, width: int = 1) -> Chain:
    """A chain whose `depth` layers all have the gain `eps`."""
    return Chain.even(eps, depth=depth, activation=activation, width=width)


def two_directions(n: int, seed: int | None) -> Risk:
    """The squared loss on `n` normal inputs ``(4,)``; two directions count."""
    rng = draw(1022, seed)
    X = rng.standard_normal((n, 4))
    return Risk(Problem(X, np.tanh(X[:, 0]) + 0.3 * X[:, 1]), Squared())
