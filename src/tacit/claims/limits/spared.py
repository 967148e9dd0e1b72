"""Where the kernel of the within-class scatter keeps clear of the orthant."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...oracles import orthant_limit
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, deep, of_fisher, orthant_end
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import (
    direction,
    on_cone,
    rounded,
    scatters,
    strayed_singular,
    unmoved,
)
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import LONG, singular, spared


class SparedByKernel(AbstractClaim[Diagonal]):
    r"""Where the kernel of $S_w$ misses the closed orthant, depth does not matter.

    J is bounded on the orthant, and everything is as for an invertible scatter.
    """

    id: ClassVar[str] = "D3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 2e-2

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield deep(experiment)
        yield balanced(experiment)
        text = "two classes, and the kernel of the scatter misses the orthant of w0"
        yield Hypothesis(text, orthant_end(experiment) is not None)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w0 = np.asarray(experiment.network.predictor())
        limit = orthant_limit(experiment.risk.problem, w0)
        return Forecast(limit.value, "the direction of w in the end", limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return direction(run)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return strayed_singular(run.experiment, predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        best = self.forecast(run.experiment).value
        left, small = on_cone(run, np.ones(len(best), bool), best), rounded(run)
        # The distance is a root: of what rounding leaves of a product that is 0.
        return left, small._replace(size=float(np.sqrt(small.size)))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        within, contrast = scatters(run.experiment)
        pseudo = np.linalg.pinv(within, rcond=1e-10, hermitian=True) @ contrast
        yield Rival("it ends along the pseudo-inverse", pseudo)
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = spared(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(), singular=True)
        until = {2: 1e5, 3: 1e6}.get(self.depth, 1e8)
        return Experiment(start, risk, LONG, until=until)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = singular(seed, own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, LONG, until=1e3)
