"""Why the risk must not start above that of no prediction at all."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..measures.spectra import spectra
from ..papers import JI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim


class StartAboveZeroMayStall(AbstractToleranceClaim[DeepLinear]):
    r"""From $(u, -u)$ a network $w = w_2 w_1$ ends at 0, on separable data.

    Balanced scalars keep the sign of their product, so $w$ rises to 0 and no further:
    $R \to \ell(0)$, and none of the conclusions of Theorem 1 comes true. Assumption 2,
    $R(0) \le \ell(0)$, cannot be dropped; but starts off the balanced line escape.
    """

    id: ClassVar[str] = "I7"
    source: ClassVar[Source] = Source(JI, "Assumption 2", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-9
    """The square of u falls like exp(-2 t): 1e-10 at t = 15."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        start = experiment.network
        shapes = [W.shape for W in start.layers]
        yield Hypothesis("the network is two scalars", shapes == [(1, 1), (1, 1)])
        yield matched_layers(experiment)
        rows = np.asarray(experiment.risk.margin_rows)
        wrong = bool(np.all(rows * np.asarray(start.predictor())[None] < 0))
        yield Hypothesis("every sample starts on the wrong side", wrong)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        w = spectra(run).predictor[:, 0]
        return float(abs(w[-1]) / np.abs(w[0]))

    def witness(self) -> Experiment[DeepLinear]:
        return self._scalars(0.7, -0.7)

    def foil(self) -> Experiment[DeepLinear]:
        return self._scalars(0.7, -0.6)

    def _scalars(self, u: float, v: float) -> Experiment[DeepLinear]:
        problem = Problem(np.array([[1.0], [-1.0]]), np.array([1, -1]))
        start = DeepLinear([np.array([[u]]), np.array([[v]])])
        flow = GradientFlow(rtol=1e-11, atol=1e-15, chart="parameters")
        return Experiment(start, Risk(problem, Exponential()), flow, until=15.0)
