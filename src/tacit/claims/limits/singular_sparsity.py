"""What depth does to sparsity when there are fewer samples than features."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...errors import DataError
from ...events import RiskBelow
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...oracles import orthant_limit, singular_limit
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import apart, balanced, deep, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..measures.sparsity import hoyer
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, few_of_many, LONG


class DeeperIsSparser(AbstractToleranceClaim[Diagonal]):
    r"""Where the kernel of $S_w$ meets the orthant, depth adds a little sparsity.

    On average over starts, Hoyer's sparsity of the limit at depth 8 is half a per cent
    or more above that at depth 2. A single start can go the other way: it is the mean
    over twelve with the signs of the run's, which is the first of them.
    """

    id: ClassVar[str] = "D4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    tolerance: float = 1e-6
    """That of the limits, which are known to 1e-7 or better."""

    depth: int = 8

    least: float = 0.005
    """The relative rise at least; that it is a half or more is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (DeeperIsSparser(depth=self.depth, least=0.5),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield deep(run.experiment)
        yield balanced(run.experiment)
        deeper = run.experiment.network.depth >= 8
        yield Hypothesis("it has eight layers or more", deeper)
        problem, w0 = run.experiment.risk.problem, run.experiment.network.predictor()
        try:
            end = singular_limit(problem, np.asarray(w0), run.experiment.network.depth)
        except DataError:
            end = None
        text = "the kernel of the within-class scatter meets the open orthant of w0"
        yield Hypothesis(text, end is not None)
        if end is not None:
            stray = np.abs(np.asarray(run.network.predictor()) - end.value).max()
            there = bool(stray < 1e-6 * np.abs(end.value).max())
            yield Hypothesis("the run has come to its limit", there)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        start = run.experiment.network
        if apart(run.experiment) is None:
            return math.nan
        w0, rng = np.asarray(start.predictor()), np.random.default_rng(0)
        shallow = [hoyer(self._limit(run, w0, 2))]
        deeper = [hoyer(np.asarray(run.network.predictor()))]
        for w in w0 * np.exp(0.7 * rng.standard_normal((11, len(w0)))):
            shallow.append(hoyer(self._limit(run, w, 2)))
            deeper.append(hoyer(self._limit(run, w, start.depth)))
        rise = np.mean(deeper) / np.mean(shallow) - 1
        return float(max(0.0, self.least - rise))

    def _limit(self, run, w0, depth):
        problem = run.experiment.risk.problem
        try:
            return singular_limit(problem, w0, depth).value
        except DataError:  # then depth does not matter
            return orthant_limit(problem, w0).value

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = few_of_many(n=12)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, CLOSE, until=RiskBelow(1e-18))

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = few_of_many(n=16)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, LONG, until=1e5)
