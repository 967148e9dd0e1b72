"""Gradient descent by the steps that Ji and Telgarsky prescribe."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import curvature_bound, Descent, PrescribedSteps
from ...losses import Logistic
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, GradientNorm, TrainingRisk
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.margins import (
    logistic,
    of_margins,
    prescribed,
    separable,
    starts_well,
)
from ..measures.spectra import imbalances, layers_along, spectra
from ..papers import JI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import contradicted, half_normal, separable as separable_data


EVERY = 100_000
"""So many records that every step of a shorter run is one."""


class PrescribedStepsDescend(AbstractToleranceClaim[DeepLinear]):
    r"""Every step lowers the risk by at least $\frac{\eta_t}2\|\nabla R\|^2$.

    Hence $\sum_t \eta_t^2\|\nabla R\|^2 \le 2R(0)$, and the spectral norms of
    $W_{k+1}^\top W_{k+1} - W_kW_k^\top$ drift by no more than that sum: descent keeps
    what the flow conserves up to a constant. No step is longer than 1, which is why
    it is enough that the layers are in the ball of radius $R - 1$ before it.
    """

    id: ClassVar[str] = "I6"
    source: ClassVar[Source] = Source(JI, "equation (4) and Theorem 3", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        FlatWeights(),
        GradientNorm(),
        TrainingRisk(),
    )
    records: ClassVar[int] = EVERY
    tolerance: float = 1e-12
    """They are inequalities: rounding of the risk, 1e-16, in sums of thousands."""

    share: float = 0.5
    r"""The part of $\eta_t\|\nabla R\|^2$ by which the risk is said to fall. More than
    1 is false: it falls by less than its slope promises."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (PrescribedStepsDescend(share=1.1),) if self.share == 0.5 else ()

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield of_margins(run.experiment)
        yield prescribed(run.experiment)
        whole = bool(np.all(np.diff(np.asarray(run.times)) == 1))
        yield Hypothesis(f"it has fewer than {EVERY:,} steps, all recorded", whole)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        risks, flat = np.asarray(run.seen["TrainingRisk"]), run.seen["FlatWeights"]
        moved = np.linalg.norm(np.diff(np.asarray(flat), axis=0), axis=1)
        falls = moved * np.asarray(run.seen["GradientNorm"])[:-1]
        late = np.diff(risks) + self.share * falls
        total = np.sum(moved**2)
        over = total - 2 * risks[0]
        first, *_, last = layers_along(run)
        pairs = zip(imbalances(last), imbalances(first), strict=True)
        drift = max(np.linalg.norm(B - A, 2) for B, A in pairs)
        faults = [late.max() / risks[0], over, drift - total, moved.max() - 1]
        return float(max(*faults, 0.0))

    def witness(self) -> Experiment[DeepLinear]:
        problem = separable_data()
        start = half_normal(problem, 5, 4)
        flow = Descent(PrescribedSteps())
        return Experiment(start, Risk(problem, Logistic()), flow, until=3000)

    def foil(self) -> Experiment[DeepLinear]:
        true = self.witness()
        return Experiment(true.network, true.risk, Descent(4.0), until=300)


class LeavesEveryBall(AbstractToleranceClaim[DeepLinear]):
    r"""Descent by a constant step $1/\beta(R)$ leaves the ball of radius $R$.

    From a start inside it with $R \ge 1$. The ball is the one in which $\|W_k\|_F \le
    R$ for all $k$; the gap is what its widest layer lacks of $R$ at the end of the run.
    """

    id: ClassVar[str] = "I6a"
    source: ClassVar[Source] = Source(JI, "Lemma 6; of the flow, Lemma 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-9
    """It is an inequality: 0 once the ball has been left."""

    radius: float = 1.7

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield logistic(run.experiment)
        yield separable(run.experiment)
        yield from starts_well(run.experiment)
        flow = run.experiment.flow
        plain = isinstance(flow, Descent) and not (
            flow.momentum or flow.weight_decay or flow.schedule
        )
        yield Hypothesis("it is plain descent", plain)
        step, bound = getattr(flow, "step", np.inf), self._bound(run)
        apt = isinstance(step, float) and abs(step * bound - 1) < 1e-9
        yield Hypothesis("the step is 1/beta(R)", apt)
        widest = max(np.linalg.norm(W) for W in run.experiment.network.layers)
        yield Hypothesis("it starts in the ball", bool(widest < self.radius))

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        widest = np.sqrt(spectra(run).squares.max())
        return float(max(1 - widest / self.radius, 0.0))

    def _bound(self, run):
        depth = len(run.experiment.network.layers)
        return curvature_bound(Logistic(), depth, self.radius)

    def witness(self) -> Experiment[DeepLinear]:
        return self._descent(separable_data())

    def foil(self) -> Experiment[DeepLinear]:
        return self._descent(contradicted())

    def _descent(self, problem: Problem) -> Experiment[DeepLinear]:
        start = half_normal(separable_data(), 5, 4, scale=0.35)
        flow = Descent(1 / curvature_bound(Logistic(), 3, self.radius))
        return Experiment(start, Risk(problem, Logistic()), flow, until=10_000)
