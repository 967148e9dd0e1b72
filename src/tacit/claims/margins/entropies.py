"""How large the start of a two-sided network is decides which norm it minimises."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np
import scipy.optimize

from ...errors import DataError
from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk
from ...losses import Exponential, Squared
from ...networks import TwoSided
from ...observables import AbstractObservable, LogRisk as RiskLogarithm
from ...oracles import (
    hyperbolic_interpolator,
    hyperbolic_margin,
    HyperbolicMargin,
    l1_margin,
    least_squares_path,
    max_margin,
)
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential, one_margin, separable
from ..hypotheses.two_sided import of_one_size
from ..measures.budgets import integration, rounding
from ..measures.margins import rows_of
from ..papers import MOROSHKO, Source, WOODWORTH
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import few, planted


STIFF = GradientFlow(rtol=1e-10, solver="stiff")
FAR = GradientFlow(rtol=1e-8, clock=LogRisk(hand_over=1e12))


class HyperbolicInterpolation(AbstractClaim[TwoSided]):
    r"""Of all interpolators $w = u^2 - v^2$ ends at that of least hyperbolic entropy.

    From $u = v = \alpha$ under the squared loss $w_\infty$ is
    $2\alpha^2 \sinh(X^\top\nu)$: near minimum $\ell_1$ norm for small $\alpha$, near
    minimum $\ell_2$ norm for large. At any time $w$ is of this form, for the outputs
    that it has: what the outputs lack bounds what is left of the way.
    """

    id: ClassVar[str] = "J5"
    source: ClassVar[Source] = Source(WOODWORTH, "", "quoted")
    needs: ClassVar[type] = TwoSided
    sees: ClassVar[float] = 1e-6

    alpha: float = eqx.field(default=0.1, converter=float)
    """The size of the witness's start."""

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is 2", experiment.network.depth == 2)
        yield of_one_size(experiment)
        squared = isinstance(experiment.risk.loss, Squared)
        yield Hypothesis("the loss is squared", squared)
        yield Hypothesis("some w interpolates the data", _interpolates(experiment))

    def forecast(self, experiment: Experiment[TwoSided]) -> Forecast:
        alpha = _alpha(experiment)
        found = hyperbolic_interpolator(experiment.risk.problem, alpha)
        about = "w in the end: the interpolator of least hyperbolic entropy"
        return Forecast(found.value, about, found.residual)

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return np.asarray(run.network.predictor())

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        size = np.linalg.norm(self.forecast(run.experiment).value)
        return float(np.linalg.norm(measured - predicted) / size)

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        problem, told = run.experiment.risk.problem, self.predicted(run)
        w, width = self.measured(run), 2 * _alpha(run.experiment) ** 2
        X = np.asarray(problem.X)
        short = np.asarray(problem.y) - X @ w
        moves = [_moved(X, np.hypot(width, each), short) for each in (told, w)]
        size = 1.5 * sum(map(np.linalg.norm, moves)) / np.linalg.norm(told)
        reason = "what the outputs lack, by the curvature of the entropy there"
        yield Term("what is left of the way", float(size), reason, "a longer run")
        # w is an exponential of what is integrated.
        growth = float(1 + np.max(np.arcsinh(np.abs(told) / width)))
        yield integration(run, growth)
        yield rounding(run, growth)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        problem, alpha = run.experiment.risk.problem, _alpha(run.experiment)
        other = hyperbolic_interpolator(problem, np.sqrt(alpha)).value
        text = "with alpha itself for its square"
        if abs(np.log(alpha)) > 1e-9:
            yield Rival(text, other)
        X, y = np.asarray(problem.X), np.asarray(problem.y)
        yield Rival("that of least l2 norm", np.linalg.lstsq(X, y, rcond=None)[0])
        yield Rival("that of least l1 norm", least_squares_path(problem).value)

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return _fitted(TwoSided.balanced(12, alpha=self.alpha), seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        tilt = np.linspace(0.2, 2.0, 12)
        return _fitted(TwoSided(self.alpha * tilt, self.alpha / tilt), seed)


class HyperbolicMargins(AbstractClaim[TwoSided]):
    r"""For a large start the margin's norm depends on how far the risk has fallen.

    From $u = v = \alpha$ with $\log(1 / \mathcal L) = r\alpha^2$, $\mathcal L$ the sum
    of exponentials, $w / \log(1 / \mathcal L)$ tends for $\alpha \to \infty$ to the `w`
    of least hyperbolic entropy of width $1 / r$ that has margins of 1. Where samples
    weigh differently the least weight counts as 1.
    """

    id: ClassVar[str] = "J6"
    source: ClassVar[Source] = Source(MOROSHKO, "", "quoted")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (RiskLogarithm(),)
    sees: ClassVar[float] = 1e-2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield one_margin(experiment)
        yield separable(experiment)
        yield exponential(experiment)
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is 2", experiment.network.depth == 2)
        yield of_one_size(experiment)

    def predicted(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return _told(run).value

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return np.asarray(run.network.predictor()) / _fall(run)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        size = np.linalg.norm(_told(run).value)
        return float(np.linalg.norm(measured - predicted) / size)

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        # w is of this form at any time, for the margins that it has and with
        # multipliers on all samples: to first order, what that makes of it.
        w, fall = np.asarray(run.network.predictor()), _fall(run)
        told, (rows, mass) = _told(run), rows_of(run.experiment)
        width = 2 * _alpha(run.experiment) ** 2
        metric, held = np.hypot(width, w), told.multipliers > 0
        angles, duals = np.arcsinh(w / width), np.zeros(len(rows))
        duals[mass > 0] = _non_negative(rows[mass > 0], angles)
        late = np.linalg.norm(metric * (duals[~held] @ rows[~held]))
        ahead = _moved(rows[held], metric, rows[held] @ w - fall)
        size = fall * float(np.linalg.norm(told.value)) / 1.5
        short = float(late + np.linalg.norm(ahead)) / size
        reason = "the margins differ, by the curvature of the entropy there"
        yield Term("finite alpha", short, reason, "a larger start")
        # Off that form nothing but the steps puts it; a large start magnifies them.
        off = float(np.linalg.norm(metric * (duals @ rows - angles))) / size
        rtol = run.experiment.flow.rtol
        steps = 100 * rtol * float(np.linalg.norm(metric)) / size
        known = "how far w is from being of its form, by no more than the steps can do"
        yield Term("the form of w", min(off, steps), known, "a smaller rtol")
        yield integration(run)
        yield rounding(run)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        problem = run.experiment.risk.problem
        yield Rival("at another r, of twice the width", _told(run, 2.0).value)
        flat = max_margin(problem)
        yield Rival("that of the l2 margin", flat.value / flat.margin)
        sparse = l1_margin(problem)
        yield Rival("that of the l1 margin", sparse.value / sparse.margin)

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return _fallen(TwoSided.balanced(8, alpha=float(np.sqrt(1000.0))), seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        tilt, alpha = np.linspace(0.5, 1.5, 8), float(np.sqrt(1000.0))
        return _fallen(TwoSided(alpha * tilt, alpha / tilt), seed)


def _alpha(experiment: Experiment[TwoSided]) -> float:
    start = experiment.network
    return float(np.sqrt(np.mean(np.abs(np.asarray(start.u * start.v)))))


def _interpolates(experiment: Experiment[TwoSided]) -> bool:
    try:
        hyperbolic_interpolator(experiment.risk.problem, 1.0)
    except DataError:
        return False
    return True


def _moved(rows: np.ndarray, metric: np.ndarray, short: np.ndarray) -> np.ndarray:
    """By how much `w` moves, in this metric, as its products with `rows` do."""
    gram = (rows * metric) @ rows.T
    return metric * (rows.T @ np.linalg.lstsq(gram, short, rcond=1e-13)[0])


def _non_negative(rows: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Multipliers of the samples, none below 0, that make these angles."""
    size = np.linalg.norm(rows, axis=1)
    return scipy.optimize.nnls((rows / size[:, None]).T, angles)[0] / size


def _fall(run: Trajectory[TwoSided]) -> float:
    """The logarithm of one over the sum of exponentials; `Unmeasured` below 0."""
    mass = rows_of(run.experiment)[1]
    fall = float(np.log(mass[mass > 0].min()) - float(run.seen["LogRisk"][-1]))
    if not fall > 0:
        raise Unmeasured("the sum of exponentials is still above 1: a longer run")
    return fall


def _told(run: Trajectory[TwoSided], factor: float = 1.0) -> HyperbolicMargin:
    """The oracle's answer at `factor` times the width that the run has come to."""
    width = factor * _alpha(run.experiment) ** 2 / _fall(run)
    try:
        return hyperbolic_margin(run.experiment.risk.problem, width)
    except DataError as error:
        raise Unmeasured(str(error)) from error


def _fitted(start: TwoSided, seed: int | None) -> Experiment[TwoSided]:
    problem = planted(2111, 5, 12, (0.8, -0.6), seed=seed)
    return Experiment(start, Risk(problem, Squared()), STIFF, until=2000.0)


def _fallen(start: TwoSided, seed: int | None) -> Experiment[TwoSided]:
    problem = few(2101, seed=seed)
    # log(1 / risk) is about the margin times the norm, so r is about 5 then.
    until = 5 * float(np.mean(start.u * start.v)) / max_margin(problem).margin
    return Experiment(start, Risk(problem, Exponential()), FAR, until=until)
