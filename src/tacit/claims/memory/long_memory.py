"""The mean correction of Adam for a long second memory, whatever the noise."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Adam
from ...memory import adam_long_memory, adam_memory_mean, adam_noise_terms
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..hypotheses.memory import fixed_batches, is_adam, long_memory
from ..measures.memory import batches_of, flat
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import briefly


class LongMemoryCorrection(AbstractToleranceClaim[AbstractNetwork]):
    r"""As $\beta_2 \to 1$ the mean correction needs no history, at noise of any size.

    It is $B_1 HF/\sqrt{v+\epsilon} - B_2\, g (\nabla v \cdot F) / 2(v+\epsilon)^{3/2}$
    with $v = \mathbb E g_b^2$ and $F = g/\sqrt{v + \epsilon}$. The gap is its distance
    from the mean over drawn histories, less three standard errors of that, relative.
    """

    id: ClassVar[str] = "M8"
    source: ClassVar[Source] = Source(CATTANEO_2026, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    tolerance: float = 0.04
    r"""$2(1 - \beta_2)$ at $\beta_2 = 0.98$, the least that is admitted."""

    margin: ClassVar[float] = 2.0
    r"""A formula of first order in $1 - \beta_2$."""

    draws: int = 512
    """Histories in the mean."""

    to_second_order: bool = False
    """Whether the formula is that of second order in the noise. Only no is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (LongMemoryCorrection(to_second_order=True),)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment, replace=True)
        yield long_memory(experiment)

    def gap(self, run: Trajectory) -> float:
        flow: Any = run.experiment.flow
        loss, network = batches_of(run.experiment), run.network
        m, betas = len(loss.rows), (flow.beta1, flow.beta2)
        if self.to_second_order:
            found = adam_noise_terms(loss, network, *betas, count=m).total
        else:
            # Every batch is a sample of the batches there are.
            found = adam_long_memory(
                loss, network, *betas, flow.eps, samples=m, batch=1, replace=True
            ).correction
        drawn = adam_memory_mean(
            loss, network, *betas, flow.eps, count=m, orders="iid",
            history=math.ceil(12 / (1 - max(betas))), draws=self.draws,
        )  # fmt: skip
        mean, error = (
            flat(drawn.correction),
            np.linalg.norm(flat(drawn.correction_error)),
        )
        off = np.linalg.norm(flat(found) - mean)
        return float(max(0.0, off - 3 * error) / np.linalg.norm(mean))

    def witness(self) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-3, 0.8, 0.985, 1e-3, batch=6, fixed=True, replace=True)
        return briefly(flow)

    def foil(self) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-3, 0.8, 0.7, 1e-3, batch=6, fixed=True, replace=True)
        return briefly(flow)
