"""Steps of every schedule close the gap of the margin at one pace."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...errors import OptionError
from ...experiment import Experiment
from ...flows import Descent, GradientNormalized, LossNormalized, PowerDecay
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import max_margin, residual_direction
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.margins import (
    exponential_tail,
    held_firmly,
    one_layer,
    one_margin,
    separable,
    spanned,
)
from ..measures.margins import rows_of
from ..measures.residual import Across, across, of_residual, steepest
from ..papers import NACSON, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import held_by_one, separable as separable_data


STEPS = {
    "over the risk": Descent(LossNormalized(1.0)),
    "of falling length": Descent(GradientNormalized(30.0), schedule=PowerDecay(0.5)),
}
"""Constant steps obey it too, but the logarithm of their number shows no limit."""


class GapTimesNorm(AbstractClaim[DeepLinear]):
    r"""The gap of the margin times $\|w\|$ tends to $-\min_S \rho \cdot z_i$.

    That is so for one layer and steps of any schedule, since all of them leave the same
    residual $\rho$: a gap like $1/\log k$ for constant steps and $1/k$ for steps over
    the risk are one law, and the schedule only decides how fast $\|w\|$ grows. What
    $\|w\|$ exceeds $w \cdot \bar u$ by adds $\gamma\|\rho\|^2/2\|w\|$.
    """

    id: ClassVar[str] = "J3"
    source: ClassVar[Source] = Source(NACSON, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 100
    sees: ClassVar[float] = 1e-4

    steps: str = "over the risk"
    """Those of the witness."""

    def __check_init__(self):
        if self.steps not in STEPS:
            raise OptionError("steps", self.steps, STEPS)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield separable(experiment)
        yield exponential_tail(experiment)
        yield one_layer(experiment)
        yield one_margin(experiment)
        yield held_firmly(experiment)
        yield spanned(experiment)
        flow = experiment.flow
        follows = flow.continuous or isinstance(flow, Descent)
        text = "it is the flow or descent on all samples, without momentum or decay"
        yield Hypothesis(text, follows and flow.is_plain)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        found = residual_direction(experiment.risk.problem)
        rows = rows_of(experiment)[0][found.margin.support]
        about = "what the margin of w / |w| lacks of the largest, times |w|, in the end"
        return Forecast(float(-np.min(rows @ found.value)), about, found.residual)

    def predicted(self, run: Trajectory[DeepLinear]) -> float:
        seen = _across(run)
        longer = np.sum(seen.value[seen.best] ** 2) / (2 * seen.norm[seen.best])
        limit = self.forecast(run.experiment).value
        return float(limit + seen.rest.margin.margin * longer)

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        return float(_lacking(run)[_across(run).best])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        seen = _across(run)
        rows = np.linalg.norm(rows_of(run.experiment)[0], axis=1).max()
        limit = self.forecast(run.experiment).value
        # From the residual to the least of its products with samples.
        share = float(rows * np.linalg.norm(seen.rest.value) / limit)
        for term in of_residual(seen):
            yield term._replace(size=term.size * share)
        third = (np.linalg.norm(seen.value[seen.best]) / seen.norm[seen.best]) ** 4
        size = float(seen.rest.margin.margin * seen.norm[seen.best] * third / limit)
        yield Term("next order", size, "of |w| over w . u", "a longer run")

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        seen, lacking = _across(run), _lacking(run)
        ratios = seen.norm / seen.norm[seen.best]
        other = int(np.argmax(np.abs(np.log(ratios))))
        squared = float(lacking[other] * ratios[other])
        yield Rival("the gap falls like the square of 1/|w|", squared)
        rows = rows_of(run.experiment)[0][seen.rest.margin.support]
        furthest = float(np.max(rows @ seen.rest.value))
        yield Rival("the sample that gains most by the residual decides", furthest)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._descent(separable_data(2003, seed=seed))

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._descent(held_by_one(seed))

    def _descent(self, problem: Problem) -> Experiment[DeepLinear]:
        start = DeepLinear([np.full((1, problem.d), 0.1)])
        flow = STEPS[self.steps]
        return Experiment(start, Risk(problem, Exponential()), flow, until=30_000)


def _across(run: Trajectory[DeepLinear]) -> Across:
    """The residual since the steps no longer leap across the margin."""
    return across(run, np.asarray(run.seen["LinearPredictor"]), _short_from(run))


def _short_from(run: Trajectory[DeepLinear]) -> int:
    """The record from which on no step is longer than the curvature allows."""
    if run.experiment.flow.continuous:
        return 0
    w, times = np.asarray(run.seen["LinearPredictor"]), np.asarray(run.times)
    start = np.asarray(run.experiment.network.predictor())
    if times[0] > 0:
        w, times = np.concatenate([start[None], w]), np.append(0.0, times)
    gamma = max_margin(run.experiment.risk.problem).margin
    moved = np.linalg.norm(np.diff(w, axis=0), axis=1) / np.diff(times) / gamma
    long = np.flatnonzero(moved * steepest(run) >= 1)
    begin = int(long[-1]) + 1 if len(long) else 0
    if begin >= len(run.times):
        raise Unmeasured("every step leaps across the margin: shorter ones")
    return begin


def _lacking(run: Trajectory[DeepLinear]) -> np.ndarray:
    """The gap of the margin times the norm, at every record of the flow itself."""
    seen, (rows, mass) = _across(run), rows_of(run.experiment)
    begin = _short_from(run)
    w = np.asarray(run.seen["LinearPredictor"])[begin : begin + len(seen.norm)]
    # As the difference from the margin's own direction: the gap itself is rounding.
    unit, gamma = seen.rest.margin.value, seen.rest.margin.margin
    along = w @ unit
    off = np.sum(seen.value**2, axis=1)
    longer = off / (seen.norm + along)
    kept = mass > 0
    over = along[:, None] * (rows[kept] @ unit - gamma) + seen.value @ rows[kept].T
    return gamma * longer - over.min(axis=1)
