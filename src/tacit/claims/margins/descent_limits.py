"""Where descent by prescribed steps goes: the theorems on descent."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Descent, PrescribedSteps
from ...losses import AbstractMarginLoss, Logistic, PolynomialTail
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, TrainingRisk
from ...oracles import max_margin, separability
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.margins import (
    grown,
    logistic,
    of_margins,
    prescribed,
    separable,
    spanned,
    starts_well,
)
from ..measures.spectra import limit, spectra
from ..papers import JI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import (
    all_held,
    half_normal,
    mislabelled,
    rank_one,
    separable as separable_data,
)


class DescentAligns(AbstractToleranceClaim[DeepLinear]):
    r"""By prescribed steps, too, layers go to rank one and neighbours align.

    The conclusions of Theorem 1 for descent, under Assumptions 1, 2, 4 and 5. Limits
    are read off lines in $1/\|W_k\|_F^2$.
    """

    id: ClassVar[str] = "I6b"
    source: ClassVar[Source] = Source(JI, "Theorem 3", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), TrainingRisk())
    margin: ClassVar[float] = 5.0
    """After 3e5 steps |w| is 50: descent is exponentially slow."""

    tolerance: float = 0.02
    """The square of what layers lack of rank one at the end, a tenth."""

    ratio: float = 1.0
    """The claimed limit of the ratios of norms; another than 1 is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (DescentAligns(ratio=0.9),) if self.ratio == 1 else ()

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield of_margins(run.experiment)
        yield separable(run.experiment)
        yield from starts_well(run.experiment)
        yield prescribed(run.experiment)
        yield grown(run, 10.0)
        near = np.all(spectra(run).excess[-1] < 0.1)
        text = "every layer is within a tenth of rank one, so that its limit shows"
        yield Hypothesis(text, bool(near))

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        seen = spectra(run)
        layers = zip(seen.excess.T, seen.squares.T, strict=True)
        ratios = [limit(np.sqrt(1 - e), s) - self.ratio for e, s in layers]
        pairs = zip(seen.misalignment.T, seen.squares[:, 1:].T, strict=True)
        angles = [limit(m, s) for m, s in pairs]
        risks = np.asarray(run.seen["TrainingRisk"])
        return float(max(np.max(np.abs(ratios + angles)), risks[-1] / risks[0]))

    def witness(self) -> Experiment[DeepLinear]:
        problem = separable_data(2002)
        start = half_normal(problem, 5, 4, scale=0.2)
        flow = Descent(PrescribedSteps())
        return Experiment(start, Risk(problem, Logistic()), flow, until=300_000)

    def foil(self) -> Experiment[DeepLinear]:
        true = self.witness()
        risk = Risk(mislabelled(), Logistic())
        return Experiment(true.network, risk, true.flow, until=true.until)


class DescentFindsTheMargin(AbstractToleranceClaim[DeepLinear]):
    r"""By prescribed steps $w/\|w\|$ and $v_1$ tend to the direction of the margin.

    For the logistic loss, under Assumptions 2, 3 and 5. Limits are read off lines in
    $1/\|w\|$: the direction itself is far off after a million steps, since $\|w\|$
    grows like the logarithm of their number.
    """

    id: ClassVar[str] = "I6c"
    source: ClassVar[Source] = Source(JI, "Theorem 4", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    margin: ClassVar[float] = 5.0
    """A heavy tail ends less than a tenth of a radian away."""

    tolerance: float = 0.01
    """The second order: 3e5 steps bring |w| to 25 and the angle to 0.05, and a line
    leaves what two layers add to the residual, a tenth of that."""

    towards: str = "margin"
    """The claimed direction: that of the margin, or, wrongly, the "mean" sample's."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if self.towards != "margin":
            return ()
        return (dataclasses.replace(self, towards="mean"),)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield logistic(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)
        yield spanned(experiment)
        yield prescribed(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield grown(run, 10.0)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem = run.experiment.risk.problem
        if not separability(problem).separable:
            return 1.0
        aim = max_margin(problem).value
        if self.towards == "mean":
            aim = np.asarray(problem.y) @ np.asarray(problem.X)
            aim = aim / np.linalg.norm(aim)
        seen = spectra(run)
        unit = seen.predictor / seen.norm[:, None]
        ends = limit(unit, seen.norm), limit(seen.top, seen.norm)
        return float(max(np.linalg.norm(end - aim) for end in ends))

    def witness(self) -> Experiment[DeepLinear]:
        return self._descent(Logistic())

    def foil(self) -> Experiment[DeepLinear]:
        return self._descent(PolynomialTail(2.0))

    def _descent(self, loss: AbstractMarginLoss) -> Experiment[DeepLinear]:
        # All samples are at the margin: others would still be felt at this norm.
        problem = all_held()
        start, flow = rank_one(problem, 2), Descent(PrescribedSteps())
        return Experiment(start, Risk(problem, loss), flow, until=300_000)
