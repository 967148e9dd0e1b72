"""When a criterion that is unbounded on singular data gets to infinity."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import FisherRatio, LinearPredictor
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import apart
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import over_time
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, definite, singular


SPEED_UP = {"neglog": 1, "ratio": 2}
"""The loss runs J to this power times faster than 1/J, along the same path."""


def _unbounded(run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
    loss = run.experiment.risk.loss
    plain = isinstance(loss, Fisher) and not (loss.ridge or loss.input_ridge)
    power = SPEED_UP.get(getattr(loss, "form", ""), 0)
    forms = plain and power > 0
    yield Hypothesis("the loss is -log J or -J, without a ridge", forms)
    yield is_gradient_flow(run.experiment)
    far = _ratio(run) ** max(power, 1) > 1e8
    yield Hypothesis("the run ends with J, or J squared for -J, above 1e8", far)


def _ratio(run: Trajectory[Diagonal]) -> float:
    """J at the end of the run."""
    contrast, w = apart(run.experiment), np.asarray(run.network.predictor())
    if contrast is None:
        return math.nan
    within = np.asarray(run.experiment.risk.problem.within)
    return float((contrast @ w) ** 2 / (w @ within @ w))


class FiniteBlowUp(AbstractToleranceClaim[Diagonal]):
    r"""On singular data $-\log J$ and $-J$ reach infinity at a finite time.

    All forms have the same path, and $1/J$ falls exponentially on its own clock $t$, so
    the time that the others take, $\int dt / J$ or $\int dt / J^2$, converges.
    """

    id: ClassVar[str] = "D2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    tolerance: float = 1e-6
    """That of the integral; what is left of the run by then is less."""

    form: str = "neglog"

    shift: int = 0
    """Added to the power of J; another number than 0 makes it false."""

    depth: int = 3

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (FiniteBlowUp(form=self.form, shift=1, depth=self.depth),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _unbounded(run)
        error = self._whole(run)[1]
        yield Hypothesis("the run of 1/J is followed closely enough", error < 256e-7)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        whole = self._whole(run)[0]
        return abs(whole / float(run.times[-1]) - 1) if whole > 0 else math.nan

    def _whole(self, run):
        """The integral over the whole run of 1/J, and its relative error."""
        loss, problem = run.experiment.risk.loss, run.experiment.risk.problem
        power = SPEED_UP.get(getattr(loss, "form", ""), 0) + self.shift
        if not power or apart(run.experiment) is None or not run.times[-1] > 0:
            return math.nan, math.inf
        # Even in s = log(1 + t / unit): dense where J is small, far where it is large.
        unit = float(run.times[-1]) / 4
        s = np.linspace(0.0, math.log1p(1e4 / unit), 400)
        times, inverse = unit * np.expm1(s), Risk(problem, Fisher(form="inverse"))
        slow = Experiment(run.experiment.network, inverse, CLOSE, until=times[-1])
        seen = train(slow, (FisherRatio(),), records=times).seen["FisherRatio"]
        pace = np.asarray(seen) ** -power * unit * np.exp(s)
        total, error = over_time(s, pace)
        return float(total[-1]), error

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = singular(own=1102)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form=self.form), singular=True)
        level = 1e10 ** (1 / SPEED_UP[self.form])
        return Experiment(start, risk, CLOSE, until=Reaches(FisherRatio(), level))

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = definite()
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form=self.form))
        return Experiment(start, risk, CLOSE, until=5.0)


class RankOneBlowUp(AbstractToleranceClaim[Diagonal]):
    r"""With one layer and $S_w = c\,e e^\top$, $(e \cdot w)^2$ falls at speed 4.

    The loss is $-\log J$; $\frac{d}{dt} x^2 = -4 + 4 x\, (e \cdot \delta) / a$ for
    $x = e \cdot w$. Held against the time from 1e-6 to 1e-7 of the whole
    before the end.
    """

    id: ClassVar[str] = "D2b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    tolerance: float = 0.01
    """What the second term still adds where x is some thousandths of its start."""

    margin: ClassVar[float] = 10.0
    """Other speeds differ by a factor of order 1."""

    speed: float = 4.0
    """Of $x^2$; another number than 4 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (RankOneBlowUp(speed=2.0),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield from _unbounded(run)
        form = getattr(run.experiment.risk.loss, "form", None)
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield Hypothesis("it has one layer", run.experiment.network.depth == 1)
        two = apart(run.experiment) is not None
        yield Hypothesis("it has two classes", two)
        if not two:
            return
        sizes = np.linalg.eigvalsh(np.asarray(run.experiment.risk.problem.within))
        single = bool(np.sum(sizes > 1e-12 * sizes[-1]) == 1)
        yield Hypothesis("the within-class scatter has rank 1", single)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        true, watch = run.experiment, (LinearPredictor(),)
        flows = isinstance(true.flow, GradientFlow) and run.times[-1] > 0
        if apart(run.experiment) is None or not flows:
            return math.nan
        times = float(run.times[-1]) * np.array([1 - 1e-6, 1 - 1e-7])
        before = Experiment(true.network, true.risk, true.flow, until=times[-1])
        w = np.asarray(train(before, watch, records=times).seen["LinearPredictor"])
        sizes, vectors = np.linalg.eigh(np.asarray(true.risk.problem.within))
        x = w @ vectors[:, np.argmax(sizes)]
        return abs(float((x[0] ** 2 - x[1] ** 2) / np.diff(times)[0] / self.speed - 1))

    def witness(self) -> Experiment[Diagonal]:
        return self._rank_one(1)

    def foil(self) -> Experiment[Diagonal]:
        return self._rank_one(2)

    def _rank_one(self, depth):
        problem, w0 = singular(own=1102, rank=1)
        start = Diagonal.balanced(w0, depth=depth)
        risk = Risk(problem, Fisher(), singular=True)
        return Experiment(start, risk, CLOSE, until=Reaches(FisherRatio(), 1e10))
