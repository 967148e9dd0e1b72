"""What the scale of the predictor says of the slope of the risk, at any point."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import AbstractLinearNetwork, DeepLinear
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import scale_free
from ..measures.paths import slopes
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, FINE


class SlopeIsTangent(AbstractToleranceClaim[AbstractLinearNetwork]):
    r"""If the loss is free of scale, $\langle w, g \rangle = 0$ at every predictor.

    It is the derivative of the risk along $c \mapsto c w$. An input ridge
    $S_w + \lambda I$ keeps the loss free of scale; a latent one does not.
    """

    id: ClassVar[str] = "A1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    tolerance: float = 1e-10
    """Rounding in one evaluation, 1e-16 times the condition of the scatter."""

    input_ridge: float = 0.0

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield scale_free(experiment)

    def gap(self, run: Trajectory) -> float:
        w, g = _at_start(run.experiment)
        return float(np.abs(np.sum(w * g)) / np.linalg.norm(w) / np.linalg.norm(g))

    def witness(self) -> Experiment:
        problem, _ = definite()
        loss = Fisher(input_ridge=self.input_ridge)
        return Experiment(_drawn(), Risk(problem, loss), FINE, until=0.0)

    def foil(self) -> Experiment:
        true = self.witness()
        ridged = Fisher(form="ratio", ridge=0.3)
        risk = Risk(true.risk.problem, ridged)
        return Experiment(true.network, risk, FINE, until=0.0)


class RidgePushesOut(AbstractToleranceClaim[AbstractLinearNetwork]):
    r"""With a latent ridge $\langle w, g \rangle = -2\lambda J_\lambda / b$ for $-J$.

    Here $b = w^\top S_w w + \lambda$ and $J_\lambda = w^\top S_b w / b$: the longer
    $w$ is, the less the ridge costs, so the flow never stops growing it.
    """

    id: ClassVar[str] = "A1b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    tolerance: float = 1e-10
    """Rounding in one evaluation, 1e-16 times the condition of the scatter."""

    felt: bool = True
    """Whether the ridge is in the formula; that the slope is tangent is false."""

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        ratio = isinstance(loss, Fisher) and loss.form == "ratio"
        yield Hypothesis("the loss is -J, Fisher's ratio", ratio)
        outer = not getattr(loss, "input_ridge", 0.0)
        yield Hypothesis("the ridge is not on the inputs", outer)

    def gap(self, run: Trajectory) -> float:
        problem, loss = run.experiment.risk.problem, run.experiment.risk.loss
        if not isinstance(loss, Fisher):
            return np.nan
        w, g = _at_start(run.experiment)
        ridge = loss.ridge * self.felt
        b = w @ np.asarray(problem.within) @ w + ridge
        law = -2 * ridge * np.sum((w @ np.asarray(problem.contrast)) ** 2) / b**2
        size = np.linalg.norm(w) * np.linalg.norm(g)
        return float(np.abs(np.sum(w * g) - law) / size)

    def witness(self) -> Experiment:
        problem, _ = definite()
        risk = Risk(problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(_drawn(), risk, FINE, until=0.0)

    def foil(self) -> Experiment:
        true = self.witness()
        risk = Risk(true.risk.problem, Fisher(ridge=0.3))
        return Experiment(true.network, risk, FINE, until=0.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (RidgePushesOut(felt=False),) if self.felt else ()


def _at_start(experiment):
    """The predictor at the start and the slope there."""
    w = np.asarray(experiment.network.predictor())
    return w, slopes(experiment, w[None])[0]


def _drawn():
    return DeepLinear([np.random.default_rng(1402).standard_normal((1, 7))])
