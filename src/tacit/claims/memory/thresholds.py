"""Where the second-order formula says that noise turns the memory's effect round."""

from collections.abc import Iterable
from typing import Any, ClassVar

from ...experiment import Experiment
from ...flows import Adam
from ...memory import (
    long_memory_coefficient,
    noise_thresholds,
    second_order_coefficient,
)
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..hypotheses.memory import is_adam, long_memory
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import briefly


class FormulaThresholds(AbstractToleranceClaim[AbstractNetwork]):
    r"""Formula: the trend in $\beta_2$ reverses at $b = 2 B_{\rm simple}$.

    A statement about the formula of second order in the noise, and about nothing else:
    see `LongerMemoryAntiRegularises` for what becomes of it. With noise
    $\lambda = B_{\rm simple}/b$ alike and independent in all coordinates the factor of
    the 1-norm tends to $B_1(1-\lambda) - B_2(1-2\lambda)$ as $\beta_2 \to 1$. Its slope
    in $\beta_2$ changes sign at $\lambda = \frac12$, that in $\beta_1$ at 1, and the
    factor itself at $\frac12$. The gap is the largest distance of the three.
    """

    id: ClassVar[str] = "M7"
    source: ClassVar[Source] = Source(CATTANEO_2026, "batch sizes", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 1e-5
    r"""The thresholds are off by four times $1 - \beta_2$, and that is 1e-6 at most."""

    model: str = "independent"
    """The noise whose thresholds these are said to be. Only the first is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (FormulaThresholds(model="scale"),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield long_memory(experiment, 1 - 1e-6)

    def gap(self, run: Trajectory) -> float:
        flow: Any = run.experiment.flow
        at = noise_thresholds(flow.beta1, flow.beta2, model=self.model)
        # The formula is the first order of the factor that holds for all noise.
        slope, h = second_order_coefficient(flow.beta1, flow.beta2, 1.0), 1e-5
        slope = slope - second_order_coefficient(flow.beta1, flow.beta2, 0.0)
        beyond = (
            long_memory_coefficient(flow.beta1, flow.beta2, h)
            - long_memory_coefficient(flow.beta1, flow.beta2, -h)
        ) / (2 * h)
        off = (at.beta1 - 1, at.beta2 - 0.5, at.total - 0.5, slope / beyond - 1)
        return max(map(abs, off))

    def witness(self) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-3, 0.8, 1 - 1e-6, batch=6))

    def foil(self) -> Experiment[AbstractNetwork]:
        return briefly(Adam(1e-3, 0.8, 0.97, batch=6))
