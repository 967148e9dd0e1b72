"""Where diagonal networks end when the within-class scatter is singular."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...events import RiskBelow
from ...experiment import Experiment
from ...flows import Descent
from ...losses import Fisher
from ...networks import Diagonal
from ...oracles.base import factor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, kernel_end, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import rounded, scatters, unmoved, way
from ..measures.budgets import coarseness, integration
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, singular


class KernelLimit(AbstractClaim[Diagonal]):
    r"""Where the kernel of $S_w$ meets the orthant, depth decides the limit in it.

    J is unbounded there. The flow moves $\Phi_L'(w)$ within the span of $S_w$'s range
    and $\delta$ only, so the limit is the point of the kernel nearest to $w_0$ in the
    Bregman divergence of $\Phi_L$, on the level of $\delta\cdot w$ that keeps
    $\sum_i |w_i|^{2/L}$.
    """

    id: ClassVar[str] = "D1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-6

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        text = "the kernel of the within-class scatter meets the open orthant of w0"
        yield Hypothesis(text, kernel_end(experiment) is not None)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        limit = kernel_end(experiment)
        if limit is None:
            raise Unmeasured("the kernel of the scatter misses the orthant")
        return Forecast(limit.value, "w in the end, with its length", limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.asarray(run.network.predictor())

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield _step_left(run)
        L = run.experiment.network.depth
        least = np.min(np.abs(np.asarray(run.experiment.network.predictor())))
        # Along the kernel nothing brings back what a step is off by.
        yield integration(run, L * coarseness(run, least ** (1 / L)), adding=1.0)
        yield rounded(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        for shift, other in ((1, "more"), (-1, "less")):
            if run.experiment.network.depth + shift > 0:
                limit = kernel_end(run.experiment, shift)
                if limit is not None:
                    text = f"it is the limit of one layer {other}"
                    yield Rival(text, limit.value)
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = singular(seed, own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, CLOSE, until=RiskBelow(1e-20))

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        layers = np.array(true.network.layers)
        lever = np.linspace(0.5, 2, layers.shape[1])
        if self.depth == 1:  # where nothing can be out of balance
            return Experiment(true.network, true.risk, Descent(0.05), until=4000)
        layers[0], layers[1] = layers[0] * lever, layers[1] / lever
        return Experiment(Diagonal(layers), true.risk, CLOSE, until=true.until)


def _step_left(run: Trajectory[Diagonal]) -> Term:
    r"""Newton's step from the end of the run to the kernel, at the size it has.

    Along the surface that the flow keeps to, $\Phi_L'(w_0)$ plus the range of $S_w$
    and $\delta$. Doubled: near its root Newton's method errs by less than it moves.
    """
    S, delta = scatters(run.experiment)
    w, L = np.asarray(run.network.predictor()), run.experiment.network.depth
    walls = np.linalg.qr(factor(S).T)[0].T
    pull = delta - walls.T @ (walls @ delta)
    rows = np.vstack([walls, pull / np.linalg.norm(pull)])
    bend = L * np.abs(w) ** (2 - 2 / L)
    miss = np.append(walls @ w, 0.0)
    jacobian = np.vstack([(walls * bend) @ rows.T, rows @ w])
    step = bend * (rows.T @ np.linalg.lstsq(jacobian, miss)[0])
    share = float(np.abs(step).max() / np.abs(w).max())
    return way(2 * share if share < 0.1 else np.inf)
