"""A tie that is broken by a little holds for a while."""

import math
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import (
    invertible,
    of_fisher,
    orthant_end,
    pushes,
    tie_ratio,
)
from ..hypotheses.flows import is_gradient_flow
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, definite
from ..witnesses.draws import redrawn


SMALLEST = 1e-15
"""A tie to rounding."""


class FirstChangeOfSign(eqx.Module):
    """The least of the weights, each in the sign it started with."""

    def measure(self, at):
        w, start = at.network.predictor(), at.start.predictor()
        return jnp.min(w * jnp.sign(start))


class NearTiesBreak(AbstractClaim[Diagonal]):
    r"""A near tie of size $\epsilon$ at depth 2 holds until $\ln(1/\epsilon) / 2g_i$.

    With layers $\sqrt w (1 \pm \epsilon)$ a weight that is being eliminated falls like
    $e^{-2 g_i t}$ and crosses zero when it reaches the order of $\epsilon$; the first
    is the one of largest $g_i$. Even a tie broken by rounding does not last. Held
    against the slope of the time in $\ln(1/\epsilon)$, from $\epsilon$ to $\epsilon^2$,
    or to its root where the square is no more than rounding.
    """

    id: ClassVar[str] = "C8"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        form = experiment.risk.loss.form
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield Hypothesis("it has two layers", len(experiment.network.layers) == 2)
        uneven = 1 - tie_ratio(experiment)
        near = bool(np.all(uneven > SMALLEST) and np.all(uneven < 1e-3))
        yield Hypothesis("its layers nearly tie, by one small ratio", near)
        limit = orthant_end(experiment)
        some = limit is not None and bool(np.any(pushes(experiment, limit) > 0))
        yield Hypothesis("the tie would eliminate some weight", some)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        limit = orthant_end(experiment)
        assert limit is not None  # or a hypothesis is not met
        about = "by how much longer the tie holds for every factor e that it is closer"
        slope = 1 / (2 * np.max(pushes(experiment, limit)))
        return Forecast(float(slope), about, limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> float:
        (first, second), power = self._crossings(run)
        return (second - first) / ((1 - power) * math.log(_small(run)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        times, _ = self._crossings(run)
        size = 2 * self._unrest(run, min(times))
        reason = "twice what the push is off its limit when the nearer tie breaks"
        yield Term("what is left of the way", size, reason, "a closer tie")
        share = float(max(times) / abs(times[1] - times[0]))
        reason = "ten steps at their rtol, in the times of both breaks"
        yield Term("integration", 10 * CLOSE.rtol * share, reason, "nothing")

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        told = self.forecast(run.experiment).value
        yield Rival("it holds until ln(1/epsilon) / g", 2 * told)
        yield Rival("it holds until ln(1/epsilon) / 4g", told / 2)

    def _unrest(self, run, time):
        """How far the steepest push of the balanced network is off at `time`."""
        true, limit = run.experiment, orthant_end(run.experiment)
        assert limit is not None  # or a hypothesis is not met
        even = Diagonal.balanced(true.network.predictor(), depth=2)
        there = train(Experiment(even, true.risk, CLOSE, until=time), records=1)
        w, push = there.network.predictor(), pushes(true, limit)
        worst = int(np.argmax(push))
        now = float(true.risk.slope(w)[worst] * np.sign(w[worst]))
        return abs(now / push[worst] - 1)

    def _crossings(self, run):
        """When a sign changes first, at the tie and at another power of it."""
        power = 2.0 if _small(run) ** 2 > SMALLEST else 0.5
        return [self._crossing(run, each) for each in (1.0, power)], power

    def _crossing(self, run, power):
        true = run.experiment
        layers = np.asarray(true.network.layers)
        size = np.sqrt(np.abs(np.prod(layers, axis=0)))
        small = ((np.abs(layers[0]) / size) ** 2 - 1) / 2
        apart = np.sign(small) * np.abs(small) ** power
        far = np.sign(layers) * size * np.stack([1 + apart, 1 - apart])
        within = 20 * float(run.times[-1])
        if not within > 0:
            raise Unmeasured("the run has not begun; a longer one sees the tie break")
        event = Reaches(FirstChangeOfSign(), 0.0, within=within)
        near = train(Experiment(Diagonal(far), true.risk, CLOSE, until=event))
        if not near.finite:
            raise Unmeasured(f"the tie holds up to time {within:.3g}; a longer run")
        return float(near.times[-1])

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._near(1e-4, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._near(0.0, seed)

    def _near(self, small, seed):
        def make(each):
            problem, w0 = definite(each, own=1003)
            start = Diagonal(np.sqrt(w0) * np.array([[1 + small], [1 - small]]))
            return Experiment(start, Risk(problem, Fisher()), CLOSE, until=6.0)

        def fits(true):
            # Redrawn unless some weight is pushed out faster than the rest settle.
            limit = orthant_end(true)
            return limit is not None and np.max(pushes(true, limit)) > 1

        return redrawn(seed, make, fits)


def _small(run: Trajectory[Diagonal]) -> float:
    return float(np.max(1 - tie_ratio(run.experiment)) / 2)
