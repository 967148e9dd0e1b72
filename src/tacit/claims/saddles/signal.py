"""How fast the signal of a network with small layers grows at least."""

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...networks import Chain
from ...observables import AbstractObservable, LayerNorms
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import ahead, small_of, steep_at_zero, zero_at_zero
from ..measures.budgets import cancellation
from ..measures.escapes import bent, leading, next_order, plain
from ..papers import RAWAL, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.saddles import gaussian, leaving, taught


class GainGrowth(AbstractObservable[Chain]):
    r"""$\dot X_l/X_l$ of every layer under the gradient flow, ``(L,)``."""

    needs: ClassVar[type] = Chain
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[Chain]) -> Float[Array, " L"]:
        slope = at.risk.gradient(at.network).weights
        pairs = zip(at.network.weights, slope, strict=True)
        return jnp.stack([-jnp.sum(W * G) / jnp.sum(W**2) for W, G in pairs])


class SignalInequality(AbstractClaim[Chain]):
    r"""The signal $\gamma = \prod X$ grows at $rK\gamma^{2-2/r}$ or faster.

    $\dot\gamma = K\gamma^2\sum X_l^{-2}$, which the mean inequality bounds from below,
    with equality where the layers are balanced. With $\gamma(0) = \varepsilon^r$ it
    gives the escape law; the power $1 - 1/r$ in its place would give a bounded time.
    Held against $\dot\gamma/\gamma$ at every record.
    """

    id: ClassVar[str] = "S13"
    source: ClassVar[Source] = Source(RAWAL, "Proposition 8 of version 1", "quoted")
    needs: ClassVar[type] = Chain
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(), GainGrowth())
    sees: ClassVar[float] = 5e-3

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield ahead(experiment)

    def predicted(self, run: Trajectory[Chain]) -> np.ndarray:
        norms, K = self._norms(run), leading(run.experiment).fastest
        return K * np.prod(norms, axis=1) * np.sum(norms**-2.0, axis=1)

    def measured(self, run: Trajectory[Chain]) -> np.ndarray:
        small = list(small_of(run.experiment))
        return np.asarray(run.seen["GainGrowth"])[:, small].sum(axis=1)

    def distance(self, predicted: Any, measured: Any, run: Trajectory[Chain]) -> float:
        # At every record in its own units: the signal grows by orders.
        true = np.abs(self.predicted(run))
        return float(np.max(np.abs(measured - predicted) / true))

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        small = small_of(run.experiment)
        ends = (run.experiment.network, run.network)
        bends = [bent(run.experiment.risk, plain(each), small) for each in ends]
        yield next_order(max(bends) if max(bends) < 0.5 else np.inf)
        fixed = [
            float(abs(np.linalg.norm(b) / np.linalg.norm(a) - 1))
            for i, (a, b) in enumerate(
                zip(ends[0].weights, ends[1].weights, strict=True)
            )
            if i not in small
        ]
        reason = "by how much the layers grew that are taken for fixed"
        yield Term("other layers", sum(fixed), reason, "smaller small layers")
        yield cancellation(run)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        norms, K = self._norms(run), leading(run.experiment).fastest
        gamma, r = np.prod(norms, axis=1), norms.shape[1]
        text = "the power is 1 - 1/r (the authors' write-up)"
        yield Rival(text, r * K * gamma ** (-1 / r))
        yield Rival("the power is 2 - 1/r", r * K * gamma ** (1 - 1 / r))
        if np.max(np.ptp(norms, axis=1) / norms[:, 0]) > 0.1:
            text = "it grows at the bound, balanced or not"
            yield Rival(text, r * K * gamma ** (1 - 2 / r))

    def _norms(self, run):
        small = list(small_of(run.experiment))
        return np.sqrt(np.asarray(run.seen["LayerNorms"])[:, small])

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        start = Chain(3e-3, [2e-3, 4e-3], "arctan")
        return leaving(start, gaussian(taught(np.arctan, seed)), 0.02)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        start, true = Chain(-3e-3, [2e-3, 4e-3], "arctan"), self.witness(seed)
        return dataclasses.replace(true, network=start, until=1.0)
