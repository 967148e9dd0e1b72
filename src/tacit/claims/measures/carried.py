"""How far memory carries an optimiser off its memoryless iteration, to leading order.

It is known where the run starts, before any training.
"""

import dataclasses
import functools
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ...experiment import Experiment
from ...flows import Memoryless
from ...flows.memoryless import memory_of
from ..hypotheses.memory import longest_memory


FORGOTTEN = 28
"""Times over which a memory must fall by 1/e to leave no more than rounding."""


def window(flow: Any) -> int:
    """How many moves a memory lasts, to rounding."""
    return math.ceil(FORGOTTEN / -math.log(longest_memory(flow)))


def carried(experiment: Experiment, moves: int) -> np.ndarray:
    r"""$-\sum_t \mathrm{Corr}_t(\theta_0)$ over the first `moves`, ``(P,)``.

    With fewer parameters than the moves that are remembered, the averages' Jacobian is
    carried from move to move; with more, every move looks back at those it remembers.
    """
    flow: Any = experiment.flow
    # A step of 1: the moves start where they started, and nothing is lost in adding.
    flow = dataclasses.replace(flow, step=1.0, schedule=None)
    long = min(window(flow), flow.warm + moves)
    start = experiment.risk, experiment.network, jax.random.key(experiment.seed)
    if ravel_pytree(experiment.network)[0].size <= long:
        return -np.asarray(_corrections(*start, flow, jnp.asarray(moves)))
    total = functools.partial(_still, *start)
    both, main = (
        total(Memoryless(flow, correct, long), moves) for correct in (True, False)
    )
    return np.asarray(both - main)


@eqx.filter_jit
def _corrections(risk, network, key, flow, moves) -> Float[Array, " P"]:
    """The sum of the corrections, by one pass over the moves.

    In move `t` the gradients of a past move `k` were taken where that move was, which
    is $S_t - S_k$ from here for the sums $S$ of the moves in between. So every move
    needs the derivative of the averages along $S_t$, for which it has their Jacobian,
    less that along the past, which is an average itself.
    """
    kept = memory_of(flow)
    rule, (at, back) = kept.rule, ravel_pytree(network)
    sampler, zero, basis = flow.sampler(risk), jnp.zeros_like(at), jnp.eye(len(at))

    def value(theta, rows):
        return risk.value(back(theta), rows) + kept.coupled * jnp.sum(theta**2) / 2

    slope = jax.grad(value)

    def taken(rows):
        return slope(at, rows), jax.jacfwd(lambda theta: slope(theta, rows))(at)

    def average(sums, g):
        m, v = sums
        return rule.update(m, v, g)

    known: Any = None
    begin: Any = None
    if sampler is None:
        known = taken(None)
    else:
        begin = sampler.begin(key)
        if sampler.fixed:
            known = jax.vmap(taken)(sampler.table)

    def drawn(draw, t):
        if sampler is None:
            return known, draw
        if sampler.fixed:
            which, draw = sampler.choose(draw, t)
            return jax.tree.map(lambda each: each[which], known), draw
        rows, draw = sampler.draw(draw, t)
        return taken(rows), draw

    def move(carry, t):
        draw, sums, turned, gone, last = carry
        (g, H), draw = drawn(draw, t)
        ahead = rule.beta1 * last if rule.nesterov else zero
        along = jnp.vstack([basis, gone + ahead]) @ H
        # The same for all directions: of the sums, and of what they become.
        sums, turned = jax.vmap(
            lambda d, dg: jax.jvp(average, (sums, g), (d, dg)), out_axes=(None, 0)
        )(turned, along)
        m, v = rule.debias(sums[0], sums[1], t)
        dm, dv = (gone @ each[:-1] - each[-1] for each in turned)
        dm, dv = rule.debias(dm, dv, t)
        on = t >= kept.warm
        corrected = jnp.where(on, rule.jvp(m, v, dm, dv), 0.0)
        last = jnp.where(on, rule.direction(m, v) + kept.decoupled * at, 0.0)
        return (draw, sums, turned, gone + last, last), corrected

    wide = jnp.zeros((len(at) + 1, len(at)))
    carry = begin, (zero, zero), (wide, wide), zero, zero

    def add(t, state):
        carry, total = state
        carry, corrected = move(carry, t)
        return carry, total + corrected

    return jax.lax.fori_loop(0, kept.warm + moves, add, (carry, zero))[1]


@eqx.filter_jit
def _still(risk, network, key, flow, moves):
    """The sum of the first `moves`, each made from where the network is."""
    at = ravel_pytree(network)[0]

    def add(k, state):
        memory, total = state
        moved, memory = flow.move(risk, network, memory, k)
        return memory, total + ravel_pytree(moved)[0] - at

    begin = flow.memory(risk, network, key), 0 * at
    return jax.lax.fori_loop(0, moves, add, begin)[1]
