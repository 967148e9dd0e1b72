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
from ..base import AbstractClaim
from ..hypotheses.memory import is_adam, is_of_samples, redrawable, small_batches
from ..measures.memory import flow_of
from ..measures.signs import Signs, signs_apart, signs_over_draws
from ..measures.starts import (
    cosine,
    one_norm,
    push_of_square,
    redrawn,
    sharpness,
    trained,
)
from ..papers import CATTANEO_2026, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.memory import regression, student, tanh_network, taught


INITS = 384

TOO_SMALL = 0.01
"""A cosine that has no sign to speak of."""


class LongerMemoryAntiRegularises(AbstractClaim[AbstractNetwork]):
    r"""Larger $\beta_2$ lets the 1-norm of the gradient grow, under noise as without.

    The formula of second order in the noise says that it stops doing so at batches
    below $2 B_{\rm simple}$ (`FormulaThresholds`). The mean correction does not: its
    part of $\beta_2$ has the coefficient $-(1 + \lambda)^{-2}$, or $-(1+\lambda)^{-1}$,
    and never changes sign; $-(1 - 2\lambda)$ is its first order. Held against the sign
    of the cosine between that part and the gradient of the norm, over batches from one
    sample to all of them, where the run ends.

    Each parameter has a $\lambda$ of its own: a cosine that noise has changed by four
    times what is left has no sign to speak of, and a single start may not tell.
    """

    id: ClassVar[str] = "M9"
    source: ClassVar[Source] = Source(CATTANEO_2026, "", "derived")
    needs: ClassVar[type] = AbstractNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (NoiseScale(),)
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1.0

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield is_of_samples(experiment)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        n = run.experiment.risk.problem.n
        # Near the end of training the variance's own slope takes over.
        quiet = _noise(run) <= n
        yield Hypothesis("the noise of an epoch is below the gradient", quiet)

    def predicted(self, run: Trajectory) -> np.ndarray:
        return -np.ones(len(_sizes(run)))

    def measured(self, run: Trajectory) -> np.ndarray:
        return self._signs(run).seen

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        return signs_apart(predicted, measured)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        small = bool(np.any(self._signs(run).seen == 0))
        reason = (
            f"below {TOO_SMALL:g}, or a quarter of what noise changed, it has no sign"
        )
        yield Term("a small cosine", float(small), reason, "an earlier end")

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        turned = np.where(_sizes(run) < 2 * _noise(run), 1.0, -1.0)
        yield Rival("it lowers the norm at batches below twice the noise scale", turned)
        yield Rival("it lowers the norm at any batch", np.ones(len(turned)))

    def _signs(self, run):
        """Of the cosines, one a batch size."""
        risk, flow = run.experiment.risk, flow_of(run.experiment)
        shares = [sampling_share(risk.problem.n, int(b)) for b in _sizes(run)]
        at = jnp.asarray(shares)
        found = np.asarray(_towards_norm(risk, run.network, at, flow.eps))
        # The last is of the whole sample, without noise.
        changed = np.abs(found - found[-1])
        return Signs(found, np.maximum(TOO_SMALL, changed / 4), 1)

    def witness(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        flow = Adam(1e-2, 0.9, 0.99, 1e-6, batch=6)
        start = tanh_network(seed, own=501)
        return Experiment(start, regression(seed), flow, until=20, seed=seed or 0)

    def foil(self, seed: int | None = None) -> Experiment[AbstractNetwork]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, true.flow, until=1000)


class NoiseTurnsSharpness(AbstractClaim[MLP]):
    r"""Noise turns the effect of larger $\beta_2$ on sharpness towards flat minima.

    Through the slope of the gradients' variance. Early in training, on average over 384
    initialisations with the layers' sizes, the cosine between the part of $\beta_2$ in
    the mean correction and $\nabla\operatorname{tr}\nabla^2R$ is positive for the
    batches of the run, and higher than for the whole sample, on which a longer memory
    does not flatten. Held against the signs of both means, by two standard errors.
    """

    id: ClassVar[str] = "M10"
    source: ClassVar[Source] = Source(CATTANEO_2026, "on sharpness", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1.0

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield from is_adam(experiment)
        yield is_of_samples(experiment)
        yield small_batches(experiment)
        yield from redrawable(experiment)

    def conditions(self, run: Trajectory) -> Iterable[Hypothesis]:
        yield Hypothesis("training is short, 30 moves at most", run.steps <= 30)

    def predicted(self, run: Trajectory) -> np.ndarray:
        del run
        return np.array([1.0, 1.0])

    def measured(self, run: Trajectory) -> np.ndarray:
        return self._signs(run).seen

    def distance(self, predicted: Any, measured: Any, run: Trajectory) -> float:
        del run
        return signs_apart(predicted, measured)

    def budget(self, run: Trajectory) -> Iterable[Term]:
        yield self._signs(run).sampling()

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        del run
        yield Rival("in batches it does nothing to the sharpness", np.array([0.0, 1.0]))
        yield Rival("noise changes nothing of its effect", np.array([1.0, 0.0]))
        yield Rival("noise turns it towards sharp minima", np.array([-1.0, -1.0]))

    def _signs(self, run):
        """Of the mean cosine for batches, and of what it is more for them."""
        true, flow = run.experiment, flow_of(run.experiment)
        n, batch = true.risk.problem.n, flow.batch or true.risk.problem.n
        starts, seeds = redrawn(true.network, INITS), jnp.arange(INITS)
        ends = trained(flow, true.risk, starts, seeds, int(run.steps))
        shares = jnp.asarray([sampling_share(n, b) for b in (n, batch)])
        found = np.asarray(_towards_sharpness(true.risk, ends, shares, flow.eps))
        whole, noisy = found.T
        return signs_over_draws(np.stack([noisy, noisy - whole], axis=1))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        flow = Adam(1e-2, 0.9, 0.99, 1e-6, batch=8)
        return Experiment(student(seed), taught(seed), flow, until=20)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, true.flow, until=200)


def _noise(run):
    return float(run.seen["NoiseScale"][-1])


def _sizes(run):
    """Batch sizes from one sample to all of them."""
    return np.unique(np.geomspace(1, run.experiment.risk.problem.n, 6).astype(int))


@eqx.filter_jit
def _towards_norm(risk, network, shares, eps):
    at, back = ravel_pytree(network)
    slope = jax.grad(lambda w: one_norm(risk, back, w, eps))(at)
    return jax.lax.map(
        lambda share: cosine(push_of_square(risk, back, at, share, eps), slope), shares
    )


@eqx.filter_jit
def _towards_sharpness(risk, networks, shares, eps):
    _, back = ravel_pytree(jax.tree.map(lambda x: x[0], networks))

    def one(network):
        at, _ = ravel_pytree(network)
        slope = jax.grad(lambda w: sharpness(risk, back, w))(at)

        def towards(share):
            return cosine(push_of_square(risk, back, at, share, eps), slope)

        return jax.lax.map(towards, shares)

    return jax.lax.map(one, networks)
