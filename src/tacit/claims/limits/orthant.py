"""Where diagonal networks end when the within-class scatter is invertible."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import (
    apart,
    balanced,
    deep,
    invertible,
    of_fisher,
    orthant_end,
)
from ..hypotheses.flows import is_gradient_flow, settled
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, LONG, unbalanced


def _off(run: Trajectory[Diagonal], *, locked: bool) -> float:
    """1 - |cos| between the end and the maximiser of J, signs locked or not."""
    w = np.asarray(run.network.predictor())
    limit = orthant_end(run.experiment, None if locked else np.ones(len(w), bool))
    if limit is None:
        return math.nan
    return 1 - abs(float(w @ limit.value)) / float(np.linalg.norm(w))


def _maximised(experiment: Experiment[Diagonal]) -> Hypothesis:
    text = "two classes; w0 has no zero and tells the classes apart"
    return Hypothesis(text, orthant_end(experiment) is not None)


class OrthantMaximiser(AbstractToleranceClaim[Diagonal]):
    r"""Balanced, every depth $L \ge 2$ ends at the maximiser of J in the orthant.

    Balance freezes the signs $\sigma$ of $w_0$ and the side of $\delta\cdot w_0$; on
    $\{\sigma_i w_i \ge 0\}$, $|a| / \sqrt b$ is quasi-concave, so its stationary point
    is unique. Neither depth nor the magnitudes of $w_0$ enter.
    """

    id: ClassVar[str] = "C1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-8
    """$1 - |\\cos|$ of a direction that still turns by less than 1e-4."""

    depth: int = 3

    locked: bool = True
    """Whether signs are frozen. That depth leads to plain LDA is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (OrthantMaximiser(depth=self.depth, locked=False),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield deep(experiment)
        yield balanced(experiment)
        yield _maximised(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield settled(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        return _off(run, locked=self.locked)

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=self.depth)
        # An eliminated weight falls like t^(-L / (L - 2)): deeper takes longer.
        until = {2: 3e3, 3: 1e6}.get(self.depth, 1e8)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=until)

    def foil(self) -> Experiment[Diagonal]:
        problem, _ = definite()
        start = unbalanced(depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e4)


class OneLayerIsFisher(AbstractToleranceClaim[Diagonal]):
    r"""One layer ends at Fisher's $\pm S_w^{-1}\delta$, and keeps its length.

    Its flow is that of $w$ itself: no sign is frozen, and $\langle w, g \rangle = 0$.
    """

    id: ClassVar[str] = "C2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-8
    """$1 - |\\cos|$ of a direction that still turns by less than 1e-4."""

    locked: bool = False
    """Whether the limit is that of the deeper networks. False."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (OneLayerIsFisher(locked=True),)

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield Hypothesis("it has one layer", len(experiment.network.layers) == 1)
        yield _maximised(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield settled(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        start = run.experiment.network.predictor()
        lengths = [float(np.linalg.norm(w)) for w in (start, run.network.predictor())]
        return max(_off(run, locked=self.locked), abs(lengths[1] / lengths[0] - 1))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        # In the plain parameters, where nothing but the flow keeps the length.
        flow = GradientFlow(rtol=1e-11, atol=1e-13, chart="parameters")
        start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), flow, until=300.0)

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=2)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=3e3)


class WeakFeaturesSurvive(AbstractToleranceClaim[Diagonal]):
    r"""Where $S_w \propto I$ and the signs are right, $w \to \delta$ at any depth.

    A feature of small $\delta_i$ ends at its share $\delta_i / \|\delta\|$: depth
    removes features of the wrong sign, not weak ones.
    """

    id: ClassVar[str] = "C6"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-8
    """The integrator's; what is left of the run falls exponentially below it."""

    depth: int = 3

    weak: float = 0.5

    thinned: bool = False
    """Whether the weaker feature of two is removed. False."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (WeakFeaturesSurvive(depth=self.depth, weak=self.weak, thinned=True),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield balanced(run.experiment)
        yield invertible(run.experiment)
        delta = apart(run.experiment)
        yield Hypothesis("it has two classes", delta is not None)
        if delta is None:
            return
        within = np.asarray(run.experiment.risk.problem.within)
        uneven = np.abs(within - within[0, 0] * np.eye(len(within))).max()
        plain = bool(uneven <= 1e-12 * within[0, 0])
        yield Hypothesis("the within-class scatter is a multiple of 1", plain)
        useful = np.asarray(run.experiment.network.predictor()) * delta
        alike = bool(np.all(useful > 0) or np.all(useful < 0))
        yield Hypothesis("every weight starts with the useful sign", alike)
        yield settled(run, turn=self.tolerance)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        w, delta = np.abs(np.asarray(run.network.predictor())), apart(run.experiment)
        if delta is None:
            return math.nan
        delta = np.abs(delta)
        if self.thinned:
            delta = np.where(delta == delta.min(), 0.0, delta)
        share = w / np.linalg.norm(w) - delta / np.linalg.norm(delta)
        return float(np.max(np.abs(share)))

    def witness(self) -> Experiment[Diagonal]:
        return self._two_features(self.weak)

    def foil(self) -> Experiment[Diagonal]:
        return self._two_features(-self.weak)

    def _two_features(self, second):
        delta, w0 = np.array([1.0, second]), np.array([0.7, 0.3])
        problem = Problem.from_scatter(within=np.eye(2), delta=delta)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e3)
