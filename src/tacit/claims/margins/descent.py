"""Gradient descent by the steps that Ji and Telgarsky prescribe."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import curvature_bound, Descent, PrescribedSteps
from ...losses import Logistic
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, GradientNorm, TrainingRisk
from ...oracles import max_margin
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.margins import (
    logistic,
    of_margins,
    one_margin,
    prescribed,
    separable,
    starts_well,
)
from ..measures.budgets import rounding
from ..measures.drifts import EVERY, every_step, is_descent
from ..measures.paths import gradient
from ..measures.spectra import imbalances, layers_along, spectra
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.margins import contradicted, half_normal, separable as separable_data


class PrescribedStepsDescend(AbstractClaim[DeepLinear]):
    r"""Every step lowers the risk by at least $\frac{\eta_t}2\|\nabla R\|^2$.

    Hence $\sum_t \eta_t^2\|\nabla R\|^2 \le 2R(0)$, and the spectral norms of
    $W_{k+1}^\top W_{k+1} - W_kW_k^\top$ drift by no more than that sum: descent keeps
    what the flow conserves up to a constant. No step is longer than 1, which is why
    it is enough that the layers are in the ball of radius $R - 1$ before it. Held
    against their bounds are the risk after every step over that before, the sum over
    $2R(0)$, the drift over the sum, and the longest step.
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
    at_most: ClassVar[bool] = True
    sees: ClassVar[float] = 1e-2

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield of_margins(experiment)
        yield one_margin(experiment)
        yield prescribed(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return self._bounds(run, 0.5)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        risks, moved, _ = _steps(run)
        layers = [[np.asarray(W) for W in run.experiment.network.layers]]
        layers.append(layers_along(run)[-1])
        pairs = list(zip(*map(imbalances, layers), strict=True))
        drift = max((np.linalg.norm(B - A, 2) for A, B in pairs), default=0.0)
        total = np.sum(moved**2)
        others = total / (2 * risks[0]), drift / total if total > 0 else 0.0
        return np.concatenate([risks[1:] / risks[:-1], others, [moved.max()]])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        text = "it falls by 1.1 times the step times the square of the slope"
        yield Rival(text, self._bounds(run, 1.1))

    def _bounds(self, run, share):
        risks, moved, slopes = _steps(run)
        # The drift is that of the squares of the layers, over what the steps add: it
        # alone has their rounding.
        squares = float(spectra(run).squares.max())
        total = max(float(np.sum(moved**2)), 1e-300)
        drift = 1 + rounding(run, squares / total).size
        return np.append(1 - share * moved * slopes / risks[:-1], [1.0, drift, 1.0])

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(seed=seed)
        start = half_normal(problem, 5, 4, seed=seed)
        flow = Descent(PrescribedSteps())
        return Experiment(start, Risk(problem, Logistic()), flow, until=3000)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(4.0), until=300)


class LeavesEveryBall(AbstractClaim[DeepLinear]):
    r"""Descent by a constant step $1/\beta(R)$ leaves the ball of radius $R$.

    From a start inside it with $R \ge 1$. The ball is the one in which $\|W_k\|_F \le
    R$ for all $k$, and its radius that of the step: what the widest layer has of it at
    most, up to the whole, is held against 1. While the ball has not been left nothing
    is known but that the slope is not 0.
    """

    id: ClassVar[str] = "I6a"
    source: ClassVar[Source] = Source(JI, "Lemma 6; of the flow, Lemma 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 1e-9

    radius: float = 1.7
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield logistic(experiment)
        yield one_margin(experiment)
        yield separable(experiment)
        longest = np.linalg.norm(np.asarray(experiment.risk.problem.X), axis=1).max()
        yield Hypothesis("no sample is longer than 1", bool(longest <= 1 + 1e-12))
        yield from starts_well(experiment)
        yield from is_descent(experiment)
        several = experiment.network.depth > 1
        yield Hypothesis("there are two layers or more", several)
        radius = _radius(experiment)
        yield Hypothesis("the step is 1/beta(R) for some R from 1 on", radius >= 1)
        yield Hypothesis("it starts in the ball", _widest(experiment) < radius)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        del experiment
        return Forecast(1.0, "the part of the radius that the widest layer comes to")

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        widest = float(np.sqrt(spectra(run).squares.max()))
        return min(widest / _radius(run.experiment), 1.0)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        slope = ravel_pytree(gradient(run.experiment.risk, run.network))[0]
        moves = float(jnp.linalg.norm(slope)) >= self._least_slope(run) / 2
        inside = self.measured(run) < 1
        reason = "the slope is what it must be in the ball, which is not left"
        yield Term("on the way", float(inside and moves), reason, "more steps")
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        start = _widest(run.experiment) / _radius(run.experiment)
        yield Rival("it stays as wide as it starts", start)
        yield Rival("it comes halfway from there", (1 + start) / 2)

    def _least_slope(self, run):
        """That of the first layer, by the margin and the largest output in the ball."""
        sizes = [np.linalg.norm(W) for W in run.network.layers]
        # At most what the layers above pass on: |w| is at most that times the first.
        picked = np.linalg.norm(np.asarray(run.network.predictor())) / sizes[0]
        largest = _radius(run.experiment) ** len(sizes)
        margin = max_margin(run.experiment.risk.problem).margin
        return float(picked * margin / (1 + np.exp(largest)))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._descent(separable_data(seed=seed), seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._descent(contradicted(seed), seed)

    def _descent(self, problem: Problem, seed: int | None) -> Experiment[DeepLinear]:
        start = half_normal(separable_data(seed=seed), 5, 4, scale=0.25, seed=seed)
        flow = Descent(1 / curvature_bound(Logistic(), 3, self.radius))
        return Experiment(start, Risk(problem, Logistic()), flow, until=10_000)


def _steps(run: Trajectory[DeepLinear]):
    """The risk before every step and after the last, how far they go, the slopes."""
    start, risk = run.experiment.network, run.experiment.risk
    risks, slopes = (np.asarray(run.seen[k]) for k in ("TrainingRisk", "GradientNorm"))
    flat = np.asarray(run.seen["FlatWeights"])
    if run.times[0] != 0:
        slope = ravel_pytree(gradient(risk, start))[0]
        flat = np.concatenate([np.asarray(ravel_pytree(start)[0])[None], flat])
        risks = np.append(float(risk.value(start)), risks)
        slopes = np.append(float(jnp.linalg.norm(slope)), slopes)
    return risks, np.linalg.norm(np.diff(flat, axis=0), axis=1), slopes[:-1]


def _radius(experiment: Experiment[DeepLinear]) -> float:
    r"""The $R$ for which the step is $1/\beta(R)$; NaN if there is none."""
    step, depth = experiment.flow.step, experiment.network.depth
    if not isinstance(step, float) or depth == 1:
        return float("nan")
    return (step * curvature_bound(Logistic(), depth, 1.0)) ** (-1 / (2 * depth - 2))


def _widest(experiment: Experiment[DeepLinear]) -> float:
    return float(max(np.linalg.norm(W) for W in experiment.network.layers))
