"""How large the start of a two-sided network is decides which norm it minimises."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk
from ...losses import Exponential, Squared
from ...networks import TwoSided
from ...observables import AbstractObservable, LogRisk as RiskLogarithm
from ...oracles import (
    hyperbolic_interpolator,
    hyperbolic_margin,
    least_squares_path,
    max_margin,
)
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential, separable
from ..papers import MOROSHKO, Source, WOODWORTH
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import few, planted


STIFF = GradientFlow(rtol=1e-10, solver="stiff")
FAR = GradientFlow(rtol=1e-8, clock=LogRisk(hand_over=1e12))


def _even_start(experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
    start = experiment.network
    yield is_gradient_flow(experiment)
    yield Hypothesis("the depth is 2", start.depth == 2)
    entries = np.concatenate([np.asarray(start.u), np.asarray(start.v)])
    even = bool(np.ptp(entries) <= 1e-15 * np.abs(entries).max() and entries[0] > 0)
    yield Hypothesis("it starts at u = v = alpha > 0 in every coordinate", even)


def _alpha(experiment: Experiment[TwoSided]) -> float:
    start = experiment.network
    return float(np.sqrt(np.mean(np.abs(np.asarray(start.u * start.v)))))


class HyperbolicInterpolation(AbstractToleranceClaim[TwoSided]):
    r"""Of all interpolators $w = u^2 - v^2$ ends at that of least hyperbolic entropy.

    From $u = v = \alpha$ under the squared loss $w_\infty$ is
    $2\alpha^2 \sinh(X^\top\nu)$: near minimum $\ell_1$ norm for small $\alpha$, near
    minimum $\ell_2$ norm for large.
    """

    id: ClassVar[str] = "J5"
    source: ClassVar[Source] = Source(WOODWORTH, "", "quoted")
    needs: ClassVar[type] = TwoSided
    tolerance: float = 1e-6
    """The square root of the risk that is left; the flow's own error is near 1e-10."""

    alpha: float = eqx.field(default=0.1, converter=float)
    """The size of the witness's start."""
    sparse: bool = False
    """Whether the limit is taken to be of least l1 norm, as it is for alpha to 0."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        yield from _even_start(run.experiment)
        risk = run.experiment.risk
        yield Hypothesis("the loss is squared", isinstance(risk.loss, Squared))
        fits = float(risk.value(run.network)) < 1e-14
        yield Hypothesis("the run interpolates the data", fits)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        problem, w = run.experiment.risk.problem, np.asarray(run.network.predictor())
        if self.sparse:
            told = least_squares_path(problem).value
        else:
            told = hyperbolic_interpolator(problem, _alpha(run.experiment)).value
        return float(np.linalg.norm(w - told) / np.linalg.norm(told))

    def witness(self) -> Experiment[TwoSided]:
        return self._fitted(TwoSided.balanced(12, alpha=self.alpha))

    def foil(self) -> Experiment[TwoSided]:
        tilt = np.linspace(0.2, 2.0, 12)
        return self._fitted(TwoSided(self.alpha * tilt, self.alpha / tilt))

    def _fitted(self, start):
        problem = planted(2111, 5, 12, (0.8, -0.6))
        return Experiment(start, Risk(problem, Squared()), STIFF, until=2000.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        other = HyperbolicInterpolation(alpha=self.alpha, sparse=True)
        return () if self.sparse else (other,)


class HyperbolicMargins(AbstractToleranceClaim[TwoSided]):
    r"""For a large start the margin's norm depends on how far the risk has fallen.

    From $u = v = \alpha$ with $\log(1 / \mathcal L) = r\alpha^2$, $\mathcal L$ the sum
    of exponentials, $w / \log(1 / \mathcal L)$ tends for $\alpha \to \infty$ to the `w`
    of least hyperbolic entropy of width $1 / r$ that has margins of 1.
    """

    id: ClassVar[str] = "J6"
    source: ClassVar[Source] = Source(MOROSHKO, "", "quoted")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (RiskLogarithm(),)
    margin: ClassVar[float] = 10
    tolerance: float = 2e-3
    """That of an error of 2 / alpha² at alpha² = 1000; seen are 1.6 at r = 1 and 0.3 at
    r = 5."""

    factor: float = 1.0
    """On the width; another than 1 is the prediction for another r."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        yield separable(run.experiment)
        yield exponential(run.experiment)
        yield from _even_start(run.experiment)
        size = np.linalg.norm(np.asarray(run.experiment.risk.problem.X), axis=1).max()
        alpha = _alpha(run.experiment)
        far = alpha**2 * float(size) >= 1000
        yield Hypothesis("the start is large: alpha² times a sample is 1000", far)
        depth = _depth(run) / alpha**2
        yield Hypothesis("the risk has fallen: r is at least 1/2", depth >= 0.5)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        w, fall = np.asarray(run.network.predictor()), _depth(run)
        width = self.factor * _alpha(run.experiment) ** 2 / fall
        told = hyperbolic_margin(run.experiment.risk.problem, width).value
        return float(np.linalg.norm(w / fall - told) / np.linalg.norm(told))

    def witness(self) -> Experiment[TwoSided]:
        return self._fallen(np.sqrt(1000.0))

    def foil(self) -> Experiment[TwoSided]:
        return self._fallen(1.0)

    def _fallen(self, alpha):
        problem = few(2101)
        start = TwoSided.balanced(8, alpha=float(alpha))
        # log(1 / risk) is about the margin times the norm, so r is about 5 then.
        until = 5 * max(float(alpha) ** 2, 10.0) / max_margin(problem).margin
        return Experiment(start, Risk(problem, Exponential()), FAR, until=until)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (HyperbolicMargins(factor=2.0),) if self.factor == 1 else ()


def _depth(run):
    """The logarithm of one over the sum of exponentials."""
    n = run.experiment.risk.problem.n
    return -(float(run.seen["LogRisk"][-1]) + np.log(n))
