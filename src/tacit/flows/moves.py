"""The compiled loops of flows that repeat a move."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree

from .._types import Key


def looked_at(
    flow: Any,
    risk: Any,
    network: PyTree,
    key: Key,
    ticks: Int[Array, " t"],
    look: Callable[[Any], PyTree],
) -> PyTree:
    """What `look` sees of a run after increasing numbers `ticks` of moves, stacked.

    A pure function of arrays, to be mapped over runs that differ in their network, key
    or numbers of their flow: a vectorised ensemble. In return a run that breaks says
    nothing (it goes on with NaN), and its end is not bit for bit that of `train`.
    """

    def on(carry, tick):
        state, k = carry
        state = jax.lax.fori_loop(k, tick, lambda j, s: flow.move(risk, *s, j), state)
        return (state, tick), look(state[0])

    start = (network, flow.memory(risk, network, key)), jnp.zeros((), ticks.dtype)
    return jax.lax.scan(on, start, ticks)[1]


def sound(network):
    """Whether every parameter is finite."""
    return jnp.all(
        jnp.stack([jnp.all(jnp.isfinite(x)) for x in jax.tree.leaves(network)])
    )


@eqx.filter_jit
def march(flow, risk, most, now, k, i, ticks):
    """Move from number `k` on, by `most` moves or to the last of `ticks`.

    Gives the last state that is finite at a record, or at the end, its number, the next
    record, the networks at those that were passed, and whether all were finite.
    """
    end = k + most
    stack = jax.tree.map(lambda x: jnp.zeros((len(ticks), *x.shape), x.dtype), now[0])

    def on(carry):
        _, k, i, _, good = carry
        return (i < len(ticks)) & (k < end) & good

    def leg(carry):
        now, k, i, stack, _ = carry
        goal = jnp.minimum(ticks[i], end)
        there = jax.lax.fori_loop(k, goal, lambda j, s: flow.move(risk, *s, j), now)
        good = sound(there[0])
        stack = jax.tree.map(lambda xs, x: xs.at[i].set(x), stack, there[0])
        now = jax.tree.map(lambda a, b: jnp.where(good, a, b), there, now)
        passed = good & (goal == ticks[i])
        return now, jnp.where(good, goal, k), i + passed.astype(i.dtype), stack, good

    carry = (now, k, i, stack, jnp.ones((), bool))
    return jax.lax.while_loop(on, leg, carry)


@eqx.filter_jit
def careful(flow, risk, start, begin, end):
    """The last finite state on the way from `begin` to `end`, found step by step."""

    def on(carry):
        _, _, k, ahead = carry
        return (k < end) & ahead

    def move(carry):
        network, memory, k, _ = carry
        there, after = flow.move(risk, network, memory, k)
        good = sound(there)
        kept = jax.tree.map(
            lambda a, b: jnp.where(good, a, b), (there, after), (network, memory)
        )
        return *kept, k + good.astype(k.dtype), good

    network, memory, k, _ = jax.lax.while_loop(
        on, move, (*start, jnp.asarray(begin), jnp.ones((), bool))
    )
    return network, memory, k


@eqx.filter_jit
def until_event(flow, risk, crossing, last, most, now, k, first):
    """Move from number `k` on by `most`, to `last`, or to where the event happens.

    `first` is its sign at the start of the run, NaN where that is here.
    """
    here = jnp.sign(crossing(now[0], jnp.asarray(k, float)))
    first = jnp.where(jnp.isnan(first), here, first)
    end = jnp.minimum(last, k + most)

    def on(carry):
        _, _, k, met, good = carry
        return (k < end) & ~met & good

    def move(carry):
        network, memory, k, _, _ = carry
        network, memory = flow.move(risk, network, memory, k)
        side = crossing(network, jnp.asarray(k + 1, float))
        met = jnp.sign(side) * first <= 0  # False where the event is not a number
        return network, memory, k + 1, met, sound(network)

    carry = (*now, k, first == 0, jnp.ones((), bool))
    network, memory, k, met, good = jax.lax.while_loop(on, move, carry)
    return (network, memory), k, first, met & good, good
