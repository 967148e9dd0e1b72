"""Two unbalanced layers: the mirror flow of the hyperbolic entropy."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import scale_free
from ..hypotheses.flows import is_gradient_flow, resolved
from ..measures.paths import along, over_time, slopes
from ..papers import AZULAY, LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, FINE, unbalanced


SEED = 1007
"""Its start is far from where J = 0, so that 200 records resolve the slopes."""


class HyperbolicMirror(AbstractToleranceClaim[Diagonal]):
    r"""Two layers: $\operatorname{arcsinh}(2 w_i/|c_i|)/2 + \int_0^t g_i$ stays.

    $c = \theta_1^2 - \theta_2^2$ is constant and $\theta_1^2 + \theta_2^2 =
    \sqrt{4 w^2 + c^2}$, so $\dot w = -\sqrt{4 w^2 + c^2}\, g$ from any start, under any
    loss: a mirror flow, with a hyperbolic entropy of width $|c_i|$ for potential.
    """

    id: ClassVar[str] = "B10"
    source: ClassVar[Source] = Source(AZULAY, "", "quoted")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 200
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    pace: float = 0.5
    """The factor before the arcsinh; another number than 1/2 makes it false."""

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _two_layers(run.experiment)
        yield is_gradient_flow(run.experiment)
        different = bool(np.all(_imbalance(run.experiment)))
        yield Hypothesis("the two layers differ in every coordinate", different)
        times, w = along(run)
        yield resolved(over_time(times, slopes(run.experiment, w))[1])

    def gap(self, run: Trajectory[Diagonal]) -> float:
        times, w = along(run)
        width = np.maximum(np.abs(_imbalance(run.experiment)), np.finfo(float).tiny)
        dual = self.pace * np.arcsinh(2 * w / width)
        moved, _ = over_time(times, slopes(run.experiment, w))
        return float(np.max(np.abs(dual - dual[0] + moved)) / np.max(np.abs(dual)))

    def witness(self) -> Experiment[Diagonal]:
        problem, _ = definite(own=SEED)
        risk = Risk(problem, Fisher())
        return Experiment(unbalanced(own=SEED, depth=2), risk, FINE, until=0.5)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.5)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (HyperbolicMirror(pace=1.0),) if self.pace == 0.5 else ()


class HyperbolicNorm(AbstractToleranceClaim[Diagonal]):
    r"""If the loss is free of scale as well, $\sum_i \sqrt{4 w_i^2 + c_i^2}$ stays.

    It is $\|\theta_1\|^2 + \|\theta_2\|^2$ written in the predictor. For a balanced
    start, $c = 0$, it is twice the $\ell_1$ norm of $w$.
    """

    id: ClassVar[str] = "B10b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    width: float = 1.0
    """Factor on $c$; another number than 1 makes it false, 0 being the balanced law."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from _two_layers(experiment)
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        _, w = along(run)
        norm = np.sum(np.hypot(2 * w, self.width * _imbalance(run.experiment)), axis=1)
        return float(np.max(np.abs(norm / norm[0] - 1)))

    def witness(self) -> Experiment[Diagonal]:
        problem, _ = definite(own=SEED)
        risk = Risk(problem, Fisher())
        return Experiment(unbalanced(own=SEED, depth=2), risk, FINE, until=5.0)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, FINE, until=5.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (HyperbolicNorm(width=0.0),) if self.width else ()


def _two_layers(experiment):
    yield Hypothesis("there are two layers", experiment.network.depth == 2)


def _imbalance(experiment):
    layers = np.asarray(experiment.network.layers)
    return layers[0] ** 2 - layers[-1] ** 2
