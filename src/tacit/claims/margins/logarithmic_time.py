"""Linear predictors on separable data: everything moves with the logarithm of time."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import residual_direction
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import (
    exponential,
    held_firmly,
    margin_of,
    one_layer,
    one_margin,
    separable,
    spanned,
)
from ..measures.budgets import EPS, rounding
from ..measures.margins import beside, in_time, rows_of
from ..measures.residual import Across, across, of_residual
from ..papers import SOUDRY, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import held_by_one, separable as separable_data


FLOW = GradientFlow(rtol=1e-8, clock="log-risk")
SEED = 2003


def _experiment(problem: Problem) -> Experiment[DeepLinear]:
    start = DeepLinear([np.full((1, problem.d), 0.1)])
    return Experiment(start, Risk(problem, Exponential()), FLOW, until=1e4)


class ErrorFallsLikeOneOverLogTime(AbstractClaim[DeepLinear]):
    r"""The angle to the margin's direction times $\log t$ tends to $\gamma\|\rho\|$.

    $\rho$ is the residual that minimises the sum of exponentials over the support
    vectors, and the angle its length over that of $w$. As $\gamma\, w \cdot \bar u =
    \log(\gamma^2 A t)$ with $A$ that least sum, the limit comes with the factor
    $\log t/(\log t + \log\gamma^2 A)$, which is far from 1 at any time of this world.
    """

    id: ClassVar[str] = "J2b"
    source: ClassVar[Source] = Source(SOUDRY, "Theorems 3 and 4", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-5

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_layer(experiment)
        yield one_margin(experiment)
        yield exponential(experiment)
        yield separable(experiment)
        yield held_firmly(experiment)
        yield spanned(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        found = residual_direction(experiment.risk.problem)
        size = float(found.margin.margin * np.linalg.norm(found.value))
        about = "the angle to the margin's direction times log t in the end"
        return Forecast(size, about, found.residual)

    def predicted(self, run: Trajectory[DeepLinear]) -> float:
        log = self._log_time(run)
        return self.forecast(run.experiment).value * log / (log + self._lag(run))

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        seen = _across(run)
        off, i = np.linalg.norm(seen.value, axis=1), seen.best
        along = float(np.sqrt(seen.norm[i] ** 2 - off[i] ** 2))
        return float(off[i] / along * self._log_time(run))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield from of_residual(_across(run))
        lead, rtol = self._log_time(run) + self._lag(run), _rtol(run)
        w = np.asarray(run.seen["LinearPredictor"])[in_time(run)][_across(run).best]
        others = float(beside(run, _across(run).rest.margin.support, w))
        # The time that passed before the support alone pulled, in its logarithm.
        early = (np.exp(-max(lead, 0.0) / 2) + others) / max(lead, 1e-3)
        reason = "the time before the support alone pulls"
        yield Term("early time", float(early), reason, "a longer run")
        size = (10 * rtol + 64 * EPS) / max(lead, 1e-3)
        reason = "ten steps at their rtol, against the logarithm"
        yield Term("integration of time", size, reason, "a smaller rtol")

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        told, log = self.predicted(run), self._log_time(run)
        gamma = _across(run).rest.margin.margin
        yield Rival("with no margin before the residual", told / gamma)
        yield Rival("with the square of the margin", told * gamma)
        text = "it falls like log log t / log t, as on a null set"
        yield Rival(text, told * np.log(max(log, 1.0)))

    def _log_time(self, run):
        if run.log_time is None:
            raise Unmeasured('it needs the time, as clock="log-risk" keeps it')
        return float(np.asarray(run.log_time)[in_time(run)][_across(run).best])

    def _lag(self, run):
        """The logarithm of the square of the margin times the least sum."""
        rest = _across(run).rest
        rows, mass = rows_of(run.experiment)
        held = rest.margin.support
        least = np.sum(mass[held] * np.exp(-rows[held] @ rest.value))
        return float(np.log(least * rest.margin.margin**2))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _experiment(separable_data(SEED, seed=seed))

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _experiment(held_by_one(seed))


class HeldByOneDrifts(AbstractClaim[DeepLinear]):
    r"""Samples $\gamma\bar u$ and $\gamma\bar u + \xi$, $\xi \perp \bar u$: none firm.

    With $q = w \cdot \xi$ and weights $c_1$, $c_2$ the flow conserves
    $\|\xi\|^2\, w \cdot \bar u / \gamma - q - (c_1/c_2)\,e^q$, so $q$ grows like
    $\log\log t$ for ever: the second sample is at the margin, but nothing holds the
    predictor there. The difference is taken relative to $1 + |\|\xi\|^2\, w \cdot
    \bar u/\gamma|$.
    """

    id: ClassVar[str] = "J2c"
    source: ClassVar[Source] = Source(SOUDRY, "Theorem 4", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-5

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_layer(experiment)
        yield one_margin(experiment)
        yield exponential(experiment)
        X, found = experiment.risk.problem.X, margin_of(experiment)
        yield Hypothesis("there are two samples", X is not None and len(X) == 2)
        idle = found is not None and bool(
            found.support.all() and found.multipliers.min() < 1e-10
        )
        yield Hypothesis("both are at the margin, one with multiplier 0", idle)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        start = np.asarray(experiment.network.predictor())
        along, q, ratio = _moving(experiment, start)
        about = "|xi|^2 w . u / margin - q - (c_1 / c_2) e^q, all along"
        return Forecast(float(along - q - ratio * np.exp(q)), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        along, q, ratio = _moving(run.experiment, _passed(run))
        return along - q - ratio * np.exp(q)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        size = 1 + np.abs(_moving(run.experiment, _passed(run))[0])
        return float(np.max(np.abs(measured - predicted) / size))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        along, q, ratio = _moving(run.experiment, _passed(run))
        # An error in w of its size times rtol is one in q, and e^q is as large as w.
        steep = (1 + ratio * np.exp(q)) * (1 + np.abs(q)) / (1 + np.abs(along))
        size = 10 * _rtol(run) * float(np.max(steep))
        reason = "ten steps at their rtol, in the exponent"
        yield Term("integration", size, reason, "a smaller rtol")
        yield rounding(run, float(np.max(steep)))

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        told = self.forecast(run.experiment).value
        along, q, ratio = _moving(run.experiment, _passed(run))
        start = np.asarray(run.experiment.network.predictor())
        begin = _moving(run.experiment, start)
        double = ratio * (np.exp(2 * q) - np.exp(2 * begin[1]))
        single = ratio * (np.exp(q) - np.exp(begin[1]))
        yield Rival("with the square of the exponential", told + double - single)
        yield Rival("q stays: both samples hold", told + along - begin[0])

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _experiment(held_by_one(seed))

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _experiment(separable_data(SEED, seed=seed))


def _across(run: Trajectory[DeepLinear]) -> Across:
    return across(run, np.asarray(run.seen["LinearPredictor"]))


def _rtol(run: Trajectory[DeepLinear]) -> float:
    return float(run.experiment.flow.rtol)


def _passed(run: Trajectory[DeepLinear]) -> np.ndarray:
    """The predictor at the records of the flow itself."""
    w = np.asarray(run.seen["LinearPredictor"])[in_time(run)]
    if not len(w):
        raise Unmeasured("it has no record before the flow is followed by its limit")
    return w


def _moving(experiment: Experiment[DeepLinear], w: np.ndarray):
    r"""$\|\xi\|^2\, w \cdot \bar u / \gamma$, $q$, and the ratio of the weights."""
    found, (rows, mass) = margin_of(experiment), rows_of(experiment)
    if found is None:
        raise Unmeasured("it is about separable data")
    idle = int(np.argmin(found.multipliers))
    xi = rows[idle] - (rows[idle] @ found.value) * found.value
    along = (xi @ xi) * (w @ found.value) / found.margin
    return along, w @ xi, (1 - mass[idle]) / mass[idle]
