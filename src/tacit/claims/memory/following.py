"""How closely an optimiser with memory follows its memoryless iteration."""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Adam, Memoryless, PowerDecay, Stochastic
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.memory import longest_memory, short_steps
from ..measures.budgets import EPS
from ..measures.carried import carried, window
from ..measures.drifts import Shortened
from ..measures.memory import flat, flow_of
from ..papers import CATTANEO_2025, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.memory import briefly


POINTS = 16
"""At how many times of the path the distance is taken."""

NO_ORDER = 0.3
"""By how much half the step may change an order that there is."""

MOST = 2_000
"""Moves whose corrections are added up one by one."""


class FollowsMemoryless(AbstractClaim[AbstractNetwork]):
    r"""An optimiser with memory stays $O(\eta^2)$ from its memoryless iteration.

    On the same batches, for a fixed time $\eta T$, at every time of the path. Without
    the correction, from $\theta - \eta\,\mathrm{Main}_t$, it stays $O(\eta)$. Held
    against the orders as the step goes to 0, from that of the run and from a half, a
    quarter and an eighth of it.
    """

    id: ClassVar[str] = "M1"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "the bound on the distance", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    heavy_ball: bool = False
    """Whether the witness is heavy ball instead of Adam."""

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from _remembers(experiment)
        yield short_steps(experiment)
        end = experiment.end  # none of a run that ends at an event
        cut = bool(end) and end % POINTS == 0
        yield Hypothesis("it makes a number of moves that can be cut in 16", cut)

    def predicted(self, run: Trajectory) -> np.ndarray:
        del run
        return np.array([2.0, 1.0])

    def measured(self, run: Trajectory) -> np.ndarray:
        return _extrapolated(_orders(run)[0])[-1]

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        orders, (least, plain) = _orders(run)
        before, found = _extrapolated(orders)
        # A change may pass through 0, so half of the one before it counts as well.
        change = float(np.max(np.abs(np.diff(orders, axis=0)) * [[0.5], [1.0]]))
        # An error of second order in the step falls to a quarter, so to a third of it;
        # the batches that a short step meets leave some that does not, and two
        # extrapolations may agree by chance.
        size = 3 * min(change, max(change / 4, float(np.max(np.abs(found - before)))))
        reason = "three times what half the step changes, extrapolated or a quarter"
        yield Term("next order", size, reason, "shorter steps")
        # How long a step is: what it changes in the orders, and the share of the second
        # order of the path in the first.
        long = max(change, least / plain)
        reason = "four times the square of what half the step changes in the orders"
        size = 4 * long**2 if long < NO_ORDER else math.inf
        yield Term("its square", size, reason, "shorter steps")
        size = np.abs(flat(run.network)).max() * math.sqrt(8 * run.steps)
        lost = float(64 * EPS * size / min(least, plain))
        yield Term("rounding", lost, "float64 in the paths", "longer steps")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        del run
        yield Rival("the correction brings it no nearer", np.array([1.0, 1.0]))
        yield Rival("it is as near without the correction", np.array([2.0, 2.0]))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        if self.heavy_ball:
            flow = Stochastic(2**-12, 6, momentum=0.75, fixed=True)
            return briefly(flow, 512, seed)
        flow = Adam(2**-11, 0.75, 0.85, 1e-2, batch=6, fixed=True)
        return briefly(flow, 128, seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        # Twice the moves of half the length are then no longer the same time.
        return _falling(self.witness(seed), PowerDecay(1.0))


class MemoryCarries(AbstractClaim[AbstractNetwork]):
    r"""Memory carries an optimiser $-\eta^2\sum_t\mathrm{Corr}_t(\theta_0)$ away.

    From where its iteration without memory goes on the same batches, in as many moves,
    to leading order in the step. The corrections are all taken at the start, so that
    this is known before any training; in the first moves there is little to remember,
    and the averages of the start count. Measured as the step goes to 0, from the run at
    hand and runs of a half and a quarter of its step.
    """

    id: ClassVar[str] = "M1b"
    source: ClassVar[Source] = Source(CATTANEO_2025, "at the start", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from _remembers(experiment)
        yield Hypothesis(
            f"it makes 2 to {MOST:,} moves", 2 <= (experiment.end or 0) <= MOST
        )

    def forecast(self, experiment: Experiment) -> Forecast:
        about = (
            "how far memory has carried the parameters in the end, over the square of "
            "the step"
        )
        return Forecast(carried(experiment, int(experiment.end or 0)), about)

    def measured(self, run: Trajectory) -> np.ndarray:
        return _three(run).leading()

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        size = np.linalg.norm(predicted)
        return float(np.linalg.norm(measured - predicted) / size)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        three, step = _three(run), run.experiment.flow.step
        yield three.next_order()
        yield three.square()
        size = np.abs(flat(run.network)).max() * math.sqrt(run.steps)
        carried = np.linalg.norm(three.leading()) * (step / 4) ** 2
        lost = float(64 * EPS * size / carried)
        yield Term("rounding", lost, "float64 in the paths", "longer steps")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        true, moves = run.experiment, int(run.steps)
        told = carried(true, moves)
        yield Rival("it carries them the other way", -told)
        last = told - carried(true, moves - 1)
        text = "every move remembers as much as the last"
        yield Rival(text, moves * last)

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Adam(2**-11, 0.75, 0.85, 1e-2, batch=6), 24, seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return _falling(self.witness(seed), PowerDecay(0.5))


def _falling(true, schedule):
    return dataclasses.replace(
        true, flow=dataclasses.replace(true.flow, schedule=schedule)
    )


def _remembers(experiment):
    flow = flow_of(experiment)
    steady = flow.schedule is None
    yield Hypothesis("the step is constant", steady)
    remembers = longest_memory(flow) > 0
    yield Hypothesis("the optimiser has a memory", remembers or not steady)
    n, batch = experiment.risk.problem.n, flow.batch
    yield Hypothesis("the batches divide the sample", not (batch and n % batch))


def _orders(run):
    """Orders with the correction and without, as the step is halved thrice ``(3, 2)``.

    And the distances that they are the orders of, at the shortest steps.
    """
    flow = flow_of(run.experiment)
    found = np.array([_apart(run, flow, parts) for parts in (1, 2, 4, 8)])
    return np.log2(found[:-1] / found[1:]), found[-1]


def _extrapolated(orders):
    """Orders as the step goes to 0, from two at a time: their linear part is gone."""
    return 2 * orders[1:] - orders[:-1]


def _apart(run, flow, parts):
    """The distance over the path in steps of 1 / `parts`: corrected, and not."""
    true = run.experiment
    flow = eqx.tree_at(lambda f: f.step, flow, flow.step / parts)
    times = np.linspace(0, parts * true.end, POINTS + 1)[1:]
    kept = _path(true, flow, times)
    ways = (Memoryless(flow, correct, window(flow)) for correct in (True, False))
    # Root mean squares: a largest distance jumps from one coordinate to another.
    return [np.sqrt(np.mean((_path(true, way, times) - kept) ** 2)) for way in ways]


def _path(true, flow, times):
    """The parameters at `times`, ``(t, P)``."""
    found = flow.path(true.risk, true.network, times, jax.random.key(true.seed))
    return np.asarray(jax.vmap(lambda s: ravel_pytree(s)[0])(found.states))


def _three(run):
    """How far memory has carried the end, over the square of three steps."""
    true, found = run.experiment, []
    for parts in (1, 2, 4):
        flow = eqx.tree_at(lambda f: f.step, true.flow, true.flow.step / parts)
        ends = (
            _path(true, each, np.array([float(run.steps)]))[-1]
            for each in (flow, Memoryless(flow, correction=False, window=window(flow)))
        )
        found.append((next(ends) - next(ends)) / flow.step**2)
    return Shortened(*found)
