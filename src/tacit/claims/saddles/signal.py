"""How fast the signal of a network with small layers grows at least."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...networks import Chain
from ...observables import AbstractObservable, LayerNorms
from ...oracles import escape_time
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import small_of, steep_at_zero, to_a_gain, zero_at_zero
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import gaussian, leaving


class GainGrowth(AbstractObservable[Chain]):
    r"""$\dot X_l/X_l$ of every layer under the gradient flow, ``(L,)``."""

    needs: ClassVar[type] = Chain
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[Chain]) -> Float[Array, " L"]:
        slope = at.risk.gradient(at.network).weights
        pairs = zip(at.network.weights, slope, strict=True)
        return jnp.stack([-jnp.sum(W * G) / jnp.sum(W**2) for W, G in pairs])


class SignalInequality(AbstractToleranceClaim[Chain]):
    r"""The signal $\gamma = \prod X$ grows at $rK\gamma^{2-2/r}$ or faster.

    $\dot\gamma = K\gamma^2\sum X_l^{-2}$, which the mean inequality bounds from below,
    with equality where the layers are balanced. With $\gamma(0) = \varepsilon^r$ it
    gives the escape law; the power $1 - 1/r$ in its place would give a bounded time.
    """

    id: ClassVar[str] = "S13"
    source: ClassVar[Source] = Source(RAWAL, "the signal inequality", "derived")
    needs: ClassVar[type] = Chain
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(), GainGrowth())
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 2e-3
    """The next order, of relative size θ² at gains up to 0.03, twice."""

    power: float = 2.0
    """The power of the signal is this less 2/r; another than 2 is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, power=1.5),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield to_a_gain(experiment)
        gains = np.asarray(experiment.network.gains)
        ahead = bool(np.all(gains > 0) and np.all(experiment.network.first > 0))
        yield Hypothesis("the start points along the signal", ahead)

    def gap(self, run: Trajectory[Chain]) -> float:
        small = list(small_of(run.experiment))
        norms = np.sqrt(np.asarray(run.seen["LayerNorms"])[:, small])
        grown = np.asarray(run.seen["GainGrowth"])[:, small].sum(axis=1)
        start = run.experiment.network
        ahead = Chain(
            jnp.abs(start.first), jnp.abs(start.gains), start.activation, start.width
        )
        level = 2 * float(np.max(norms))
        K, r = escape_time(ahead, run.experiment.risk, level).rate, len(small)
        gamma = np.prod(norms, axis=1)
        least = r * K * gamma ** (self.power - 2 / r)
        return float(max(0.0, np.max(1 - grown * gamma / least)))

    def witness(self) -> Experiment[Chain]:
        start = Chain(3e-3, [2e-3, 4e-3], "arctan")
        return leaving(start, gaussian(np.arctan), 0.02)

    def foil(self) -> Experiment[Chain]:
        start = Chain(-3e-3, [2e-3, 4e-3], "arctan")
        true = leaving(start, gaussian(np.arctan), 0.02)
        return dataclasses.replace(true, until=1.0)
