"""What claims about many starts share: training them together, and what is read off."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from ...flows import AbstractFixedStep
from ...flows.moves import looked_at
from ...memory import long_memory
from ...networks import AbstractNetwork, MLP
from ...observables import deviations
from ...risk import Risk


def trained(
    flow: AbstractFixedStep,
    risk: Risk,
    networks: AbstractNetwork,
    seeds: Int[Array, " inits"],
    moves: int,
) -> AbstractNetwork:
    """Where `flow` takes every one of stacked `networks`, each on its own batches.

    Vectorised, and not an ensemble: every run has a seed of its own, and only averages
    over them are read.
    """
    # Its numbers as arrays, so that other memories need no compilation.
    led = jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, float) else x, flow)
    return _trained(led, risk, networks, seeds, jnp.asarray(moves))


@eqx.filter_jit
def _trained(flow, risk, networks, seeds, moves):
    def one(network, seed):
        key = jax.random.key(seed)
        return looked_at(flow, risk, network, key, moves[None], lambda there: there)

    ends = jax.vmap(one)(networks, seeds)
    return jax.tree.map(lambda x: x[:, 0], ends)


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
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)


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
