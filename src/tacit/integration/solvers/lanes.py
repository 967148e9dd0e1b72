"""Many explicit flows at once: lanes of a batch, each refilled when its flow is there.

Flows side by side share every step's overhead, and each keeps a step length of its own.
A plain `vmap` walks on until the slowest of all is there. Here a few flows are under
way, and when some of them have arrived others take their places.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ...compilation import swift_jit
from ..lockstep import count
from ..pieces import follow, size_of
from . import dop853
from .crossing import either
from .explicit_steps import ahead, begin, flat, StepState, toward
from .segment import entered, Segment


CACHE = 2**15
"""Bytes of the data of all lanes that stay near the processor."""

FEWEST, MOST, SHARED = 8, 64, 128
"""Lanes: at least, at most, and where all flows share their data."""

IDLE = 8
"""One lane in so many may wait before the idle ones are filled together; and for every
lane so many flows, if there are enough of them."""


class _Kept(NamedTuple):
    """What is known of every flow so far, stacked; `states` at the recorded times."""

    states: Array
    last: Array
    time: Array
    steps: Array
    good: Array


class _Lanes(NamedTuple):
    """The flows under way, a lane each; `job` is beyond the last where one is empty."""

    walk: StepState
    parts: Any
    job: Array
    next: Array
    turns: Array


class _Leg(NamedTuple):
    """As `follow` wants it: `steps` are the turns that all lanes took together."""

    kept: _Kept
    steps: Array
    stopped: bool = False


def explicit_many(
    jobs: Sequence[tuple], times: np.ndarray, max_steps: int, *, shared: bool
) -> list[Segment]:
    """`explicit` of every job ``(tolerances, chart, field, network)``, side by side.

    They have `times` and every shape in common, and if `shared` the field. A flow that
    has to stop leaves its lane to another. `end` is the network of each.
    """
    width, alone = _width(jobs, shared=shared), jobs[0][2] if shared else None
    jobs = [
        (tolerances, chart, None if shared else field, entered(chart, network))
        for tolerances, chart, field, network in jobs
    ]
    filled = [*jobs, *[jobs[-1]] * (_rounded(len(jobs)) - len(jobs))]
    stack = jax.tree.map(_stacked, *filled)
    number = np.asarray(len(jobs))
    loop = functools.partial(
        _walk, stack, alone, number, times, np.asarray(max_steps), width
    )
    found = follow(loop, dop853.EVALUATIONS * width * size_of((jobs[0], alone)))
    kept: _Kept = jax.tree.map(np.asarray, found.kept)
    count(int(found.steps) * width, int(kept.steps[: len(jobs)].sum()))
    shaped = jax.tree.map(np.asarray, _shaped(stack, kept.states, kept.last))
    segments = []
    for i in range(len(jobs)):
        states, last, end = jax.tree.map(lambda x, i=i: x[i], shaped)
        good = bool(kept.good[i])
        halted = found.stopped and not good
        time, steps = kept.time[i], int(kept.steps[i])
        segments.append(Segment(states, last, end, time, steps, good, stopped=halted))
    return segments


@swift_jit
def _walk(stack, alone, number, times, max_steps, width, most, carry):
    arrays, rest = eqx.partition(stack, eqx.is_array)
    empty = jax.tree.leaves(arrays)[0].shape[0]  # a place that nothing is written to

    def made(parts):
        tolerances, chart, field, y = eqx.combine(parts, rest)
        return tolerances, *flat(chart, alone if field is None else field, y)

    def start(parts):
        tolerances, velocity, _, y = made(parts)
        return begin(velocity, tolerances, y, times)._replace(record=())

    def step(parts, walk):
        tolerances, velocity, *_ = made(parts)
        there, after = toward(velocity, tolerances, times, walk)
        goes = ahead(walk, times, max_steps)
        return there & goes, either(goes, after, walk)

    def idle(lanes):
        return ~jax.vmap(lambda walk: ahead(walk, times, max_steps))(lanes.walk)

    def fill_now(lanes):
        free = jnp.sum(idle(lanes))
        return (lanes.next < number) & (free >= max(1, width // IDLE))

    def refilled(lanes):
        free = idle(lanes)
        job = jnp.where(free, lanes.next + jnp.cumsum(free) - 1, lanes.job)
        new, job = free & (job < number), jnp.where(job < number, job, empty)
        parts = jax.tree.map(lambda x: x[jnp.minimum(job, number - 1)], arrays)
        parts, walk = jax.vmap(either)(
            new, (parts, jax.vmap(start)(parts)), (lanes.parts, lanes.walk)
        )
        after = jnp.minimum(lanes.next + jnp.sum(free), number)
        return _Lanes(walk, parts, job, after, lanes.turns)

    def going(state):
        lanes, _ = state
        return (lanes.turns < end) & ((lanes.next < number) | ~jnp.all(idle(lanes)))

    def on(state):
        lanes, kept = state
        wanted = fill_now(lanes) | jnp.all(idle(lanes))
        lanes = jax.lax.cond(wanted, refilled, lambda lanes: lanes, lanes)

        def nothing_to_do(state):
            walk, there, turns = state
            now = lanes._replace(walk=walk)
            waits = jnp.any(there) | fill_now(now) | jnp.all(idle(now))
            return ~waits & (turns < end)

        def turn(state):
            walk, _, turns = state
            there, walk = jax.vmap(step)(lanes.parts, walk)
            return walk, there, turns + 1

        walk, there, turns = jax.lax.while_loop(
            nothing_to_do, turn, (lanes.walk, jnp.zeros(width, bool), lanes.turns)
        )
        at = jnp.where(there, lanes.job, empty)
        kept = _Kept(
            kept.states.at[at, walk.reached - 1].set(walk.y, mode="drop"),
            kept.last.at[lanes.job].set(walk.y, mode="drop"),
            kept.time.at[lanes.job].set(walk.t, mode="drop"),
            kept.steps.at[lanes.job].set(walk.steps, mode="drop"),
            kept.good.at[lanes.job].set(walk.reached == len(times), mode="drop"),
        )
        return lanes._replace(walk=walk, turns=turns), kept

    if carry is None:
        parts = jax.tree.map(lambda x: x[:width], arrays)
        walk = jax.vmap(start)(parts)
        walk = walk._replace(reached=jnp.full(width, len(times)))
        none = jnp.zeros((), int)
        lanes = _Lanes(walk, parts, jnp.full(width, empty), none, none)
        y = jax.vmap(lambda parts: made(parts)[-1])(arrays)
        zeros = jnp.zeros(empty)
        carry = lanes, _Kept(
            jnp.full((empty, len(times), y.shape[1]), jnp.inf), y,
            zeros, zeros.astype(int), zeros.astype(bool),
        )  # fmt: skip
    end = carry[0].turns + most
    lanes, kept = carry = jax.lax.while_loop(going, on, carry)
    return carry, _Leg(kept, lanes.turns), ~going((lanes._replace(turns=end - 1), kept))


@swift_jit
def _shaped(stack, states, last):
    """The states in the shape of the coordinates, and the network at the last."""
    arrays, rest = eqx.partition(stack, eqx.is_array)

    def one(parts, states, last):
        _, chart, _, start = eqx.combine(parts, rest)
        shape = ravel_pytree(start)[1]
        end = shape(last)
        return jax.vmap(shape)(states), end, chart.leave(end)

    return jax.vmap(one)(arrays, states, last)


def _stacked(*leaves):
    return np.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0]


def _rounded(number: float | int) -> int:
    """The next power of 2, so that few numbers of jobs compile anything."""
    return 2 ** math.ceil(math.log2(max(number, 1)))


def _width(jobs: Sequence[tuple], *, shared: bool) -> int:
    """How many lanes: no more than the cache has room for, or than can be refilled."""
    most = min(_rounded(len(jobs)), max(FEWEST, _rounded(len(jobs)) // IDLE))
    if shared:
        return min(SHARED, most)
    room = CACHE / (8 * max(size_of(jobs[0][2]), 1))
    return min(MOST, most, max(FEWEST, _rounded(math.floor(room))))
