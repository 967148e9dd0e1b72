"""The mean correction of Adam for a long second memory, whatever the noise."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Adam
from ...memory import (
    adam_full_batch,
    adam_long_memory,
    adam_memory_mean,
    adam_noise_terms,
    MeanTerms,
)
from ...networks import AbstractNetwork
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.memory import (
    divides,
    fixed_batches,
    is_adam,
    long_memory,
    longest_memory,
)
from ..measures.memory import batches_of, dense, flat, flow_of
from ..papers import CATTANEO_2026, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.memory import briefly


LONG = 16
"""Times over which a memory has fallen to 1e-7."""

MOST = 8_000
"""Moves of a history that is drawn."""


class LongMemoryCorrection(AbstractClaim[AbstractNetwork]):
    r"""As $\beta_2 \to 1$ the mean correction needs no history, at noise of any size.

    It is $B_1 HF/\sqrt{v+\epsilon} - B_2\, g (\nabla v \cdot F) / 2(v+\epsilon)^{3/2}$
    with $v = \mathbb E g_b^2$ and $F = g/\sqrt{v + \epsilon}$. Held, where the run
    starts, against the mean over drawn histories of its batches, by standard errors.

    What it sees is half sampling: three standard errors of 1,024 histories are 5e-2,
    and half as much takes four times as many. The rest is $1 - \beta_2$ and the noise
    that the gradient and the Hessian of a batch share, 1e-2 each at a memory of 200.
    """

    id: ClassVar[str] = "M8"
    source: ClassVar[Source] = Source(CATTANEO_2026, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 0.12

    draws: int = 1024
    """Histories in the mean."""

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield from fixed_batches(experiment)
        yield long_memory(experiment)
        eps = experiment.flow.eps
        yield divides(experiment.risk, experiment.network, eps)

    def forecast(self, experiment: Experiment) -> Forecast:
        about = "what memory adds to a move at the start, on average, per step squared"
        return Forecast(flat(_closed(experiment).correction), about)

    def measured(self, run: Trajectory) -> np.ndarray:
        return flat(self._drawn(run).correction)

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        size = np.linalg.norm(predicted)
        return float(np.linalg.norm(measured - predicted) / size)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        closed, flow = _closed(run.experiment), flow_of(run.experiment)
        parts = (closed.of_beta1, closed.of_beta2)
        size = np.linalg.norm(flat(closed.correction))
        if not size > 0:
            raise Unmeasured("the correction is 0 where the run starts")
        cancels = sum(np.linalg.norm(flat(part)) for part in parts) / size
        G, H = map(
            np.asarray, dense(batches_of(run.experiment), run.experiment.network)
        )
        root = np.sqrt(flat(closed.square) + flow.eps)
        told = flat(closed.correction) ** 2 / size**2
        uneven = float(told @ (np.mean(G**4, axis=0) / root**4))
        reason = "1 - beta2 of both parts, as often as the squares are uneven"
        share = float((1 - flow.beta2) * (1 + uneven) * cancels)
        yield Term("how long the memory is", share, reason, "a longer second memory")
        noise = (G - G.mean(axis=0)) / root
        shared = np.einsum("bij,bj->bi", H - H.mean(axis=0), noise).mean(axis=0) / root
        reason = "the noise that one batch has in gradient and Hessian, left out"
        share = float(np.linalg.norm(shared) / size * flow.beta1 / (1 + flow.beta1))
        yield Term("noise in common", share, reason, "a longer second memory")
        error = np.linalg.norm(flat(self._drawn(run).correction_error))
        share = float(3 * error / size)
        needed = math.ceil(self.draws * (share / 0.02) ** 2)
        reason = f"three standard errors; {needed:,} draws would see 2 per cent"
        yield Term("sampling", share, reason, "more draws")
        T = _history(flow)
        left = float(2 * T * longest_memory(flow) ** T * cancels)
        yield Term("the start", left, f"what is left after {T} moves", "nothing")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        true, flow = run.experiment, flow_of(run.experiment)
        loss, betas = batches_of(true), (flow.beta1, flow.beta2)
        if divides(true.risk, true.network, 0.0).met:
            formula = adam_noise_terms(
                loss, true.network, *betas, count=len(loss.rows)
            ).total
            yield Rival("the formula of second order in the noise", flat(formula))
        whole = adam_full_batch(true.risk.value, true.network, *betas, flow.eps)
        yield Rival("as on the whole sample", flat(whole.correction))

    def _drawn(self, run) -> MeanTerms:
        true, flow = run.experiment, flow_of(run.experiment)
        loss, T = batches_of(true), _history(flow)
        if T > MOST:
            raise Unmeasured(
                f"a history is {T:,} moves long; at most {MOST:,} are drawn"
            )
        return adam_memory_mean(
            loss, true.network, flow.beta1, flow.beta2, flow.eps, count=len(loss.rows),
            orders="iid" if flow.replace else "shuffled", history=T, draws=self.draws,
            inside=flow.inside, corrected=flow.bias_correction,
        )  # fmt: skip

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-3, 0.8, 0.995, 1e-3, batch=6, fixed=True, replace=True)
        return briefly(flow, seed=seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        flow = Adam(
            1e-3, 0.8, 0.985, 0.3, batch=6, fixed=True, replace=True, inside=False
        )
        return briefly(flow, seed=seed)


def _closed(experiment):
    flow, loss = experiment.flow, batches_of(experiment)
    # Every batch is a sample of the batches there are.
    return adam_long_memory(
        loss, experiment.network, flow.beta1, flow.beta2, flow.eps,
        samples=len(loss.rows), batch=1, replace=True,
    )  # fmt: skip


def _history(flow):
    return math.ceil(LONG / (1 - longest_memory(flow)))
