"""Many runs that differ in numbers only, in one compiled loop."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from ...flows import AbstractFixedStep, Memoryless
from ...networks import AbstractNetwork
from ...risk import Risk


def stacked(networks: Sequence[AbstractNetwork]) -> Any:
    """Networks of one shape as one, with an axis of their own in front."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *networks)


def march(
    flow: AbstractFixedStep,
    betas: Float[Array, "runs 2"],
    risk: Risk,
    starts: PyTree,
    seeds: Sequence[int],
    ticks: Sequence[int],
    look: Callable[[Any], PyTree],
) -> PyTree:
    """What `look` sees of the network at the `ticks`, of every run ``(runs, t, ...)``.

    The runs are those of `flow` with the memories `betas`, from `starts` (stacked),
    with the batches that an `Experiment` with these `seeds` draws.
    """
    keys = jnp.stack([jax.random.key(seed) for seed in seeds])
    return _marched(flow, betas, risk, starts, keys, jnp.asarray(ticks), look)


def remembering(flow: Any, pair: Float[Array, " 2"]) -> Any:
    """`flow`, or what it is the memoryless iteration of, with these two memories."""
    if isinstance(flow, Memoryless):
        where = lambda f: (f.of.beta1, f.of.beta2)  # noqa: E731
    else:
        where = lambda f: (f.beta1, f.beta2)  # noqa: E731
    return eqx.tree_at(where, flow, (pair[0], pair[1]))


@eqx.filter_jit
def _marched(flow, betas, risk, starts, keys, ticks, look):
    def one(pair, network, key):
        now = remembering(flow, pair)
        begin = (network, now.memory(risk, network, key))

        def leg(carry, tick):
            state, k = carry
            state = jax.lax.fori_loop(
                k, tick, lambda j, s: now.move(risk, *s, j), state
            )
            return (state, tick), look(state[0])

        return jax.lax.scan(leg, (begin, jnp.zeros((), ticks.dtype)), ticks)[1]

    return jax.vmap(one)(betas, starts, keys)
