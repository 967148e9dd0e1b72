"""Linear predictors on separable data: everything moves with the logarithm of time."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, LinearPredictor, LogRisk
from ...oracles import max_margin, residual_direction
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential, held_firmly, separable
from ..papers import SOUDRY, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import held_by_one, separable as separable_data


FLOW = GradientFlow(rtol=1e-8, clock="log-risk")
SEED = 2003
LATE = 100.0
"""From this logarithm of time on, corrections that fall with time itself are gone."""


def _one_layer(run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
    yield separable(run.experiment)
    yield exponential(run.experiment)
    yield is_gradient_flow(run.experiment)
    one = len(run.experiment.network.layers) == 1
    yield Hypothesis("there is one layer", one)
    logs = -np.inf if run.log_time is None else float(run.log_time[-1])
    yield Hypothesis(f"log t is known and reaches {4 * LATE:g}", logs > 4 * LATE)


def _experiment(problem: Problem, depth: int = 1) -> Experiment[DeepLinear]:
    start = DeepLinear.balanced(np.full(problem.d, 0.1), depth=depth)
    return Experiment(start, Risk(problem, Exponential()), FLOW, until=1e4)


class RiskFallsLikeOneOverTime(AbstractToleranceClaim[DeepLinear]):
    r"""A linear predictor has $R\,t \to 1 / \gamma^2$ for the mean exponential loss.

    $w = \bar u \log t / \gamma + O(1)$, and what is left of the risk is
    $e^{-\gamma \|w\|}$ times a constant. Corrections fall with time, not with its
    logarithm.
    """

    id: ClassVar[str] = "J2"
    source: ClassVar[Source] = Source(SOUDRY, "Theorem 3", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LogRisk(),)
    tolerance: float = 1e-6
    """A hundred times rtol: the error of log t sums up over the run."""

    power: float = 2.0
    """That of the margin; another than 2 makes it false."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield held_firmly(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield from _one_layer(run)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        assert run.log_time is not None
        late = np.asarray(run.log_time) > 4 * LATE
        gamma = max_margin(run.experiment.risk.problem).margin
        logs = np.asarray(run.seen["LogRisk"]) + np.asarray(run.log_time)
        return float(np.abs(np.expm1(logs + self.power * np.log(gamma)))[late].max())

    def witness(self) -> Experiment[DeepLinear]:
        return _experiment(separable_data(SEED))

    def foil(self) -> Experiment[DeepLinear]:
        return _experiment(separable_data(SEED), depth=2)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (RiskFallsLikeOneOverTime(power=1.0),) if self.power == 2 else ()


class ErrorFallsLikeOneOverLogTime(AbstractToleranceClaim[DeepLinear]):
    r"""The angle to the margin's direction times $\log t$ tends to $\gamma\|\rho\|$.

    $\rho$ is the residual that minimises the sum of exponentials over the support
    vectors. The limit is read off a quadratic in $1 / \log t$ through the late record.
    """

    id: ClassVar[str] = "J2b"
    source: ClassVar[Source] = Source(SOUDRY, "Theorems 3 and 4", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-2
    """What a fit in 1 / log t leaves from log t = 100 on."""
    margin: ClassVar[float] = 10

    loglog: bool = False
    """Whether the error is taken to be log log t / log t, as it is on a null set."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield held_firmly(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield from _one_layer(run)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        assert run.log_time is not None
        problem, logs = run.experiment.risk.problem, np.asarray(run.log_time)
        found = max_margin(problem)
        w = np.asarray(run.seen["LinearPredictor"])
        off = w - np.outer(w @ found.value, found.value)
        error = np.linalg.norm(off, axis=1) / np.linalg.norm(w, axis=1)
        pace = logs / np.log(logs) if self.loglog else logs
        late = logs > LATE
        limit = np.polyfit(1 / logs[late], (error * pace)[late], 2)[-1]
        told = 0.0
        if found.multipliers[found.support].min() > 1e-10:
            told = found.margin * np.linalg.norm(residual_direction(problem).value)
        return float(abs(limit - told) / max(limit, told))

    def witness(self) -> Experiment[DeepLinear]:
        return _experiment(separable_data(SEED))

    def foil(self) -> Experiment[DeepLinear]:
        return _experiment(held_by_one())

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        other = ErrorFallsLikeOneOverLogTime(loglog=True)
        return () if self.loglog else (other,)


class HeldByOneDrifts(AbstractToleranceClaim[DeepLinear]):
    r"""Samples $\gamma\bar u$ and $\gamma\bar u + \xi$, $\xi \perp \bar u$: none firm.

    With $q = w \cdot \xi$ the flow conserves
    $\|\xi\|^2\, w \cdot \bar u / \gamma - q - e^q$, so $q$ grows like $\log\log t$ for
    ever: the second sample is at the margin, but nothing holds the predictor there.
    """

    id: ClassVar[str] = "J2c"
    source: ClassVar[Source] = Source(SOUDRY, "Theorem 4", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-6
    """A hundred times rtol, of numbers up to 1e4 that cancel; relative to them."""

    exponent: float = 1.0
    """That of the exponential; another than 1 makes it false."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield exponential(experiment)
        yield is_gradient_flow(experiment)
        one = len(experiment.network.layers) == 1
        yield Hypothesis("there is one layer", one)
        X = experiment.risk.problem.X
        yield Hypothesis("there are two samples", X is not None and len(X) == 2)
        found = max_margin(experiment.risk.problem)
        idle = found.support.all() and found.multipliers.min() < 1e-10
        yield Hypothesis("both are at the margin, one with multiplier 0", bool(idle))

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem = run.experiment.risk.problem
        found = max_margin(problem)
        rows = np.asarray(problem.y)[:, None] * np.asarray(problem.X)
        xi = rows[np.argmin(found.multipliers)] - found.margin * found.value
        xi = xi - (xi @ found.value) * found.value
        w = np.asarray(run.seen["LinearPredictor"])
        w = np.concatenate([np.asarray(run.experiment.network.predictor())[None], w])
        along, q = (xi @ xi) * (w @ found.value) / found.margin, w @ xi
        kept = along - q - np.exp(self.exponent * q)
        return float(np.max(np.abs(kept - kept[0]) / (1 + np.abs(along))))

    def witness(self) -> Experiment[DeepLinear]:
        return _experiment(held_by_one())

    def foil(self) -> Experiment[DeepLinear]:
        return _experiment(separable_data(SEED))

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (HeldByOneDrifts(exponent=2.0),) if self.exponent == 1 else ()
