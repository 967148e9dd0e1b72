"""What claims about single moves share: batches of a run, and dense differentiation."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from ...experiment import Experiment
from ...networks import AbstractNetwork
from ...risk import Risk
from ..parts import Term
from .budgets import EPS


SHIFT = 1e-8


class BatchLoss(eqx.Module):
    """The risk on one of several batches, by number; `rows` ``(m, b)``."""

    risk: Risk
    rows: Int[Array, "m b"]

    def __call__(self, network: AbstractNetwork, b: Array):
        return self.risk.value(network, self.rows[b])


def flow_of(experiment: Experiment) -> Any:
    """The flow, whose kind and numbers the hypotheses of a claim vouch for."""
    return experiment.flow


def batches_of(experiment: Experiment) -> BatchLoss:
    """The losses of the fixed batches of a run."""
    flow, risk = experiment.flow, experiment.risk
    return BatchLoss(risk, flow.sampler(risk).table)  # type: ignore[attr-defined]


def flat(tree: object) -> np.ndarray:
    """All parameters as one vector."""
    return np.asarray(ravel_pytree(tree)[0])


def shaken(
    evaluate: Callable[[AbstractNetwork], np.ndarray], network: AbstractNetwork
) -> Term:
    """What float64 loses in `evaluate(network)`, relative to its largest entry.

    By what a change of the parameters in the eighth digit does to it: sums that cancel
    and denominators near 0 magnify both alike.
    """
    rng = np.random.default_rng(0)

    def shift(leaf):
        if not eqx.is_inexact_array(leaf):
            return leaf
        return leaf * (1 + SHIFT * rng.standard_normal(leaf.shape))

    told, moved = (
        np.asarray(evaluate(each), float)
        for each in (network, jax.tree.map(shift, network))
    )
    condition = float(np.max(np.abs(moved - told)) / np.max(np.abs(told)) / SHIFT)
    reason = "float64, by what a shift of the parameters does"
    remedy = "a larger epsilon, or fewer samples"
    return Term("rounding", 1e3 * EPS * (1 + condition), reason, remedy)


@eqx.filter_jit
def dense(
    loss: BatchLoss, network: AbstractNetwork
) -> tuple[Float[Array, "m P"], Float[Array, "m P P"]]:
    """Gradients and Hessians of all batches, as matrices: for small networks."""
    point, back = ravel_pytree(network)

    def slope(at, b):
        return jax.grad(lambda w: loss(back(w), b))(at)

    every = jnp.arange(len(loss.rows))
    G = jax.vmap(slope, (None, 0))(point, every)
    return G, jax.vmap(jax.jacfwd(slope), (None, 0))(point, every)


def correction(
    G: Float[Array, "m P"],
    H: Float[Array, "m P P"],
    ids: Int[Array, " T"],
    scale: Float[Array, " T"],
    betas: Float[Array, " 3"],
    *,
    settled: bool,
) -> Float[Array, " P"]:
    r"""Adam's correction where the noise of batch ``ids[k]`` is `scale[k]` as strong.

    From gradients and Hessians as they are, by the definition. `betas` is $\beta_1$,
    $\beta_2$ and $\epsilon$. `settled` averages are not corrected for their start: they
    had seen the mean gradient for ever.
    """
    beta1, beta2, eps = betas
    T = len(ids)
    ages = jnp.arange(T, dtype=float)[::-1]
    g, mean = jnp.mean(G, axis=0), jnp.mean(H, axis=0)
    slopes = g[None] + scale[:, None] * (G[ids] - g[None])
    a, c = (1 - beta1) * beta1**ages, (1 - beta2) * beta2**ages
    if not settled:
        a, c = a / (1 - beta1**T), c / (1 - beta2**T)

    def average(state, moment):
        m, v = state
        x, k = moment
        m, v = beta1 * m + (1 - beta1) * x, beta2 * v + (1 - beta2) * x**2
        if settled:
            return (m, v), m / jnp.sqrt(v + eps)
        hat = v / (1 - beta2 ** (k + 1))
        return (m, v), m / (1 - beta1 ** (k + 1)) / jnp.sqrt(hat + eps)

    begin = (g, g**2) if settled else (jnp.zeros_like(g), jnp.zeros_like(g))
    (m, v), F = jax.lax.scan(average, begin, (slopes, jnp.arange(T, dtype=float)))
    if not settled:
        m, v = m / (1 - beta1**T), v / (1 - beta2**T)
    between = jnp.flip(jnp.cumsum(jnp.flip(F[:-1], 0), 0), 0)
    between = jnp.concatenate([between, jnp.zeros((1, len(g)))])
    noise = jnp.einsum("kij,kj->ki", H[ids] - mean[None], between)
    bent = between @ mean + scale[:, None] * noise
    root = jnp.sqrt(v + eps)
    return (a @ bent) / root - m * (c @ (slopes * bent)) / root**3


@eqx.filter_jit
def second_order(
    G: Float[Array, "m P"],
    H: Float[Array, "m P P"],
    betas: Float[Array, " 3"],
    moves: int,
    *,
    settled: bool,
) -> tuple[Float[Array, " P"], Float[Array, " P"]]:
    r"""Half the second derivative of the mean correction in the size of the noise.

    First that of independent batches: noise at one time, added up over the times, since
    two times have nothing in common. Then that of a noise that is the same at all
    times. Averages over the batches.
    """
    T, m = moves, len(G)

    def along(direction, b):
        ids = jnp.full(T, b)

        def at(kappa):
            return correction(G, H, ids, kappa * direction, betas, settled=settled)

        one = jnp.ones(())

        def first(kappa):
            return jax.jvp(at, (kappa,), (one,))[1]

        return jax.jvp(first, (jnp.zeros(()),), (one,))[1] / 2

    def over_batches(direction):
        return jnp.mean(jax.vmap(lambda b: along(direction, b))(jnp.arange(m)), axis=0)

    alone = jax.lax.map(over_batches, jnp.eye(T), batch_size=min(T, 32))
    return jnp.sum(alone, axis=0), over_batches(jnp.ones(T))
