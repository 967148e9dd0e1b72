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

MOST = 2_000
"""Moves whose corrections are added up one by one."""


class FollowsMemoryless(AbstractClaim[AbstractNetwork]):
    r"""An optimiser with memory stays $O(\eta^2)$ from its memoryless iteration.

    On the same batches, for a fixed time $\eta T$, at every time of the path. Without
    the correction, from $\theta - \eta\,\mathrm{Main}_t$, it stays $O(\eta)$. Held
    against the orders from half the step of the run to a quarter of it.
    """

    id: ClassVar[str] = "M1"
    source: ClassVar[Source] = Source(
        CATTANEO_2025, "the bound on the distance", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 0.1

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
        return _orders(run)[0][1]

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        (first, second), (least, plain) = _orders(run)
        # An error of the order of the step halves from one order to the next, where
        # the step is short: where the second order of the path is little by the first.
        size = 3 * max(float(np.max(np.abs(first - second))), least / plain)
        reason = "three times what half the step changes in the orders, or second order"
        yield Term("next order", size, reason, "shorter steps")
        flow: Any = flow_of(run.experiment)
        share = 2.5 * flow.step / (1 - longest_memory(flow))
        reason = "ten times a quarter of the step, over 1 - beta"
        yield Term("the step itself", share, reason, "shorter steps")
        size = np.abs(flat(run.network)).max() * math.sqrt(4 * run.steps)
        lost = float(64 * EPS * size / min(least, plain))
        yield Term("rounding", lost, "float64 in the paths", "longer steps")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        del run
        yield Rival("the correction brings it no nearer", np.array([1.0, 1.0]))
        yield Rival("it is as near without the correction", np.array([2.0, 2.0]))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        flow: Any = Adam(2**-10, 0.75, 0.85, 1e-2, batch=6, fixed=True)
        if self.heavy_ball:
            flow = Stochastic(2**-10, 6, momentum=0.75, fixed=True)
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
    """Orders with the correction and without, as the step is halved twice ``(2, 2)``.

    And the distances at a quarter of it ``(2,)``.
    """
    flow = flow_of(run.experiment)
    found = np.array([_apart(run, flow, parts) for parts in (1, 2, 4)])
    return np.log2(found[:-1] / found[1:]), found[-1]


def _apart(run, flow, parts):
    """The largest distance on the path in steps of 1 / `parts`: corrected, and not."""
    true = run.experiment
    flow = eqx.tree_at(lambda f: f.step, flow, flow.step / parts)
    times = np.linspace(0, parts * true.end, POINTS + 1)[1:]
    kept = _path(true, flow, times)
    ways = (Memoryless(flow, correct, window(flow)) for correct in (True, False))
    return [np.abs(_path(true, way, times) - kept).max() for way in ways]


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
