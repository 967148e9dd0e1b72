"""Where diagonal networks end when the within-class scatter is singular."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import scipy.optimize

from ...errors import DataError
from ...events import RiskBelow
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import singular_limit, SingularLimit
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import apart, balanced, deep, of_fisher, orthant_end
from ..hypotheses.flows import is_gradient_flow, settled
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, LONG, singular, spared


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


class SparedByKernel(AbstractToleranceClaim[Diagonal]):
    r"""Where the kernel of $S_w$ misses the closed orthant, depth does not matter.

    J is bounded on the orthant, and everything is as for an invertible scatter.
    """

    id: ClassVar[str] = "D3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-8
    """$1 - |\\cos|$ of a direction that still turns by less than 1e-4."""

    depth: int = 3

    pseudo: bool = False
    """Whether the limit is along the pseudo-inverse, $S_w^+\\delta$. False."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SparedByKernel(depth=self.depth, pseudo=True),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield deep(run.experiment)
        yield balanced(run.experiment)
        text = "two classes, and the kernel of the scatter misses the orthant of w0"
        yield Hypothesis(text, orthant_end(run.experiment) is not None)
        yield settled(run)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        contrast = apart(run.experiment)
        if contrast is None:
            return math.nan
        within = np.asarray(run.experiment.risk.problem.within)
        sign = np.sign(np.asarray(run.experiment.network.predictor()))
        pull = sign * contrast * np.sign(contrast @ run.experiment.network.predictor())
        limit = sign * _nonnegative(within * np.outer(sign, sign), pull)
        if self.pseudo:
            limit = np.linalg.pinv(within, rcond=1e-10, hermitian=True) @ contrast
        w = np.asarray(run.network.predictor())
        cosine = w @ limit / (np.linalg.norm(w) * np.linalg.norm(limit))
        return 1 - abs(float(cosine))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = spared()
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(), singular=True)
        until = {2: 1e5, 3: 1e6}.get(self.depth, 1e8)
        return Experiment(start, risk, LONG, until=until)

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = singular(own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, LONG, until=1e3)


def _nonnegative(within: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """The `v >= 0` of least $v^T S_w v + (pull v - 1)^2$: J's maximiser, unscaled."""
    sizes, vectors = np.linalg.eigh(within)
    kept = sizes > 1e-12 * sizes[-1]
    rows = (vectors[:, kept] * np.sqrt(sizes[kept])).T
    rows = np.vstack([rows, pull])
    return scipy.optimize.nnls(rows, np.append(np.zeros(len(rows) - 1), 1.0))[0]
