"""What the scale of the predictor says of the slope of the risk, at any point."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import AbstractLinearNetwork, DeepLinear
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..measures.budgets import EPS
from ..measures.paths import along, slope_size, slopes
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, FINE
from ..witnesses.draws import draw


class SlopeIsTangent(AbstractClaim[AbstractLinearNetwork]):
    r"""If the loss is free of scale, $\langle w, g \rangle = 0$ at every predictor.

    It is the derivative of the risk along $c \mapsto c w$. An input ridge
    $S_w + \lambda I$ keeps the loss free of scale; a latent one does not. Held against
    all predictors that a run has recorded.
    """

    id: ClassVar[str] = "A1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-10

    input_ridge: float = 0.0
    """That of the witness."""

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield scale_free(experiment)

    def forecast(self, experiment: Experiment) -> Forecast:
        del experiment
        return Forecast(0.0, "the slope along the predictor, all along")

    def measured(self, run: Trajectory) -> np.ndarray:
        return _radial(run)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        return float(np.max(np.abs(measured - predicted)) / _size(run))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        return (_cancelled(run),)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        w, g = _states(run)
        lean = np.linalg.norm(w, axis=1) * np.linalg.norm(g, axis=1)
        yield Rival("the slope leans inwards by a hundredth", lean / 100)

    def witness(self, seed: int | None = None) -> Experiment:
        problem, _ = definite(seed)
        loss = Fisher(input_ridge=self.input_ridge)
        return Experiment(_drawn(seed), Risk(problem, loss), FINE, until=0.0)

    def foil(self, seed: int | None = None) -> Experiment:
        true = self.witness(seed)
        ridged = Fisher(form="ratio", ridge=0.3)
        risk = Risk(true.risk.problem, ridged)
        return Experiment(true.network, risk, FINE, until=0.0)


class RidgePushesOut(AbstractClaim[AbstractLinearNetwork]):
    r"""With a latent ridge $\langle w, g \rangle = -2\lambda J_\lambda / b$ for $-J$.

    Here $b = w^\top S_w w + \lambda$ and $J_\lambda = w^\top S_b w / b$: the longer
    $w$ is, the less the ridge costs, so the flow never stops growing it. Held against
    all predictors that a run has recorded.
    """

    id: ClassVar[str] = "A1b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-10

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        ratio = isinstance(loss, Fisher) and loss.form == "ratio"
        yield Hypothesis("the loss is -J, Fisher's ratio", ratio)
        outer = not loss.input_ridge
        yield Hypothesis("the ridge is not on the inputs", outer)

    def predicted(self, run: Trajectory) -> np.ndarray:
        problem, (w, _) = run.experiment.risk.problem, _states(run)
        ridge = run.experiment.risk.loss.ridge
        b = np.sum((w @ np.asarray(problem.within)) * w, axis=1) + ridge
        a2 = np.sum((w @ np.asarray(problem.contrast)) ** 2, axis=1)
        return -2 * ridge * a2 / b**2

    def measured(self, run: Trajectory) -> np.ndarray:
        return _radial(run)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        # In units of the whole slope: without a ridge there is none along w.
        return float(np.max(np.abs(measured - predicted)) / _size(run))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        return (_cancelled(run),)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        law = self.predicted(run)
        yield Rival("the slope is tangent all the same", 0 * law)
        yield Rival("the factor 2 is missing", law / 2)

    def witness(self, seed: int | None = None) -> Experiment:
        problem, _ = definite(seed)
        risk = Risk(problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(_drawn(seed), risk, FINE, until=0.0)

    def foil(self, seed: int | None = None) -> Experiment:
        true = self.witness(seed)
        risk = Risk(true.risk.problem, Fisher(ridge=0.3))
        return Experiment(true.network, risk, FINE, until=0.0)


def _states(run: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """The predictor and the slope at every record, a row for each."""
    _, w = along(run)
    g = slopes(run.experiment, w)
    return w.reshape(len(w), -1), g.reshape(len(w), -1)


def _radial(run: Trajectory) -> np.ndarray:
    w, g = _states(run)
    return np.sum(w * g, axis=1)


def _size(run: Trajectory) -> float:
    """The length of the predictor times that of a slope of which nothing cancels."""
    _, w = along(run)
    longest = np.max(np.linalg.norm(w.reshape(len(w), -1), axis=1))
    return float(longest * slope_size(run.experiment, w))


def _cancelled(run: Trajectory) -> Term:
    """What rounding leaves of a slope that cancels, per feature and output."""
    entries = np.asarray(run.experiment.network.predictor()).size
    condition = np.linalg.cond(np.asarray(run.experiment.risk.problem.within))
    size = EPS * entries * min(float(condition), 1e6)
    reason = "float64 in one gradient, through the scatter"
    return Term("rounding", size, reason, "a better conditioned scatter")


def _drawn(seed: int | None) -> DeepLinear:
    return DeepLinear([draw(1402, seed).standard_normal((1, 7))])
