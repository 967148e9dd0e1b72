"""What claims about single moves share: batches of a run, and dense differentiation."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from ...experiment import Experiment
from ...flows import AbstractFixedStep
from ...memory import long_memory
from ...networks import AbstractNetwork, MLP
from ...observables import deviations
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


def trained(
    flow: AbstractFixedStep,
    risk: Risk,
    networks: AbstractNetwork,
    seeds: Int[Array, " inits"],
    moves: int,
) -> AbstractNetwork:
    """Where `flow` takes every one of stacked `networks`, each on its own batches."""
    # Its numbers as arrays, so that other memories need no compilation.
    led = jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, flow)
    return _trained(led, risk, networks, seeds, jnp.asarray(moves))


@eqx.filter_jit
def _trained(flow, risk, networks, seeds, moves):
    def one(network, seed):
        start = network, flow.memory(risk, network, jax.random.key(seed))
        move = jax.lax.fori_loop(0, moves, lambda k, s: flow.move(risk, *s, k), start)
        return move[0]

    return jax.vmap(one)(networks, seeds)


def redrawn(network: MLP, count: int) -> MLP:
    """As many other starts with the size of each layer, stacked."""
    starts = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        weights = [
            np.sqrt(np.mean(np.asarray(W) ** 2)) * rng.standard_normal(W.shape)
            for W in network.weights
        ]
        starts.append(MLP(weights, network.activation))
    return stacked(starts)


def stacked(networks: Sequence[AbstractNetwork]) -> AbstractNetwork:
    """Networks of one shape as one, with a leading axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)


def slope_of(risk: Risk, back: Callable, at: Float[Array, " P"]) -> Float[Array, " P"]:
    """The gradient of the risk as a vector."""
    return ravel_pytree(risk.gradient(back(at)))[0]


def one_norm(
    risk: Risk, back: Callable, at: Float[Array, " P"], eps: float
) -> Float[Array, ""]:
    """The 1-norm of the gradient, with `eps` added to every square."""
    return jnp.sum(jnp.sqrt(slope_of(risk, back, at) ** 2 + eps))


def sharpness(risk: Risk, back: Callable, at: Float[Array, " P"]) -> Float[Array, ""]:
    """The trace of the Hessian, exactly."""
    return jnp.trace(jax.jacfwd(lambda w: slope_of(risk, back, w))(at))


def push_of_square(
    risk: Risk,
    back: Callable,
    at: Float[Array, " P"],
    share: Float[Array, ""],
    eps: float,
) -> Float[Array, " P"]:
    r"""What a unit of $\beta_2 / (1 - \beta_2)$ adds to the mean correction of Adam.

    For a long second memory; `share` is the variance of a batch's gradient over that of
    a sample.
    """

    def moments(w):
        g, noise, mass = deviations(risk, back(w))
        return g, g**2 + share * (mass @ noise**2)

    return long_memory(moments, at, 1.0, 1.0, eps).of_beta2


def cosine(a: Float[Array, " P"], b: Float[Array, " P"]) -> Float[Array, ""]:
    """Of the angle between two vectors."""
    return a @ b / jnp.sqrt((a @ a) * (b @ b))
