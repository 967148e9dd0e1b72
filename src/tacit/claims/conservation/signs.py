"""Which features a balanced diagonal network keeps, and how fast it drops others."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher, Squared
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, deep
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import coarseness, integration, rounding
from ..measures.paths import along, slopes
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import definite, FINE, unbalanced
from ..witnesses.draws import draw


class SignsFrozen(AbstractClaim[Diagonal]):
    r"""From a balanced start of two layers or more, no weight changes sign.

    $\dot w_i = -L |w_i|^{2-2/L} g_i$ with an exponent of at least 1: it takes for ever
    to reach zero. One change of sign is a distance of 1.
    """

    id: ClassVar[str] = "B6"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1.0

    depth: int = 3

    single: bool = False
    """Whether the foil has a single layer, instead of layers that are unbalanced."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        yield deep(experiment)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        signs = np.sign(np.asarray(experiment.network.predictor()))
        return Forecast(signs, "the signs of the weights, all along")

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        w = np.asarray(run.seen["LinearPredictor"])
        start = np.sign(np.asarray(run.experiment.network.predictor()))
        return np.where(w == 0, start, np.sign(w))  # 0 by underflow has no sign

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        return float(np.max(np.abs(predicted - measured)) / 2)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        L, w = run.experiment.network.depth, np.abs(run.seen["LinearPredictor"])
        # A weight that is smaller than its error may have any sign.
        smallest = np.min(w, initial=np.inf, where=w > 0) ** (1 / L)
        return (integration(run, L * coarseness(run, smallest)),)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        start, L = run.experiment.network, run.experiment.network.depth
        w = np.asarray(start.predictor())
        speed = -L * np.abs(w) ** (2 - 2 / L) * slopes(run.experiment, w[None])[0]
        straight = w + np.asarray(run.times)[:, None] * speed
        text = "a weight goes on at the speed it starts with, through zero"
        yield Rival(text, np.where(straight == 0, np.sign(w), np.sign(straight)))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = unbalanced(seed, depth=self.depth)
        if self.single:
            start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=30.0)


class EliminationLaw(AbstractClaim[Diagonal]):
    r"""Against a constant slope, deeper networks drop a weight more slowly.

    From balance $w > 0$ and for $g \ge 0$: $w_0 - gt$ for one layer, $w_0 e^{-2gt}$ for
    two, $[w_0^{-(1-2/L)} + (L-2) g t]^{-L/(L-2)}$ for more. The powers of $1/t$ are 3,
    2 and 3/2 at depth 3, 4 and 6, and tend to 1.
    """

    id: ClassVar[str] = "B7"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-9

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        w = np.asarray(experiment.network.predictor())
        above = np.all(w > 0) and np.all(slopes(experiment, w[None]) >= 0)
        yield Hypothesis("the weights start positive, the slopes are not", bool(above))

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        constant = bool(np.max(_change(run)) <= 1e-3)
        yield Hypothesis("the slope is constant", constant)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        time = experiment.end
        if time is None:
            text = "it foresees the weights at a time; the run ends at an event"
            raise Unmeasured(text)
        law = _law(experiment, np.array([time]), experiment.network.depth)[0]
        return Forecast(law[-1], "the weights at the end")

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        L = run.experiment.network.depth
        return _law(run.experiment, np.asarray(run.times), L)[0]

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(run.seen["LinearPredictor"])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        # A weight of a single layer goes through 0: in units of its way.
        L = run.experiment.network.depth
        size = np.abs(predicted) if L > 1 else np.max(np.abs(predicted))
        return float(np.max(np.abs(measured - predicted) / size))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        L = run.experiment.network.depth
        law, turn = _law(run.experiment, np.asarray(run.times), L)
        growth = float(L * (1 + np.max(turn)))
        if L > 1:
            growth *= coarseness(run, np.min(law) ** (1 / L))
        yield Term(
            "varying slope",
            _bent(run),
            "between the laws of the least and the largest slope on the way",
            "a shorter run",
        )
        yield integration(run, growth)
        yield rounding(run, growth)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        L = run.experiment.network.depth
        other, text = (L - 1, "one layer fewer") if L > 1 else (2, "two layers")
        law = _law(run.experiment, np.asarray(run.times), other)[0]
        yield Rival(f"the law is that of {text}", law)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._pulled(0.0, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._pulled(0.1, seed)

    def _pulled(self, decay: float, seed: int | None) -> Experiment[Diagonal]:
        w0, far = 0.5, 7e6
        if seed is not None:
            w0, far = draw(1004, seed).uniform(0.5, 1.5, 2) * (1.0, 7e6)
        # A target so far away that the residual cannot be seen to change.
        problem = Problem(np.array([[1e-7]]), np.array([-far]))
        start = Diagonal.balanced(np.array([w0]), depth=self.depth)
        sharp = GradientFlow(
            rtol=1e-12, atol=0.0, chart="parameters", weight_decay=decay
        )
        return Experiment(start, Risk(problem, Squared()), sharp, until=8.0)


def _law(experiment: Experiment[Diagonal], times: np.ndarray, L: int, more: Any = 0.0):
    """The weights at these times under `L` layers, and how they turn with the slope.

    The slope is that at the start and `more` of it.
    The second is the relative change of a weight per relative change of the slope; for
    one layer, where a weight passes 0, in units of the largest.
    """
    w = np.asarray(experiment.network.predictor())
    fallen = slopes(experiment, w[None]) * times[:, None] * (1 + more)
    if L == 1:
        law = w - fallen
        return law, np.abs(fallen) / np.max(np.abs(law))
    if L == 2:
        return w * np.exp(-2 * fallen), 2 * np.abs(fallen)
    inner = w ** (2 / L - 1) + (L - 2) * fallen
    return inner ** (-L / (L - 2)), L * np.abs(fallen) / inner


def _bent(run: Trajectory[Diagonal]) -> float:
    """How far the laws of the least and of the largest slope are from the law.

    The speed of a weight rises with the slope, so it stays between the two.
    """
    times, L = np.asarray(run.times), run.experiment.network.depth
    law, _ = _law(run.experiment, times, L)
    size = np.abs(law) if L > 1 else np.max(np.abs(law))
    most = np.maximum.accumulate(_change(run))
    ends = (_law(run.experiment, times, L, more)[0] for more in (-most, most))
    return max(float(np.max(np.abs(end - law) / size)) for end in ends)


def _change(run: Trajectory[Diagonal]) -> np.ndarray:
    """By what part of itself the slope has changed, at every record."""
    g = slopes(run.experiment, along(run)[1])
    steady = np.abs(g - g[0]) / np.where(g[0] == 0, 1.0, np.abs(g[0]))
    return steady[-len(run.times) :]
