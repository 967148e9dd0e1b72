"""What depth does to the number of features that are used in the end."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, FisherRatio, LinearPredictor
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import (
    balanced,
    deep,
    invertible,
    of_fisher,
    orthant_end,
)
from ..hypotheses.flows import is_gradient_flow, settled
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import few_of_many, LONG


def _hoyer(w: np.ndarray) -> float:
    """Hoyer's sparsity: 0 for equal entries, 1 for a single one."""
    root = math.sqrt(len(w))
    return float((root - np.abs(w).sum() / np.linalg.norm(w)) / (root - 1))


class SparsityIgnoresDepth(AbstractToleranceClaim[Diagonal]):
    r"""With $S_w$ invertible the final sparsity is the same for all depths $L \ge 2$.

    Sparsity is the locking of signs: the limit is J's maximiser in the orthant of
    $w_0$, zeros included. Only on the way, at a given J, are deeper networks sparser.
    """

    id: ClassVar[str] = "C5"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-8
    """The sum of magnitudes moves with the direction, which is known to that."""

    depth: int = 4

    grows: bool = False
    """Whether the sparsity gained by a layer at 0.9 J* is there in the end. False."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SparsityIgnoresDepth(depth=self.depth, grows=True),)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield invertible(run.experiment)
        yield deep(run.experiment)
        yield balanced(run.experiment)
        some = orthant_end(run.experiment) is not None
        yield Hypothesis("two classes, which w0 tells apart", some)
        yield settled(run, turn=self.tolerance / 2)

    def gap(self, run: Trajectory[Diagonal]) -> float:
        limit = orthant_end(run.experiment)
        if limit is None:
            return math.nan
        w = np.asarray(run.network.predictor())
        used = np.abs(w) > 1e-6 * np.abs(w).max()
        expected = _hoyer(limit.value)
        if self.grows:
            expected += self._gained(run, limit.objective)
        return max(abs(_hoyer(w) - expected), float(np.any(used != limit.support)))

    def _gained(self, run, best):
        """How much sparser one more layer is when J first is at 0.9 of its end."""
        true, found = run.experiment, []
        until = Reaches(FisherRatio(), 0.9 * best)
        for depth in (true.network.depth, true.network.depth + 1):
            start = Diagonal.balanced(true.network.predictor(), depth=depth)
            there = train(Experiment(start, true.risk, LONG, until=until), records=1)
            found.append(_hoyer(np.asarray(there.network.predictor())))
        return found[1] - found[0]

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = few_of_many()
        start = Diagonal.balanced(w0, depth=self.depth)
        until = {2: 1e5, 3: 1e6, 4: 1e8}.get(self.depth, 1e9)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=until)

    def foil(self) -> Experiment[Diagonal]:
        problem, w0 = few_of_many()
        start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e3)
