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
from ..hypotheses.margins import exponential_tail, held_firmly, separable
from ..papers import NACSON, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import held_by_one, separable as separable_data


STEPS = {
    "over the risk": Descent(LossNormalized(1.0)),
    "of falling length": Descent(GradientNormalized(30.0), schedule=PowerDecay(0.5)),
}
"""Constant steps obey it too, but the logarithm of their number shows no limit."""


class GapTimesNorm(AbstractToleranceClaim[DeepLinear]):
    r"""The gap of the margin times $\|w\|$ tends to $-\min_S \rho \cdot z_i$.

    That is so for one layer and steps of any schedule, since all of them leave the same
    residual $\rho$: a gap like $1/\log k$ for constant steps and $1/k$ for steps over
    the risk are one law, and the schedule only decides how fast $\|w\|$ grows. The
    limit is read off a line in $1/\|w\|$.
    """

    id: ClassVar[str] = "J3"
    source: ClassVar[Source] = Source(NACSON, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 100
    margin: ClassVar[float] = 10
    tolerance: float = 1e-6
    """The square of the residual over |w|, of which the line takes the first power."""

    steps: str = "over the risk"
    """Those of the witness: one of `STEPS`."""
    power: float = 1.0
    """That of the norm; another than 1 makes it false."""

    def __check_init__(self):
        if self.steps not in STEPS:
            raise OptionError("steps", self.steps, STEPS)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield separable(run.experiment)
        yield exponential_tail(run.experiment)
        one = len(run.experiment.network.layers) == 1
        yield Hypothesis("there is one layer", one)
        yield held_firmly(run.experiment)
        far = np.linalg.norm(np.asarray(run.network.predictor()))
        size = residual_size(run.experiment.risk.problem)
        distant = not far < 300 * size < np.inf
        yield Hypothesis("|w| is 300 times its residual", bool(distant))

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem = run.experiment.risk.problem
        found, told = max_margin(problem), 0.0
        rows = np.asarray(problem.y)[:, None] * np.asarray(problem.X)
        if residual_size(problem) < np.inf:
            rho = residual_direction(problem).value
            told = -float((rows[found.support] @ rho).min())
        w = np.asarray(run.seen["LinearPredictor"])[len(run.times) // 2 :]
        far = np.linalg.norm(w, axis=1)
        left = (found.margin - (w @ rows.T).min(axis=1) / far) * far**self.power
        limit = np.polyfit(1 / far, left, 1)[-1]
        return float(abs(limit - told) / max(abs(limit), abs(told)))

    def witness(self) -> Experiment[DeepLinear]:
        return self._descent(separable_data(2003))

    def foil(self) -> Experiment[DeepLinear]:
        return self._descent(held_by_one())

    def _descent(self, problem):
        start = DeepLinear([np.full((1, problem.d), 0.1)])
        flow = STEPS[self.steps]
        return Experiment(start, Risk(problem, Exponential()), flow, until=30_000)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        other = GapTimesNorm(steps=self.steps, power=2.0)
        return (other,) if self.power == 1 else ()


def residual_size(problem: Problem) -> float:
    """The length of the residual, infinite where some sample is held by nothing."""
    found = max_margin(problem)
    if found.multipliers[found.support].min() < 1e-10:
        return np.inf
    return float(np.linalg.norm(residual_direction(problem).value))
