"""What the predictor keeps across the direction of the margin, at every depth."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights
from ...oracles import residual_direction
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..hypotheses.margins import (
    exponential_tail,
    held_firmly,
    one_margin,
    separable,
    spanned,
)
from ..measures.residual import Across, across, of_residual
from ..measures.spectra import spectra
from ..papers import JI, SOUDRY, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.margins import (
    half_normal,
    rank_one,
    separable as separable_data,
)


FLOW = GradientFlow(rtol=1e-9, clock="log-risk")


class ResidualIgnoresDepth(AbstractClaim[DeepLinear]):
    r"""The part of $w$ across $\bar u$ tends to the same $\rho_\infty$ at every depth.

    $\rho_\infty$ minimises $\sum_S e^{-\langle\rho, z_i\rangle}$ across $\bar u$, so
    the angle to the margin is $\|\rho_\infty\|/\|w\|$. Depth shows in the next order
    alone: from a balanced start $\rho - \rho_\infty = (L-1)\gamma
    H^{-1}\rho_\infty/\|w\|$, with $H$ the curvature of the sum's logarithm. Held
    against the record at which what is left of the way and the errors of the steps
    together are least.
    """

    id: ClassVar[str] = "I3"
    source: ClassVar[tuple[Source, ...]] = (
        Source(SOUDRY, "", "derived"),
        Source(JI, "Theorem 2", "derived"),
    )
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 1e-3

    depth: int = 3

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield one_margin(experiment)
        yield exponential_tail(experiment)
        yield separable(experiment)
        yield spanned(experiment)
        yield held_firmly(experiment)
        yield matched_layers(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        found = residual_direction(experiment.risk.problem)
        about = "the part of w across the direction of the margin in the end"
        return Forecast(found.value, about, found.residual)

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        seen = _across(run)
        return seen.rest.value + seen.drawn[seen.best]

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        seen = _across(run)
        return seen.value[seen.best]

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        limit = residual_direction(run.experiment.risk.problem).value
        off, size = np.linalg.norm(measured - predicted), np.linalg.norm(limit)
        return float(off / size) if size > 0 else float("nan")

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        return of_residual(_across(run))

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        seen, L = _across(run), run.experiment.network.depth
        limit, one = seen.rest.value, seen.rest.drift / seen.norm[seen.best]
        yield Rival("all L layers draw it outwards, not L - 1", limit + L * one)
        if L > 1:
            text = "it is L times that of one layer"
            yield Rival(text, L * limit + seen.drawn[seen.best])

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(2003, seed=seed)
        start = rank_one(problem, self.depth, seed=seed)
        return Experiment(start, Risk(problem, Exponential()), FLOW, until=3e4)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(seed=seed)
        start = half_normal(problem, 5, 4, scale=3.0, seed=seed)
        return Experiment(start, Risk(problem, Exponential()), FLOW, until=3e4)


def _across(run: Trajectory[DeepLinear]) -> Across:
    return across(run, spectra(run).predictor)
