"""How fast a diagonal network ends where no weight is eliminated."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import fisher_direction, OrthantLimit
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import balanced, invertible, of_fisher, orthant_end
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import along
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, definite


class SlowestRate(AbstractToleranceClaim[Diagonal]):
    r"""Where no weight is eliminated, $\log(J^*/J)$ falls at the rate $2\lambda_2$.

    $\lambda_2$ is the second eigenvalue of $D^{1/2} H D^{1/2}$, with $H$ the Hessian of
    $-\log J$ at the limit and $D = \mathrm{diag}(L |w|^{2-2/L})$; the first is 0, that
    of the scale. Held against the last quarter of the run.
    """

    id: ClassVar[str] = "C3b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 0.01
    """What the second slowest rate may still weigh in a finite window."""

    margin: ClassVar[float] = 10.0
    """Neighbouring eigenvalues, and so rival rates, differ by a factor of order 1."""

    depth: int = 3

    order: int = 1
    """Which eigenvalue, counted from 0; another than 1 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SlowestRate(depth=self.depth, order=2),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        form = getattr(run.experiment.risk.loss, "form", None)
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(run.experiment)
        yield invertible(run.experiment)
        yield balanced(run.experiment)
        limit = orthant_end(run.experiment)
        whole = limit is not None and bool(limit.support.all())
        yield Hypothesis("the limit eliminates no weight", whole)
        if limit is None or not whole:
            return
        rates, left = self._rates(run, limit), self._left(run, limit)
        late = 2 * np.diff(rates[1:3]) * 0.75 * np.asarray(run.times)[-1] > 5
        yield Hypothesis("the second slowest rate has died out", bool(np.all(late)))
        seen = float(left.min()) > 1e-18
        yield Hypothesis("the run ends before rounding does", seen)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit = orthant_end(run.experiment)
        if limit is None:
            return math.nan
        times, left = along(run)[0], self._left(run, limit)
        late = times >= 0.75 * times[-1]
        span = times[late][-1] - times[late][0]
        rate = np.log(left[late][0] / left[late][-1]) / span
        return abs(float(2 * self._rates(run, limit)[self.order] / rate - 1))

    def _rates(self, run: Trajectory[Diagonal], limit: OrthantLimit) -> np.ndarray:
        """The eigenvalues of D^½ H D^½ at the limit, in its true scale."""
        problem, start = run.experiment.risk.problem, run.experiment.network
        w, power = limit.value, 2 / len(start.layers)
        sizes = [np.sum(np.abs(x) ** power) for x in (start.predictor(), w)]
        w = w * (sizes[0] / sizes[1]) ** (1 / power)
        S, B = np.asarray(problem.within), np.asarray(problem.between)
        H = 2 * (S / (w @ S @ w) - B / (w @ B @ w))
        root = np.sqrt(2 / power) * np.abs(w) ** (1 - power / 2)
        return np.linalg.eigvalsh(H * np.outer(root, root))

    def _left(self, run: Trajectory[Diagonal], limit: OrthantLimit) -> np.ndarray:
        r"""$\log(J^*/J)$, from the distance to the limit: J alone would lose it."""
        problem, end, w = run.experiment.risk.problem, limit.value, along(run)[1]
        S, B = np.asarray(problem.within), np.asarray(problem.between)
        share = (w @ end)[:, None]
        off, M = w - share * end, limit.objective * S - B
        lost = np.sum(off @ M * (off + 2 * share * end), axis=1)
        spread = limit.objective * np.sum(w @ S * w, axis=1)
        return -np.log1p(-lost / spread)

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(
            w0 * np.sign(fisher_direction(problem).value), depth=self.depth
        )
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=22.0)

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=22.0)
