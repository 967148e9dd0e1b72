"""How fast a diagonal network gets to where it ends."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import OrthantLimit
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import (
    balanced,
    invertible,
    of_fisher,
    orthant_end,
    pushes,
)
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import along
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, LONG, unbalanced


def _neglog(experiment: Experiment) -> Hypothesis:
    """Times count in those of -log J; the other forms have other clocks."""
    form = getattr(experiment.risk.loss, "form", None)
    return Hypothesis("the loss is -log J", form == "neglog")


def _eliminated(experiment: Experiment, limit: OrthantLimit) -> np.ndarray:
    """Which weights the limit pushes to 0, not merely leaves there."""
    return ~limit.support & (
        pushes(experiment, limit) > 1e-3 * np.abs(limit.slope).max()
    )


def _some_eliminated(experiment: Experiment[Diagonal]) -> Hypothesis:
    limit = orthant_end(experiment)
    some = limit is not None and bool(_eliminated(experiment, limit).any())
    return Hypothesis("the limit pushes some weight to 0", some)


class PowerLawTails(AbstractToleranceClaim[Diagonal]):
    r"""For $L \ge 3$ a weight is eliminated as $((L - 2) g_i t)^{-L/(L-2)}$: slowly.

    $\frac{d}{dt} w^{-(1-2/L)} = (L - 2) g_i$, and $g_i > 0$ settles at its value in the
    limit. To first order $\log(J^*/J) = \sum_i g_i w_i$ then has the same tail. Held
    against the last nine tenths of the run, J where it is above its rounding.
    """

    id: ClassVar[str] = "C3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 0.01
    """The first correction is a constant over t: what was there before g settled."""

    depth: int = 4

    shift: int = 0
    """Added to the depth in the formula; another number than 0 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (PowerLawTails(depth=self.depth, shift=1),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield _neglog(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield invertible(run.experiment)
        deeper = len(run.experiment.network.layers) > 2
        yield Hypothesis("it has three layers or more", deeper)
        yield balanced(run.experiment)
        yield _some_eliminated(run.experiment)
        yield Hypothesis(
            "start and eliminated weights no longer show in the last nine tenths",
            self._late(run),
        )

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit, L = (
            orthant_end(run.experiment),
            len(run.experiment.network.layers) + self.shift,
        )
        if limit is None or L < 3:
            return math.nan
        times, w = along(run)
        late = times >= times[-1] / 10
        off, g = _eliminated(run.experiment, limit), pushes(run.experiment, limit)
        law = ((L - 2) * g[off] * times[late, None]) ** (-L / (L - 2))
        size = np.abs(w[late])
        weights = np.max(np.abs(size[:, off] / law - 1), initial=0.0)
        lack = np.log(limit.objective / _fisher(run.experiment, w[late]))
        told = size @ np.where(off, g, 0)
        seen = told > 100 * w.shape[1] * np.finfo(float).eps  # above J's own rounding
        risk = np.abs(lack / told - 1)[seen]
        return float(max(weights, np.max(risk, initial=0.0)))

    def _late(self, run):
        """Whether what the law leaves out is below the tolerance.

        The start of every weight, and the share of the conserved quasi-norm that the
        eliminated weights still hold: so much smaller are the others than in the limit.
        """
        limit, L = orthant_end(run.experiment), len(run.experiment.network.layers)
        if limit is None or L < 3:
            return False
        times, w = along(run)
        off = _eliminated(run.experiment, limit)
        tenth = np.abs(w[np.searchsorted(times, times[-1] / 10)])
        start = (tenth[off] / np.abs(w[0, off])) ** (1 - 2 / L)
        share = np.sum(tenth[off] ** (2 / L)) / np.sum(tenth ** (2 / L))
        left_out = L / (L - 2) * (np.max(start, initial=0.0) + L / 2 * share)
        return bool(left_out < self.tolerance)

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite(own=1003)
        start = Diagonal.balanced(w0, depth=self.depth)
        until = {3: 1e5, 4: 1e6}.get(self.depth, 1e7)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=until)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        start = unbalanced(own=1003, depth=self.depth)
        return Experiment(start, true.risk, LONG, until=true.until)


class ExponentialTails(AbstractToleranceClaim[Diagonal]):
    r"""At depth 2 a weight is eliminated as $e^{-2 g_i t}$.

    $\frac{d}{dt} \log w_i = -2 g_i$, and $g_i > 0$ settles at its value in the limit.
    Held against the slope of $\log w_i$ over the last quarter of the run.
    """

    id: ClassVar[str] = "C3c"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-5
    """How far g can be from its limit while the slowest weight is at e^-12 or less."""

    speed: float = 2.0
    """In units of $g_i$; another number than 2 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (ExponentialTails(speed=1.0), ExponentialTails(speed=4.0))

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield _neglog(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield invertible(run.experiment)
        yield Hypothesis("it has two layers", len(run.experiment.network.layers) == 2)
        yield balanced(run.experiment)
        yield _some_eliminated(run.experiment)
        yield Hypothesis("the last quarter is over a weight's decay", self._late(run))
        there = bool(np.all(along(run)[1] != 0))
        yield Hypothesis("no weight has underflowed", there)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit = orthant_end(run.experiment)
        if limit is None:
            return math.nan
        times, w = along(run)
        off, late = _eliminated(run.experiment, limit), times >= 0.75 * times[-1]
        logs = np.log(np.abs(w[late][:, off]))
        fall = -(logs[-1] - logs[0]) / (times[-1] - times[late][0])
        law = self.speed * pushes(run.experiment, limit)[off]
        return float(np.max(np.abs(fall / law - 1), initial=0.0))

    def _late(self, run):
        limit = orthant_end(run.experiment)
        if limit is None:
            return False
        times, w = along(run)
        g = pushes(run.experiment, limit)[_eliminated(run.experiment, limit)]
        return bool(2 * g.min(initial=math.inf) * 0.75 * times[-1] > 12)

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite(own=1003)
        start = Diagonal.balanced(w0, depth=2)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=90.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        start = unbalanced(own=1003, depth=2)
        return Experiment(start, true.risk, LONG, until=true.until)


def _fisher(experiment, w):
    """J at every predictor ``(t, d)``."""
    problem = experiment.risk.problem
    S, B = np.asarray(problem.within), np.asarray(problem.between)
    return np.sum(w @ B * w, axis=1) / np.sum(w @ S * w, axis=1)
