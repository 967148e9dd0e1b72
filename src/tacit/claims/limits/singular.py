"""Where diagonal networks end when the within-class scatter is singular."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...errors import DataError
from ...events import RiskBelow
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import singular_limit, SingularLimit
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import apart, balanced, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, LONG, singular


class KernelLimit(AbstractToleranceClaim[Diagonal]):
    r"""Where the kernel of $S_w$ meets the orthant, depth decides the limit in it.

    J is unbounded there. The flow moves $\Phi_L'(w)$ within the span of $S_w$'s range
    and $\delta$ only, so the limit is the point of the kernel nearest to $w_0$ in the
    Bregman divergence of $\Phi_L$, on the level of $\delta\cdot w$ that keeps
    $\sum_i |w_i|^{2/L}$.
    """

    id: ClassVar[str] = "D1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-7
    """Integration at rtol 1e-11 over some 500 steps; 1/J stops at 1e-20."""

    depth: int = 3

    shift: int = 0
    """Added to the depth in the prediction; another number than 0 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (KernelLimit(depth=self.depth, shift=1),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield balanced(run.experiment)
        text = "the kernel of the within-class scatter meets the open orthant of w0"
        yield Hypothesis(text, _kernel_end(run.experiment) is not None)
        inverse, rounding = _inverse(run)
        text = "the run ends with 1/J below 1e-15, or within its rounding"
        yield Hypothesis(text, inverse < max(1e-15, rounding))

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit = _kernel_end(run.experiment, self.shift)
        if limit is None:
            return math.nan
        stray = np.abs(np.asarray(run.network.predictor()) - limit.value)
        return float(np.max(stray) / np.max(np.abs(limit.value)))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = singular(own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, CLOSE, until=RiskBelow(1e-20))

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = singular(own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse", input_ridge=0.1))
        return Experiment(start, risk, LONG, until=1e4)


def _kernel_end(
    experiment: Experiment[Diagonal], shift: int = 0
) -> SingularLimit | None:
    """The limit of `tacit.oracles.singular_limit`; None where it has none."""
    start = experiment.network
    w0, depth = np.asarray(start.predictor()), start.depth + shift
    try:
        return singular_limit(experiment.risk.problem, w0, depth)
    except DataError:
        return None


def _inverse(run: Trajectory[Diagonal]) -> tuple[float, float]:
    """1/J at the end of the run, and what rounding the scatter alone makes of it."""
    contrast, w = apart(run.experiment), np.asarray(run.network.predictor())
    if contrast is None:
        return math.inf, 0.0
    within = np.asarray(run.experiment.risk.problem.within)
    between, size = (contrast @ w) ** 2, np.abs(w) @ np.abs(within) @ np.abs(w)
    return float(w @ within @ w / between), float(np.finfo(float).eps * size / between)
