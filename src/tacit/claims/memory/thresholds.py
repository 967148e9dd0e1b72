"""Where the second-order formula says that noise turns the memory's effect round."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Adam
from ...memory import noise_thresholds
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.memory import is_adam, long_memory
from ..measures.budgets import EPS
from ..measures.memory import flow_of
from ..papers import CATTANEO_2026, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.memory import briefly


class FormulaThresholds(AbstractClaim[AbstractNetwork]):
    r"""Formula: the trend in $\beta_2$ reverses at $b = 2 B_{\rm simple}$.

    A statement about the formula of second order in the noise, and about nothing else:
    see `LongerMemoryAntiRegularises` for what becomes of it. With noise
    $\lambda = B_{\rm simple}/b$ alike and independent in all coordinates the factor of
    the 1-norm tends to $B_1(1-\lambda) - B_2(1-2\lambda)$ as $\beta_2 \to 1$. Its slope
    in $\beta_1$ changes sign at $\lambda = 1$, that in $\beta_2$ at $\frac12$, and the
    factor itself at $(B_2 - B_1) / (2 B_2 - B_1)$.
    """

    id: ClassVar[str] = "M7"
    source: ClassVar[Source] = Source(CATTANEO_2026, "batch sizes", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-4

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield long_memory(experiment)

    def forecast(self, experiment: Experiment) -> Forecast:
        B1, B2 = flow_of(experiment).memory_rule.ages
        about = (
            "the noise at which the formula's trend in beta1, that in beta2 and the "
            "factor itself change sign"
        )
        return Forecast(np.array([1.0, 0.5, (B2 - B1) / (2 * B2 - B1)]), about)

    def measured(self, run: Trajectory) -> np.ndarray:
        return self._roots(run, "independent")

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        # Noise has a scale of its own: 1 is as much noise as gradient.
        del run
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory) -> Iterable[Term]:
        flow = flow_of(run.experiment)
        short, B1 = 1 - flow.beta2, flow.memory_rule.ages[0]
        reason = "five times 1 - beta2, and more where beta1 is as long"
        size = 5 * short * (1 + B1 * short)
        yield Term("how long the memory is", size, reason, "a longer second memory")
        lost = 64 * EPS * flow.memory_rule.ages[1]
        yield Term("rounding", lost, "ages that cancel", "shorter memories")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        scale = self._roots(run, "scale")
        yield Rival("those of noise in the scale of the loss", scale)
        told = self.forecast(run.experiment).value
        yield Rival("the trend in β₂ turns at half that batch size", told + [0, 0.5, 0])

    def _roots(self, run, model):
        flow = flow_of(run.experiment)
        return np.array(noise_thresholds(flow.beta1, flow.beta2, model=model))

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        short = 1e-6 if seed is None else 10.0 ** -(4 + seed % 4)
        return briefly(Adam(1e-3, 0.8, 1 - short, batch=6), seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-3, 0.85, 0.74, batch=6), seed=seed)
