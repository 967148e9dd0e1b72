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
from ..hypotheses.discriminants import (
    invertible,
    of_fisher,
    orthant_end,
    pushes,
    tie_ratio,
)
from ..hypotheses.flows import is_gradient_flow
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, definite


class FirstChangeOfSign(eqx.Module):
    """The least of the weights, each in the sign it started with."""

    def measure(self, at):
        w, start = at.network.predictor(), at.start.predictor()
        return jnp.min(w * jnp.sign(start))


class NearTiesBreak(AbstractToleranceClaim[Diagonal]):
    r"""A near tie of size $\epsilon$ at depth 2 holds until $\ln(1/\epsilon) / 2g_i$.

    With layers $\sqrt w (1 \pm \epsilon)$ a weight that is being eliminated falls like
    $e^{-2 g_i t}$ and crosses zero when it reaches the order of $\epsilon$; the first
    is the one of largest $g_i$. Even a tie broken by rounding does not last. Held
    against the slope of the time in $\ln(1/\epsilon)$, from $\epsilon$ to $\epsilon^2$.
    """

    id: ClassVar[str] = "C8"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    tolerance: float = 0.01
    """By how much g differs from its limit while the first crossing is under way."""

    margin: ClassVar[float] = 10.0
    """One per cent is what a finite window shows; an exponent off by 1 is 100 times."""

    speed: float = 2.0
    """In units of $g_i$; another number than 2 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (NearTiesBreak(speed=1.0), NearTiesBreak(speed=4.0))

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        form = getattr(run.experiment.risk.loss, "form", None)
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(run.experiment)
        yield invertible(run.experiment)
        yield Hypothesis("it has two layers", len(run.experiment.network.layers) == 2)
        uneven = 1 - tie_ratio(run.experiment)
        near = bool(np.all(uneven > 1e-15) and np.all(uneven < 1e-3))
        yield Hypothesis("its layers nearly tie, by one small ratio", near)
        limit = orthant_end(run.experiment)
        some = limit is not None and bool(np.any(pushes(run.experiment, limit) > 1e-3))
        yield Hypothesis("the tie would eliminate some weight", some)
        if limit is not None and some:
            first = self._crossing(run, 1)
            met = first < math.inf
            yield Hypothesis("the near tie holds for a while, then breaks", met)
            early = met and self._at_rest(run, limit, first)
            yield Hypothesis("the balanced limit is reached before it breaks", early)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit = orthant_end(run.experiment)
        if limit is None:
            return math.nan
        times = [self._crossing(run, power) for power in (1, 2)]
        if times[1] == math.inf:
            return math.inf
        small = np.max(1 - tie_ratio(run.experiment)) / 2
        slope = (times[1] - times[0]) / -np.log(small)
        return abs(
            float(self.speed * np.max(pushes(run.experiment, limit)) * slope - 1)
        )

    def _at_rest(self, run, limit, time):
        """Whether the steepest push of the balanced network has settled by `time`."""
        true = run.experiment
        even = Diagonal.balanced(true.network.predictor(), depth=2)
        w = train(Experiment(even, true.risk, CLOSE, until=time), records=1)
        w = w.network.predictor()
        push = pushes(run.experiment, limit)
        worst = int(np.argmax(push))
        now = float(true.risk.slope(w)[worst] * np.sign(w[worst]))
        return abs(now / push[worst] - 1) < self.tolerance / 2

    def _crossing(self, run, power):
        """When a sign first changes from a tie of `power` times as many digits."""
        true = run.experiment
        layers = np.asarray(true.network.layers)
        if len(layers) != 2 or not run.times[-1] > 0:
            return math.inf
        size = np.sqrt(np.abs(np.prod(layers, axis=0)))
        small = ((np.abs(layers[0]) / size) ** 2 - 1) / 2
        apart = np.sign(small) * np.abs(small) ** power
        far = np.sign(layers) * size * np.stack([1 + apart, 1 - apart])
        event = Reaches(FirstChangeOfSign(), 0.0, within=20 * float(run.times[-1]))
        near = train(Experiment(Diagonal(far), true.risk, CLOSE, until=event))
        return float(near.times[-1]) if near.finite else math.inf

    def witness(self) -> Experiment[Diagonal]:
        return self._near(1e-4)

    def foil(self) -> Experiment[Diagonal]:
        return self._near(0.0)

    def _near(self, small):
        problem, w0 = definite(own=1003)
        start = Diagonal(np.sqrt(w0) * np.array([[1 + small], [1 - small]]))
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=6.0)
