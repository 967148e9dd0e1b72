"""Optimisers that forget how long the gradient is."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Adam, Descent, SignDescent
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LayerNorms
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..measures.budgets import EPS
from ..measures.drifts import shorter
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import definite
from ..witnesses.draws import redrawn


class SignStepsDrift(AbstractClaim[Diagonal]):
    r"""Sign descent and Adam move the norms, however short their steps.

    The sign of the gradient is not orthogonal to the layers, so even in the limit of
    short steps $\frac{d}{dt}\|\theta_l\|^2 = -2\langle\theta_l, \mathrm{sign}\,
    g_l\rangle \ne 0$, where descent drifts in proportion to its step.

    Held against the order in the step at which the drift of every layer over a fixed
    time vanishes, from half the step of the run to a quarter of it.
    """

    id: ClassVar[str] = "F10"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    adam: bool = False
    """Whether the witness is Adam instead of sign descent."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        flow: Any = experiment.flow
        forgets = isinstance(flow, SignDescent | Adam)
        yield Hypothesis("it is sign descent or Adam", forgets)
        whole = flow.batch is None
        yield Hypothesis("it is on the whole sample", whole)
        decays = bool(flow.weight_decay)
        yield Hypothesis("there is no weight decay", not decays)
        steady = flow.schedule is None
        yield Hypothesis("the step is constant", steady)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        about = "the order in the step at which the drift of every norm vanishes"
        return Forecast(np.zeros(experiment.network.depth), about)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _orders(_drifts(run))[-1]

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        drifts, flow = _drifts(run), run.experiment.flow
        first, second = _orders(drifts)
        size = 2 * float(np.max(np.abs(first - second)))
        reason = "twice what half the step changes in the order"
        yield Term("next order", size, reason, "shorter steps")
        least = float(np.min(np.abs(drifts))) * math.log(2)
        layers, step = np.asarray(run.network.layers), flow.step / 2
        length = float(np.max(np.sum(np.abs(layers), axis=1)))
        if isinstance(flow, SignDescent | Adam):
            # A weight at rest goes to and fro by a step; each adds its own square.
            swing = step * (length + layers.shape[1] * flow.step * run.steps)
            # At 0 the slope of three layers or more is of second order: its sign, and
            # which way the weight leaves, depend on where a step happens to end.
            rests = np.any(np.abs(layers) < 3 * flow.step, axis=0)
            if len(layers) > 2 and np.any(rests):
                swing = math.inf
            reason = "a step to and fro of every weight and its square, over the drift"
            yield Term("chatter", 2 * swing / least, reason, "shorter steps")
        if isinstance(flow, Adam):
            # It remembers moves, not time: that shrinks with the step.
            held = step * flow.memory_rule.ages[1] * length
            reason = "what a weight moves while Adam remembers, over the drift"
            remedy = "shorter steps, or a shorter memory"
            yield Term("memory", float(2 * held / least), reason, remedy)
        lost = 64 * EPS * math.sqrt(4 * run.steps) * np.max(np.sum(layers**2, axis=1))
        yield Term(
            "rounding", float(lost / least), "float64 in the norms", "longer runs"
        )

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        one = np.ones(run.experiment.network.depth)
        yield Rival("it vanishes in proportion to the step, as for descent", one)
        yield Rival("it vanishes like the root of the step", one / 2)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        flow = Adam(1e-5, 0.9, 0.95) if self.adam else SignDescent(1e-4)

        def make(each):
            problem, w0 = definite(each)
            start, risk = Diagonal.balanced(w0, depth=2), Risk(problem, Fisher())
            return Experiment(start, risk, flow, until=round(0.2 / flow.step))

        # Redrawn where the signs nearly cancel.
        return redrawn(seed, make, lambda true: _lean(true) > 0.3)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(1e-3), until=true.until)


def _lean(experiment):
    """The speed at which the norms begin to move, over the largest there could be."""
    start = experiment.network
    theta, slope = map(
        np.asarray, (start.layers, experiment.risk.gradient(start).layers)
    )
    return abs(np.sum(theta * np.sign(slope))) / np.sum(np.abs(theta))


def _drifts(run):
    """What every norm has gained, at the step, a half and a quarter ``(3, L)``."""
    start = np.sum(np.asarray(run.experiment.network.layers) ** 2, axis=1)
    return np.stack(
        [np.asarray(each.seen["LayerNorms"])[-1] - start for each in shorter(run)]
    )


def _orders(drifts):
    return np.log2(np.abs(drifts[:-1] / drifts[1:]))
