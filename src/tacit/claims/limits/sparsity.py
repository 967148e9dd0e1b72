"""What depth does to the number of features that are used in the end."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import FisherRatio
from ...oracles import fisher_direction, orthant_limit
from ...own_code import remembered
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import (
    balanced,
    deep,
    invertible,
    of_fisher,
    orthant_end,
)
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import direction, fitted, on_cone, rounded, scatters
from ..measures.sparsity import hoyer
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import few_of_many, LONG


class SparsityIgnoresDepth(AbstractClaim[Diagonal]):
    r"""With $S_w$ invertible the final sparsity is the same for all depths $L \ge 2$.

    Sparsity is the locking of signs: the limit is J's maximiser in the orthant of
    $w_0$, zeros included. Only on the way, at a given J, are deeper networks sparser.
    """

    id: ClassVar[str] = "C5"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-3

    depth: int = 4

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield deep(experiment)
        yield balanced(experiment)
        some = orthant_end(experiment) is not None
        yield Hypothesis("two classes, which w0 tells apart", some)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w0 = np.asarray(experiment.network.predictor())
        limit = orthant_limit(experiment.risk.problem, w0)
        about = "Hoyer's sparsity of w in the end"
        return Forecast(hoyer(limit.value), about, limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> float:
        return hoyer(direction(run))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        # It is free of scale itself, and 0 is one of its values.
        del run
        return abs(float(measured) - float(predicted))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        w0 = np.asarray(run.experiment.network.predictor())
        best = orthant_limit(run.experiment.risk.problem, w0).value
        left, root = on_cone(run, np.ones(len(best), bool), best), len(best) ** 0.5
        # From the norm of S_w to the angle, and from there to the sum of magnitudes.
        S, _ = scatters(run.experiment)
        v = fitted(run.experiment, best)
        stretch = np.sqrt(v @ S @ v / np.linalg.eigvalsh(S)[0]) / np.linalg.norm(v)
        share = 2 * float(stretch) * root / (root - 1)
        return tuple(
            term._replace(size=share * term.size) for term in (left, rounded(run))
        )

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        told = self.forecast(run.experiment).value
        plain = fisher_direction(run.experiment.risk.problem).value
        start = np.asarray(run.experiment.network.predictor())
        yield Rival("it is as dense as Fisher's direction", hoyer(plain))
        yield Rival("it is that of the start", hoyer(start))
        gained = self._gained(run)
        if math.isfinite(gained):
            text = "what one more layer gains at 0.9 J* is there in the end"
            yield Rival(text, told + gained)

    def _gained(self, run):
        """How much sparser one more layer is when J first is at 0.9 of its end."""
        true, found, limit = run.experiment, [], orthant_end(run.experiment)
        if limit is None:
            return math.nan
        until = Reaches(FisherRatio(), 0.9 * limit.objective)
        for depth in (true.network.depth, true.network.depth + 1):
            start = Diagonal.balanced(true.network.predictor(), depth=depth)
            found.append(_ends(Experiment(start, true.risk, LONG, until=until)))
        return found[1] - found[0]

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = few_of_many(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        until = {2: 1e5, 3: 1e6, 4: 1e8}.get(self.depth, 1e9)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=until)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = few_of_many(seed)
        start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e3)


@remembered(maxsize=64)
def _ends(experiment: Experiment[Diagonal]) -> float:
    """How sparse the predictor is at the end of a run, NaN where it has none.

    Two depths next to each other ask for one run in common.
    """
    run = train(experiment, records=1)
    return hoyer(np.asarray(run.network.predictor())) if run.finite else math.nan
