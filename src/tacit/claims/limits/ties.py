"""Where diagonal networks end from a start that is not balanced."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Descent
from ...losses import Fisher
from ...networks import Diagonal
from ...oracles import orthant_limit
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import (
    invertible,
    of_fisher,
    orthant_end,
    tie_ratio,
)
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import direction, on_cone, rounded, strayed, unmoved
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, LONG, unbalanced
from ..witnesses.draws import redrawn


class UniqueMinimumIsFree(AbstractClaim[Diagonal]):
    r"""A sign is frozen only where two layers tie for the smallest magnitude.

    $\theta_{l,i}^2 - \theta_{m,i}^2$ is constant, so a unique smallest layer can pass
    through zero and tied ones cannot. The limit maximises J with tied signs locked and
    the others free: independent random layers end at plain LDA, whatever the depth.
    """

    id: ClassVar[str] = "C7"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-5

    depth: int = 3

    tie: int = 0
    """In the witness the two smallest layers tie at every so many features; 0: none."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        ratio = tie_ratio(experiment)
        clear = np.all((ratio < 1 - 1e-4) | (ratio > 1 - 1e-15))
        yield Hypothesis("layers tie exactly or not nearly", bool(clear))
        start = np.asarray(experiment.network.layers)
        yield Hypothesis("no layer starts at 0", bool(np.all(start != 0)))
        known = orthant_end(experiment, _free(experiment)) is not None
        yield Hypothesis("two classes, which w0 tells apart", known)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w0 = np.asarray(experiment.network.predictor())
        limit = orthant_limit(experiment.risk.problem, w0, _free(experiment))
        return Forecast(limit.value, "the direction of w in the end", limit.residual)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return direction(run)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        return strayed(run.experiment, predicted, measured)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        best = self.forecast(run.experiment).value
        return on_cone(run, ~_free(run.experiment), best), rounded(run)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        for statement, value in _otherwise(run.experiment):
            yield Rival(statement, value)
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return redrawn(seed, self._drawn, _tells)

    def _drawn(self, seed: int | None) -> Experiment[Diagonal]:
        problem, _ = definite(seed)
        layers = np.array(unbalanced(seed, depth=self.depth).layers)
        for i in range(0, layers.shape[1] if self.tie else 0, self.tie or 1):
            order = np.argsort(layers[:, i])
            layers[order[1], i] = layers[order[0], i]
        risk = Risk(problem, Fisher())
        return Experiment(Diagonal(layers), risk, LONG, until=1e4)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        if not self.tie:
            ridged = Risk(true.risk.problem, Fisher(input_ridge=0.3))
            return Experiment(true.network, ridged, LONG, until=1e4)
        # Long steps carry a weight over zero that the flow would have kept.
        return Experiment(true.network, true.risk, Descent(3.0), until=3000)


def _free(experiment: Experiment[Diagonal]) -> np.ndarray:
    """Which features have a smallest layer that is the only smallest one."""
    return tie_ratio(experiment) < 1 - 1e-15


def _otherwise(experiment: Experiment[Diagonal]) -> Iterator[tuple[str, np.ndarray]]:
    """Where it would end, were the frozen signs not those that tie."""
    free = _free(experiment)
    others = {
        "every sign is frozen, as from a balanced start": np.zeros_like(free),
        "no sign is frozen": np.ones_like(free),
    }
    for statement, mask in others.items():
        limit = orthant_end(experiment, mask)
        if limit is not None and np.any(mask != free):
            yield statement, limit.value


def _tells(experiment: Experiment[Diagonal]) -> bool:
    """Whether it matters for the limit which signs are frozen."""
    limit = orthant_end(experiment, _free(experiment))
    return limit is not None and all(
        strayed(experiment, limit.value, value) > 1e-2
        for _, value in _otherwise(experiment)
    )
