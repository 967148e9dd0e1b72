"""Networks whose escape is another one: class D, monomials, a kick off the manifold."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...claims.witnesses.saddles import even, gaussian
from ...events import Reaches, RiskBelow
from ...fits import difference_slopes
from ...losses import Squared
from ...networks import MLP
from ...observables import MeanGain
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from . import subjects


LEVEL, FLOWN = 0.1, 1e-8
SIZES = tuple(float(e) for e in np.geomspace(0.04, 0.005, 4))
SMALLER = tuple(float(e) for e in np.geomspace(0.04, 0.000625, 7))
SEED, KICK = 1001, 1e-5
MANIFOLD, RANDOM = "on the manifold", "random"


def centred_softplus(z):
    """Softplus less its value at 0."""
    return jax.nn.softplus(z) - jnp.log(2.0)


class Departure(NamedTuple):
    """Escape times of one network from `sizes`, and what two laws say of them.

    `power` is that of the law that holds, None where none is known, and `usual` is
    r - 2.
    """

    name: str
    depth: int
    place: str
    power: int | None
    sizes: tuple[float, ...]
    times: np.ndarray
    run: Trajectory

    @property
    def usual(self) -> int:
        """The power of the escape law, all layers small."""
        return self.depth - 2

    @property
    def found(self) -> float:
        """The exponent between the smallest differences."""
        return float(difference_slopes(np.array(self.sizes), self.times)[0, -1])

    @property
    def label(self) -> str:
        """What it is called in the figure."""
        what = f"{self.name}, L = {self.depth}"
        return what if self.place == MANIFOLD else self.place.replace(RANDOM, what)


@functools.cache
def softplus(depth: int) -> Departure:
    """Class D on the manifold, targets of mean 0."""
    return _chain("softplus", "softplus", depth, 2 * depth - 4, np.tanh)


@functools.cache
def centred(depth: int) -> Departure:
    """The same activation moved through 0."""
    return _chain("softplus centred", centred_softplus, depth, depth - 2, np.tanh)


@functools.cache
def power(k: int, depth: int) -> Departure:
    """A monomial of degree `k`, with the teacher that its network is made for."""
    name = {2: "square", 3: "cube"}[k]
    degree = sum(k**j for j in range(depth))

    def teacher(u):
        y = u ** (k ** (depth - 1))
        return y / np.max(np.abs(y))

    return _chain(name, name, depth, degree - 2, teacher)


def _chain(name, activation, depth, degree, teacher) -> Departure:
    starts = [even(eps, depth, activation) for eps in SIZES]
    event = Reaches(MeanGain(tuple(range(depth))), LEVEL)
    runs = subjects.timed(starts, gaussian(teacher), event, FLOWN)
    spent = subjects.times(runs)
    return Departure(name, depth, MANIFOLD, degree, SIZES, spent, runs[-1])


@functools.cache
def drawn(*, centred: bool) -> Departure:
    """Class D at random starts, for targets of mean 0 or as they were drawn."""
    given = subjects.problem()
    y = np.asarray(given.targets)
    y = y - y.mean() if centred else y
    down = Risk(Problem(given.X, y), Squared())
    event = RiskBelow((1 - subjects.DROP) * 0.5 * float(np.mean(y**2)))
    starts = [subjects.he_normal("softplus", 3, 3, eps, SEED) for eps in SMALLER]
    runs = subjects.timed(starts, down, event, FLOWN)
    place = f"{RANDOM}, mean {y.mean() if not centred else 0:.2g}"
    power = 1 if centred else None
    spent = subjects.times(runs)
    return Departure("softplus", 3, place, power, SMALLER, spent, runs[-1])


class Growth(NamedTuple):
    """How far units are apart before and after escape, and how much layers grow."""

    kicked: tuple[float, float]
    still: tuple[float, float]
    layers: float


@functools.cache
def repelled() -> Growth:
    """Interchangeable units, told apart by a little or by nothing."""
    start = subjects.symmetric("tanh", 4, 4, 1e-3)
    rng = np.random.default_rng(SEED)
    kicked = MLP(
        [
            W + KICK * np.linalg.norm(W) * rng.standard_normal(W.shape) / W.size**0.5
            for W in start.weights
        ],
        "tanh",
    )
    event, down = subjects.escaped(), subjects.risk()
    runs = subjects.timed([start, kicked], down, event, subjects.FINE)
    ends = [run.network for run in runs]
    sizes = [np.linalg.norm(np.asarray(each.weights[0])) for each in (start, ends[0])]
    return Growth(
        (_apart(kicked), _apart(ends[1])),
        (_apart(start), _apart(ends[0])),
        float(sizes[1] / sizes[0]),
    )


def _apart(network: MLP) -> float:
    """The largest distance of a layer from interchangeable units."""
    found = []
    for i, W in enumerate(map(np.asarray, network.weights)):
        found.append(np.linalg.norm(W - (W.mean(axis=0) if i == 0 else W.mean())))
    return float(max(found))
