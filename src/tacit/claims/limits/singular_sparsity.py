"""What depth does to sparsity when there are fewer samples than features."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...errors import DataError
from ...events import RiskBelow
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...oracles import singular_limit
from ...own_code import remembered
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import apart, balanced, kernel_end, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..measures.signs import signs_apart, signs_over_draws
from ..measures.sparsity import hoyer
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, few_of_many, LONG
from ..witnesses.draws import redrawn


STARTS = 12
"""Over which sparsity is averaged, the run's own among them."""


class DeeperIsSparser(AbstractClaim[Diagonal]):
    r"""Where the kernel of $S_w$ meets the orthant, depth adds a little sparsity.

    On average over starts with the signs of the run's, Hoyer's sparsity of the limit is
    higher at the depth of the run than at depth 2. A single start can go the other way.
    Held against the sign of the mean rise over twelve starts, by two standard errors;
    the first is that of the run, whose own end counts.
    """

    id: ClassVar[str] = "D4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1.0

    depth: int = 8

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield balanced(experiment)
        deeper = experiment.network.depth > 2
        yield Hypothesis("it has three layers or more", deeper)
        yield Hypothesis("it has two classes", apart(experiment) is not None)
        text = "the kernel of the within-class scatter meets the open orthant of w0"
        yield Hypothesis(text, kernel_end(experiment) is not None)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        del run
        return np.ones(1)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self._signs(run).seen

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        return signs_apart(predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        yield self._signs(run).sampling()

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        del run
        yield Rival("depth does nothing to the sparsity of the limit", np.zeros(1))
        yield Rival("depth makes the limit denser", -np.ones(1))

    def _signs(self, run):
        """Of the mean rise of the sparsity from depth 2 to that of the run."""
        own, others = _sparsities(run.experiment)
        found = ([] if own is None else [own]) + others
        if len(found) < STARTS / 2:
            raise Unmeasured(f"limits are known from {len(found)} of {STARTS} starts")
        left = math.inf
        if own is not None:
            end = hoyer(np.asarray(run.network.predictor()))
            # A run on its way is as far from telling as it is from its end.
            left = abs(end - own[1]) / own[0]
        rises = np.array([deep / two - 1 for two, deep in found])
        return signs_over_draws(rises[:, None], left)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        def make(each):
            problem, w0 = few_of_many(each, n=12)
            start = Diagonal.balanced(w0, depth=self.depth)
            risk = Risk(problem, Fisher(form="inverse"))
            return Experiment(start, risk, CLOSE, until=RiskBelow(1e-18))

        # Redrawn unless the kernel meets the orthant.
        return redrawn(seed, make, lambda true: kernel_end(true) is not None)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = few_of_many(seed, n=16)
        start = Diagonal.balanced(w0, depth=self.depth)
        risk = Risk(problem, Fisher(form="inverse"))
        return Experiment(start, risk, LONG, until=1e5)


@remembered(maxsize=16)
def _sparsities(
    experiment: Experiment[Diagonal],
) -> tuple[tuple[float, float] | None, list[tuple[float, float]]]:
    """Of the limits at depth 2 and at its own: from its start, and from the others.

    None, and none in the list, where the limits are not known.
    """
    problem, start = experiment.risk.problem, experiment.network
    w0, rng = np.asarray(start.predictor()), np.random.default_rng(0)
    spread = rng.standard_normal((STARTS - 1, len(w0)))

    def of(w):
        try:
            two, deep = (singular_limit(problem, w, L) for L in (2, start.depth))
        except DataError:  # not solved from there
            return None
        return hoyer(two.value), hoyer(deep.value)

    others = [of(w) for w in w0 * np.exp(0.7 * spread)]
    return of(w0), [each for each in others if each is not None]
