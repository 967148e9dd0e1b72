"""Where a diagonal network ends when there are more than two classes."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, FisherRatio, LinearPredictor
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import balanced, deep, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow, settled
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import LONG, several_means


class EndsStationary(AbstractToleranceClaim[Diagonal]):
    r"""With any between-class scatter, J is stationary on the orthant at the limit.

    $\sigma_i w_i \ge 0$, $\sigma_i g_i \ge 0$, never both above 0. For class means on a
    line this has one solution; for others it has several, and which of them is reached
    depends on the magnitudes of the start.
    """

    id: ClassVar[str] = "C4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-6
    """The integrator's 1e-8 in the direction, times the condition of J's Hessian."""

    best: bool = False
    """Whether the limit is the best of all that starts in its orthant reach. False."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (EndsStationary(best=True),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield deep(experiment)
        yield balanced(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield settled(run, turn=self.tolerance / 10)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        w = run.network.predictor()
        length = float(np.linalg.norm(w))
        sign = np.sign(run.experiment.network.predictor())
        size = sign * np.asarray(w) / length
        slope = sign * np.asarray(run.experiment.risk.slope(w)) * length
        stray = float(np.max(np.abs(np.minimum(size, slope))))
        return max(stray, self._short(run)) if self.best else stray

    def _short(self, run):
        """By how much, relatively, another of twelve starts ends with a higher J."""
        true, watch = run.experiment, (FisherRatio(),)
        sign = np.sign(np.asarray(true.network.predictor()))
        rng = np.random.default_rng(0)
        depth, J = true.network.depth, []
        for w0 in rng.uniform(0.05, 1.5, (12, len(sign))) ** 2:
            start = Diagonal.balanced(sign * w0, depth=depth)
            other = Experiment(start, true.risk, LONG, until=true.until)
            J.append(float(train(other, watch, records=1).seen["FisherRatio"][-1]))
        end = Experiment(run.network, true.risk, LONG, until=0.0)
        mine = float(train(end, watch, records=1).seen["FisherRatio"][-1])
        return max(J) / mine - 1

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = several_means()
        start = Diagonal.balanced(w0, depth=2)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e5)

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = several_means()
        start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e5)
