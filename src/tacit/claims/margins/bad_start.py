"""Why the risk must not start above that of no prediction at all."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractMarginLoss, Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, TrainingRisk
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..hypotheses.margins import of_margins
from ..measures.budgets import EPS, integration, rounding
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.draws import draw


class StartAboveZeroMayStall(AbstractClaim[DeepLinear]):
    r"""From $(u, -u)$ a network $w = w_2 w_1$ ends at 0, on separable data.

    Balanced scalars keep the sign of their product, so $w$ rises to 0 and no further:
    $R \to \ell(0)$, and none of the conclusions of Theorem 1 comes true. Assumption 2,
    $R(0) \le \ell(0)$, cannot be dropped; but starts off the balanced line escape.
    """

    id: ClassVar[str] = "I7"
    source: ClassVar[Source] = Source(JI, "Assumption 2", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (TrainingRisk(),)
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        start = experiment.network
        shapes = [W.shape for W in start.layers]
        yield Hypothesis("the network is two scalars", shapes == [(1, 1), (1, 1)])
        yield matched_layers(experiment)
        yield of_margins(experiment)
        wrong = _least_margin(experiment, -start.predictor()) > 0
        yield Hypothesis("every sample starts on the wrong side", wrong)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        none = float(experiment.risk.criterion(0 * experiment.network.predictor()))
        return Forecast(none, "the risk in the end, that of no prediction")

    def measured(self, run: Trajectory[DeepLinear]) -> float:
        return float(run.seen["TrainingRisk"][-1])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        # In units of the risk of no prediction: a rival says that it goes to 0.
        return abs(measured - predicted) / self.forecast(run.experiment).value

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        risk, none = run.experiment.risk, self.forecast(run.experiment).value
        w0 = run.experiment.network.predictor()
        steep, flat = (float(jnp.abs(risk.slope(w)[0])) for w in (w0, 0 * w0))
        far, time = float(jnp.abs(w0[0])), float(run.times[-1])
        # The slope is least at 0, so |w| falls at least like exp(-2 |R'(0)| t).
        left = far * float(np.exp(-2 * flat * time))
        reason = "w falls at the rate of the slope at 0, and the risk by its slope"
        yield Term("what is left of the way", left * steep / none, reason, "longer")
        # u + v grows as fast as u - v falls, and comes to rounding at first. A run that
        # has left already is far from where it would be on the line.
        end = max(min(float(jnp.abs(run.network.predictor()[0])), left), 1e-300)
        off = (64 * EPS) ** 2 * far * (far / end) * steep / none
        leaving = "what rounding puts off the balanced line grows, squared"
        yield Term("leaving the line", off, leaving, "a shorter run")
        yield integration(run)
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        start = float(run.experiment.risk.value(run.experiment.network))
        yield Rival("the risk goes to 0: Theorem 1 without Assumption 2", 0.0)
        yield Rival("the risk stays where it starts", start)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._scalars(1.0, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return self._scalars(6 / 7, seed)

    def _scalars(self, ratio: float, seed: int | None) -> Experiment[DeepLinear]:
        u = 0.7 if seed is None else draw(2005, seed).uniform(0.4, 1.0)
        problem = Problem(np.array([[1.0], [-1.0]]), np.array([1, -1]))
        start = DeepLinear([np.array([[u]]), np.array([[-u * ratio]])])
        flow = GradientFlow(rtol=1e-11, atol=1e-15, chart="parameters")
        return Experiment(start, Risk(problem, Exponential()), flow, until=15.0)


def _least_margin(experiment: Experiment[DeepLinear], w) -> float:
    """The least margin of the predictor `w`; below 0 where there is none."""
    loss, problem = experiment.risk.loss, experiment.risk.problem
    if not isinstance(loss, AbstractMarginLoss) or not problem.binary:
        return -np.inf
    return float(np.min(np.asarray(experiment.risk.margin_rows) @ np.asarray(w)))
