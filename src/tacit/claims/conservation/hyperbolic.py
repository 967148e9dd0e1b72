"""Two unbalanced layers: the mirror flow of the hyperbolic entropy."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import integration, quadrature, rounding
from ..measures.paths import along, over_time, slopes
from ..papers import AZULAY, LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, FINE, unbalanced


SEED = 1007
"""Its start is far from where J = 0, so that 200 records resolve the slopes."""


class HyperbolicMirror(AbstractClaim[Diagonal]):
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
    sees: ClassVar[float] = 1e-6

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield _two_layers(experiment)
        yield is_gradient_flow(experiment)
        different = bool(np.all(_imbalance(experiment)))
        yield Hypothesis("the two layers differ in every coordinate", different)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self.measured(run)[:1] - self._pushed(run)[0]

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.arcsinh(2 * along(run)[1] / _width(run)) / 2

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        w, width = np.abs(along(run)[1]), _width(run)
        pushed, error = self._pushed(run)
        size = np.max(np.abs(self.measured(run)))
        # The layers are followed to rtol: w is off by that part of it, the width by
        # that part of the sum of their squares, which turns the arcsinh by w / c.
        growth = float(np.max(2 * w / np.hypot(2 * w, width) + 2 * w / width) / size)
        yield quadrature(error, np.max(np.abs(pushed)) / size)
        yield integration(run, growth)
        yield rounding(run, growth)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        start, (pushed, _) = self.measured(run)[:1], self._pushed(run)
        yield Rival(
            "the arcsinh itself is the dual, not half of it", start - 2 * pushed
        )

    def _pushed(self, run):
        times, w = along(run)
        return over_time(times, slopes(run.experiment, w))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, _ = definite(seed, own=SEED)
        start = unbalanced(seed, own=SEED, depth=2)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.5)


class HyperbolicNorm(AbstractClaim[Diagonal]):
    r"""If the loss is free of scale as well, $\sum_i \sqrt{4 w_i^2 + c_i^2}$ stays.

    It is $\|\theta_1\|^2 + \|\theta_2\|^2$ written in the predictor. For a balanced
    start, $c = 0$, it is twice the $\ell_1$ norm of $w$.
    """

    id: ClassVar[str] = "B10b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield _two_layers(experiment)
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w = np.asarray(experiment.network.predictor())
        about = "the sum of the roots of 4 w² + c², all along"
        return Forecast(_norm(w, _imbalance(experiment)), about)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _norm(np.asarray(run.seen["LinearPredictor"]), _width(run))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        return integration(run, 2), rounding(run, 2)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        start = np.asarray(run.experiment.network.predictor())
        w = np.asarray(run.seen["LinearPredictor"])
        # As it would be at the direction it has, had another norm of w been kept.
        kept = w * (np.linalg.norm(start) / np.linalg.norm(w, axis=1))[:, None]
        yield Rival("the Euclidean norm of w stays", _norm(kept, _width(run)))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, _ = definite(seed, own=SEED)
        start = unbalanced(seed, own=SEED, depth=2)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(true.network, ridged, FINE, until=5.0)


def _two_layers(experiment: Experiment[Diagonal]) -> Hypothesis:
    return Hypothesis("there are two layers", experiment.network.depth == 2)


def _imbalance(experiment: Experiment[Diagonal]) -> np.ndarray:
    layers = np.asarray(experiment.network.layers)
    return layers[0] ** 2 - layers[-1] ** 2


def _width(run: Trajectory[Diagonal]) -> np.ndarray:
    return np.abs(_imbalance(run.experiment))


def _norm(w: np.ndarray, c: np.ndarray) -> Any:
    return np.sum(np.hypot(2 * w, c), axis=-1)
