"""When a criterion that is unbounded on singular data gets to infinity."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import FisherRatio, LinearPredictor
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import apart, balanced, kernel_end, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import integration, rounding
from ..measures.paths import over_time
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, definite, singular


SPEED_UP = {"neglog": 1, "ratio": 2}
"""The loss runs J to this power times faster than 1/J, along the same path."""

HIGHEST = 1e12
"""The J up to which its inverse is integrated; what is left is a share of 1e-12."""


def _ratio(experiment: Experiment[Diagonal], network: Diagonal) -> float:
    """J of the network."""
    contrast, w = apart(experiment), np.asarray(network.predictor())
    if contrast is None:
        return math.nan
    within = np.asarray(experiment.risk.problem.within)
    return float((contrast @ w) ** 2 / (w @ within @ w))


class FiniteBlowUp(AbstractClaim[Diagonal]):
    r"""On singular data $-\log J$ and $-J$ reach infinity at a finite time.

    All forms have the same path, and $1/J$ falls exponentially on its own clock $t$, so
    the time that the others take, $\int dt / J$ or $\int dt / J^2$, converges.
    """

    id: ClassVar[str] = "D2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-4

    form: str = "neglog"

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        forms = experiment.risk.loss.form in SPEED_UP
        yield Hypothesis("the loss is -log J or -J", forms)
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        text = "the kernel of the within-class scatter meets the open orthant of w0"
        yield Hypothesis(text, kernel_end(experiment) is not None)

    def predicted(self, run: Trajectory[Diagonal]) -> float:
        return self._whole(run).time

    def measured(self, run: Trajectory[Diagonal]) -> float:
        return float(run.times[-1])

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        whole = self._whole(run)
        reason = "what the integral gains beyond the J at the end of the run"
        text = "a run that goes on to a higher J"
        yield Term("what is left of the way", whole.left, reason, text)
        reason = "the spline through every other record against that through all"
        yield Term("the integral", whole.error / 8, reason, "nothing")
        yield integration(run, 10 * run.experiment.network.depth)
        yield rounding(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        yield Rival("with one power of J more", self._whole(run, 1).time)

    def _whole(self, run, shift=0):
        """The integral over the whole run of 1/J, what it lacks and its error."""
        power = SPEED_UP[run.experiment.risk.loss.form] + shift
        # Even in s = log(1 + t / unit): dense where J is small, far where it is large.
        # A J below 1 at the start is passed as much faster on the clock of 1/J.
        begin = _ratio(run.experiment, run.experiment.network)
        unit = float(run.times[-1]) * min(1.0, begin**power) / 4
        if not unit > 0:
            raise Unmeasured("the run has not begun")
        s = np.linspace(0.0, math.log1p(1e4 / unit), 400)
        times = unit * np.expm1(s)
        inverse = Risk(run.experiment.risk.problem, Fisher(form="inverse"))
        slow = Experiment(run.experiment.network, inverse, CLOSE, until=times[-1])
        other = train(slow, (FisherRatio(),), records=times)
        if not other.finite:
            raise Unmeasured(f"the flow of 1/J stops early: {other.reason}")
        J = np.asarray(other.seen["FisherRatio"])
        # Past it J is a difference that rounding has eaten, and may be below 0.
        far = np.flatnonzero(~(J < HIGHEST))
        s, J = (x[: far[0] + 1 if len(far) else None] for x in (s, J))
        total, error = over_time(s, J**-power * unit * np.exp(s))
        beyond = np.flatnonzero(0.999 * _ratio(run.experiment, run.network) <= J)
        left = math.inf
        if len(beyond):
            left = float(1 - total[max(beyond[0] - 1, 0)] / total[-1])
        return Whole(float(total[-1]), left, error)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = singular(seed, own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form=self.form), singular=True)
        level = 1e8 ** (1 / SPEED_UP[self.form])
        return Experiment(start, risk, CLOSE, until=Reaches(FisherRatio(), level))

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form=self.form))
        return Experiment(start, risk, CLOSE, until=1e5)


class Whole(NamedTuple):
    """The time to infinity; the share of it left at the end of the run; its error."""

    time: float
    left: float
    error: float


class RankOneBlowUp(AbstractClaim[Diagonal]):
    r"""With one layer and $S_w = c\,e e^\top$, $(e \cdot w)^2$ falls at speed 4.

    The loss is $-\log J$; $\frac{d}{dt} x^2 = -4 + 4 x\, (e \cdot \delta) / a$ for
    $x = e \cdot w$. Held against the time from 1e-6 to 1e-7 of the whole
    before the end.
    """

    id: ClassVar[str] = "D2b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-2

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        form = experiment.risk.loss.form
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(experiment)
        yield Hypothesis("it has one layer", experiment.network.depth == 1)
        two = apart(experiment) is not None
        yield Hypothesis("it has two classes", two)
        if not two:
            return
        sizes = np.linalg.eigvalsh(np.asarray(experiment.risk.problem.within))
        single = bool(np.sum(sizes > 1e-12 * sizes[-1]) == 1)
        yield Hypothesis("the within-class scatter has rank 1", single)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield Hypothesis(
            "the run ends with J above 1e8", _ratio(run.experiment, run.network) > 1e8
        )

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        del experiment
        about = "the speed at which the square of the within-class deviation falls"
        return Forecast(4.0, about)

    def measured(self, run: Trajectory[Diagonal]) -> float:
        times, x, _ = _last_of(run)
        return float((x[0] ** 2 - x[1] ** 2) / (times[1] - times[0]))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        times, x, slant = _last_of(run)
        reason = "the second term, at the x of the first time"
        size = float(np.max(np.abs(x * slant)))
        yield Term("what is left of the way", size, reason, "a run to a higher J")
        flow: Any = run.experiment.flow
        # The end is known to its rtol, and the times are counted back from it.
        share = float(20 * flow.rtol * run.times[-1] / (times[1] - times[0]))
        reason = "twenty steps at their rtol, over the time between the two"
        yield Term("integration", share, reason, "a smaller rtol")

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        del run
        yield Rival("at speed 2", 2.0)
        yield Rival("at speed 8, as with two layers", 8.0)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._rank_one(1, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return self._rank_one(2, seed)

    def _rank_one(self, depth, seed):
        problem, w0 = singular(seed, own=1102, rank=1)
        start = Diagonal.balanced(w0, depth=depth)
        risk = Risk(problem, Fisher(), singular=True)
        return Experiment(start, risk, CLOSE, until=Reaches(FisherRatio(), 1e10))


def _last_of(run: Trajectory[Diagonal]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Two times near the end; $x$ and $(e \cdot \delta) / a$ at them."""
    true, watch = run.experiment, (LinearPredictor(),)
    if not (isinstance(true.flow, GradientFlow) and run.times[-1] > 0):
        raise Unmeasured("the run has not begun")
    times = float(run.times[-1]) * np.array([1 - 1e-6, 1 - 1e-7])
    before = Experiment(true.network, true.risk, true.flow, until=times[-1])
    near = train(before, watch, records=times)
    if not near.finite:
        raise Unmeasured(f"the way to the end stops early: {near.reason}")
    w = np.asarray(near.seen["LinearPredictor"])
    sizes, vectors = np.linalg.eigh(np.asarray(true.risk.problem.within))
    e, delta = vectors[:, np.argmax(sizes)], apart(true)
    return times, w @ e, (e @ delta) / (w @ delta)
