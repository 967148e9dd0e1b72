"""What a longer second memory does under noise: to the gradient, and to sharpness."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import Adam
from ...memory import sampling_share
from ...networks import AbstractNetwork, MLP
from ...observables import AbstractObservable, NoiseScale
from ...training import Trajectory
from ..hypotheses.memory import is_adam
from ..measures.memory import (
    cosine,
    one_norm,
    push_of_square,
    sharpness,
    stacked,
    trained,
)
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.memory import regression, student, tanh_network, taught


INITS = 64


class LongerMemoryAntiRegularises(AbstractToleranceClaim[AbstractNetwork]):
    r"""Larger $\beta_2$ lets the 1-norm of the gradient grow, under noise as without.

    The formula of second order in the noise says that it stops doing so at batches
    below $2 B_{\rm simple}$ (`FormulaThresholds`). The mean correction does not: its
    part of $\beta_2$ has the coefficient $-(1 + \lambda)^{-2}$, or $-(1+\lambda)^{-1}$,
    and never changes sign; $-(1 - 2\lambda)$ is its first order. The gap is the largest
    cosine, of the sign that is denied, between that part and the gradient of the norm,
    over batches from one sample to all of them, where the run ends.
    """

    id: ClassVar[str] = "M9"
    source: ClassVar[Source] = Source(CATTANEO_2026, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (NoiseScale(),)
    records: ClassVar[int] = 1
    tolerance: float = 0.01
    """A sign is claimed; a cosine that small has none to speak of."""

    margin: ClassVar[float] = 5.0
    """Cosines are compared."""

    regularises: bool = False
    r"""Whether larger $\beta_2$ lowers the norm below $b = 2B_{\rm simple}$."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (LongerMemoryAntiRegularises(regularises=True),)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        yield from is_adam(run.experiment)
        n, scale = run.experiment.risk.problem.n, float(run.seen["NoiseScale"][-1])
        # Near the end of training the variance's own slope takes over.
        yield Hypothesis("the noise of an epoch is below the gradient", scale <= n)

    def gap(self, run: Trajectory) -> float:
        risk = run.experiment.risk
        n, scale = risk.problem.n, float(run.seen["NoiseScale"][-1])
        sizes = np.unique(np.geomspace(1, n, 6).astype(int))
        shares = jnp.asarray([sampling_share(n, int(b)) for b in sizes])
        found = np.asarray(_towards_norm(risk, run.network, shares))
        if self.regularises:
            found = np.where(sizes < 2 * scale, -found, found)
        return float(max(0.0, found.max()))

    def witness(self) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-2, 0.9, 0.99, batch=6)
        return Experiment(tanh_network(1), regression(), flow, until=20)

    def foil(self) -> Experiment[AbstractNetwork]:
        true = self.witness()
        return Experiment(true.network, true.risk, true.flow, until=1000)


class NoiseTurnsSharpness(AbstractToleranceClaim[MLP]):
    r"""Noise turns the effect of larger $\beta_2$ on sharpness towards flat minima.

    Through the slope of the gradients' variance. Early in training, on average over
    initialisations: the cosine between the part of $\beta_2$ in the mean correction and
    $\nabla\operatorname{tr}\nabla^2R$ is higher for the batches of the run than for the
    whole sample, where a longer memory sharpens. The gap is by how much it is lower,
    with two standard errors for 64 initialisations, or by how much it has the wrong
    sign for the whole sample or for batches.
    """

    id: ClassVar[str] = "M10"
    source: ClassVar[Source] = Source(CATTANEO_2026, "on sharpness", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    tolerance: float = 0.02
    """A standard error of the mean cosine."""

    margin: ClassVar[float] = 2.0
    """Means over initialisations are compared."""

    sign: float = 1.0
    """Whether noise flattens or sharpens. Only 1 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (NoiseTurnsSharpness(sign=-1.0),)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        yield from is_adam(run.experiment)
        batch = getattr(run.experiment.flow, "batch", None)
        n = run.experiment.risk.problem.n
        small = batch is not None and batch <= n / 4
        yield Hypothesis("a batch is a quarter of the sample or less", small)
        yield Hypothesis("training is short, 30 moves at most", run.steps <= 30)

    def gap(self, run: Trajectory) -> float:
        true = run.experiment
        flow: Any = true.flow
        n, batch = true.risk.problem.n, flow.batch or true.risk.problem.n
        starts = stacked([_redrawn(true.network, seed) for seed in range(INITS)])
        seeds = jnp.arange(INITS)
        ends = trained(flow, true.risk, starts, seeds, int(run.steps))
        shares = jnp.asarray([sampling_share(n, b) for b in (n, batch)])
        found = np.asarray(_towards_sharpness(true.risk, ends, shares))
        turned = self.sign * (found[:, 1] - found[:, 0])
        doubt = 2 * turned.std(ddof=1) / np.sqrt(INITS)
        whole, noisy = found.mean(axis=0)
        return float(max(0.0, doubt - turned.mean(), whole, -self.sign * noisy))

    def witness(self) -> Experiment[MLP]:
        flow = Adam(1e-2, 0.9, 0.99, batch=8)
        return Experiment(student(0), taught(), flow, until=20)

    def foil(self) -> Experiment[MLP]:
        true = self.witness()
        return Experiment(true.network, true.risk, true.flow, until=200)


def _redrawn(network, seed):
    """Another initialisation with the size of each layer."""
    rng = np.random.default_rng(seed)
    weights = [
        np.sqrt(np.mean(np.asarray(W) ** 2)) * rng.standard_normal(W.shape)
        for W in network.weights
    ]
    return MLP(weights, network.activation)


@eqx.filter_jit
def _towards_norm(risk, network, shares):
    at, back = ravel_pytree(network)
    slope = jax.grad(lambda w: one_norm(risk, back, w))(at)
    return jax.lax.map(
        lambda share: cosine(push_of_square(risk, back, at, share), slope), shares
    )


@eqx.filter_jit
def _towards_sharpness(risk, networks, shares):
    _, back = ravel_pytree(jax.tree.map(lambda x: x[0], networks))

    def one(network):
        at, _ = ravel_pytree(network)
        slope = jax.grad(lambda w: sharpness(risk, back, w))(at)
        return jax.lax.map(
            lambda share: cosine(push_of_square(risk, back, at, share), slope), shares
        )

    return jax.lax.map(one, networks)
