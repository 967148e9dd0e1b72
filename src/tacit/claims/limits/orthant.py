"""Where diagonal networks end when the within-class scatter is invertible."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...oracles import fisher_direction, orthant_limit
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import (
    apart,
    balanced,
    deep,
    invertible,
    of_fisher,
    orthant_end,
)
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import (
    direction,
    of_network,
    on_cone,
    rounded,
    strayed,
    unmoved,
)
from ..measures.budgets import integration
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, LONG, unbalanced
from ..witnesses.draws import draw


def _told_apart(experiment: Experiment[Diagonal]) -> Hypothesis:
    text = "two classes; w0 has no zero and tells the classes apart"
    return Hypothesis(text, orthant_end(experiment) is not None)


class OrthantMaximiser(AbstractClaim[Diagonal]):
    r"""Balanced, every depth $L \ge 2$ ends at the maximiser of J in the orthant.

    Balance freezes the signs $\sigma$ of $w_0$ and the side of $\delta\cdot w_0$; on
    $\{\sigma_i w_i \ge 0\}$, $|a| / \sqrt b$ is quasi-concave, so its stationary point
    is unique. Neither depth nor the magnitudes of $w_0$ enter.
    """

    id: ClassVar[str] = "C1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-5

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield deep(experiment)
        yield balanced(experiment)
        yield _told_apart(experiment)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w0 = np.asarray(experiment.network.predictor())
        limit = orthant_limit(experiment.risk.problem, w0)
        return Forecast(limit.value, "the direction of w in the end", limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return direction(run)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return strayed(run.experiment, predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        best = self.forecast(run.experiment).value
        return on_cone(run, np.ones(len(best), bool), best), rounded(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        plain = fisher_direction(run.experiment.risk.problem).value
        yield Rival("depth leads to Fisher's direction, signs free", plain)
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        # An eliminated weight falls like t^(-L / (L - 2)): deeper takes longer.
        until = {2: 3e3, 3: 1e6}.get(self.depth, 1e8)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=until)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, _ = definite(seed)
        start = unbalanced(seed, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e4)


class OneLayerIsFisher(AbstractClaim[Diagonal]):
    r"""One layer ends at Fisher's $\pm S_w^{-1}\delta$, and keeps its length.

    Its flow is that of $w$ itself: no sign is frozen, and $\langle w, g \rangle = 0$.
    """

    id: ClassVar[str] = "C2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield Hypothesis("it has one layer", experiment.network.depth == 1)
        yield _told_apart(experiment)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w0 = np.asarray(experiment.network.predictor())
        limit = fisher_direction(experiment.risk.problem)
        side = np.sign(np.asarray(apart(experiment)) @ w0)
        value = side * np.linalg.norm(w0) * limit.value
        return Forecast(value, "w in the end, with its length", limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(run.network.predictor())

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        told, seen = (float(np.linalg.norm(w)) for w in (predicted, measured))
        return strayed(run.experiment, predicted, measured) + abs(seen / told - 1)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        return of_network(run), integration(run), rounded(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        told = self.forecast(run.experiment).value
        limit = orthant_end(run.experiment)
        if limit is not None:
            locked = limit.value * np.linalg.norm(told)
            yield Rival("its signs are frozen as those of deeper networks", locked)
        yield Rival("it ends at the difference of the means", _along(run, told))
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        # In the plain parameters, where nothing but the flow keeps the length.
        flow = GradientFlow(rtol=1e-11, atol=1e-13, chart="parameters")
        start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), flow, until=300.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=2)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=3e3)


class WeakFeaturesSurvive(AbstractClaim[Diagonal]):
    r"""Where $S_w \propto I$ and the signs are right, $w \to \delta$ at any depth.

    A feature of small $\delta_i$ ends at its share $\delta_i / \|\delta\|$: depth
    removes features of the wrong sign, not weak ones.
    """

    id: ClassVar[str] = "C6"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-9

    depth: int = 3

    weak: float = 0.5

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        yield invertible(experiment)
        delta = apart(experiment)
        yield Hypothesis("it has two classes", delta is not None)
        if delta is None:
            return
        within = np.asarray(experiment.risk.problem.within)
        uneven = np.abs(within - within[0, 0] * np.eye(len(within))).max()
        plain = bool(uneven <= 1e-12 * within[0, 0])
        yield Hypothesis("the within-class scatter is a multiple of 1", plain)
        useful = np.asarray(experiment.network.predictor()) * delta
        alike = bool(np.all(useful > 0) or np.all(useful < 0))
        yield Hypothesis("every weight starts with the useful sign", alike)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        delta = np.abs(np.asarray(apart(experiment)))
        signs = np.sign(np.asarray(experiment.network.predictor()))
        about = "the direction of w in the end"
        return Forecast(signs * delta / np.linalg.norm(delta), about)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return direction(run)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return strayed(run.experiment, predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        best = self.forecast(run.experiment).value
        locked = np.full(len(best), run.experiment.network.depth > 1)
        return on_cone(run, locked, best), rounded(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        told = self.forecast(run.experiment).value
        size = np.abs(told)
        thinned = np.where(size == size.min(), 0.0, told)
        yield Rival("the weakest feature is removed", thinned)
        sharp = told * size
        text = "weak features lose by the square of their share"
        yield Rival(text, sharp / np.linalg.norm(sharp))
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._two_features(1, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._two_features(-1, seed)

    def _two_features(self, sign, seed):
        weak, w0 = self.weak, np.array([0.7, 0.3])
        if seed is not None:
            rng = draw(1361, seed)
            weak, w0 = rng.uniform(0.1, 0.9), rng.uniform(0.1, 1, 2)
        delta = np.array([1.0, sign * weak])
        problem = Problem.from_scatter(within=np.eye(2), delta=delta)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e3)


def _along(run: Trajectory[Diagonal], told: np.ndarray) -> np.ndarray:
    """The difference of the means, on the side and at the length of `told`."""
    delta = np.asarray(apart(run.experiment))
    same = np.sign(delta @ told) * np.linalg.norm(told)
    return same * delta / np.linalg.norm(delta)
