"""Short and smooth stretches of a flow: adaptive explicit steps, compiled."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ..bound import bound
from ..pieces import follow, follow_from, work_of
from . import dop853
from .crossing import either, Search, TRIES
from .segment import Segment


SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0
MEMORY = 0.02
"""Weight of the last error in the next step: where stability and not accuracy holds the
step, a controller without memory rejects every fifth."""


class StepState(NamedTuple):
    """Where the integration stands between two steps."""

    t: Array
    y: Array
    slope: Array
    h: Array
    last_error: Array
    steps: Array
    reached: Array
    record: Array
    stuck: Array


def explicit(tolerances, chart, field, network, times, max_steps) -> Segment:
    """Follow the field through `times`.

    Every recorded time ends a step of its own, so no state is interpolated. Where it
    had to stop, the states not reached are infinite.
    """
    common = chart.common
    parts = (tolerances, common, field, chart.enter(network), times, max_steps)
    leg = follow(bound(_explicit, *parts), _work(field, network))
    return leg if common is chart else leg._replace(end=leave(chart, leg.last))


def explicit_in_windows(
    tolerances, chart, field, network, windows, max_steps
) -> Iterator[Segment]:
    """`explicit` through the times of one window after another.

    The steps are those of one walk, but no more states are held than in a window.
    """
    walk, steps, start = None, 0, chart.enter(network)
    for times in windows:
        if walk is not None:
            record = np.full((len(times), walk.y.size), np.inf)
            walk = walk._replace(reached=np.zeros((), int), record=record)
        parts = (tolerances, chart, field, start, times, max_steps)
        loop, work = bound(_explicit, *parts), _work(field, network)
        leg, walk = follow_from(walk, loop, work, steps=steps)
        steps = int(leg.steps)
        yield leg
        if not leg.good:
            return


def explicit_event(
    tolerances, chart, field, network, crossing, within, every, max_steps
) -> Segment:
    """Follow the field to where ``crossing(network, time)`` first is zero.

    The step in which it changes sign is taken again, shorter and shorter, until it ends
    there: the event is found to the order of the method. No step is longer than
    `every`, so nothing that lasts so long is stepped over.
    """
    y = chart.enter(network)
    parts = (tolerances, chart, field, y, crossing, within, every, max_steps)
    return follow(bound(_explicit_event, *parts), _work(field, network))


def _work(field, network):
    return dop853.EVALUATIONS * work_of(field.risk, network)


def _explicit(tolerances, chart, field, start, times, max_steps, most, walk):
    velocity, shape, y = flat(chart, field, start)
    first = begin(velocity, tolerances, y, times)
    walk = first if walk is None else walk
    end = walk.steps + most

    def going(walk):
        return ahead(walk, times, max_steps) & (walk.steps < end)

    def on(walk):
        there, walk = toward(velocity, tolerances, times, walk)
        at = walk.reached - there.astype(walk.reached.dtype)
        kept = jnp.where(there, walk.y, walk.record[at])
        return walk._replace(record=walk.record.at[at].set(kept))

    walk = jax.lax.while_loop(going, on, walk)
    good = walk.reached == len(times)
    last = shape(walk.y)
    states = jax.vmap(shape)(walk.record)
    leg = Segment(states, last, chart.leave(last), walk.t, walk.steps, good)
    there = ~ahead(walk, times, max_steps)
    return walk, leg._replace(times=jnp.asarray(times)), there


def ahead(walk: StepState, times: Array, max_steps: Array) -> Array:
    """Whether there is a record still to be reached, and a way to go on."""
    return (walk.reached < len(times)) & (walk.steps < max_steps) & ~walk.stuck


def toward(
    velocity: Callable, tolerances: tuple, times: Array, walk: StepState
) -> tuple[Array, StepState]:
    """One step towards the next of `times`; whether it is there, and the state then.

    The record is left to the caller.
    """
    left = times[walk.reached] - walk.t
    lands = walk.h >= left * (1 - 1e-12)
    h = jnp.where(lands, left, walk.h)
    y, slope, err = _try(velocity, tolerances, walk, h)
    good = err <= 1
    there = good & lands
    t = jnp.where(there, times[walk.reached], jnp.where(good, walk.t + h, walk.t))
    walk = _judged(walk, y, slope, err, h, t)
    # A step cut short by a record says little about the next one.
    return there, walk._replace(
        h=jnp.where(there, jnp.maximum(walk.h, h), walk.h),
        reached=walk.reached + there.astype(walk.reached.dtype),
    )


def _explicit_event(
    tolerances, chart, field, start, crossing, within, every, max_steps, most, carry
):
    end = jnp.asarray(within, float)[None]
    velocity, shape, y = flat(chart, field, start)
    walk = begin(velocity, tolerances, y, end)

    def side(y, t):
        return crossing(chart.leave(shape(y)), t)

    if carry is None:
        first = side(walk.y, walk.t)
        carry = (walk, Search.begin(first * first), walk.y, first)
    last_step = carry[0].steps + most

    def waiting(carry):
        walk, search, *_ = carry
        waits = (walk.t < end[0]) & (walk.steps < max_steps) & ~walk.stuck
        return jnp.where(search.met, search.bracket.opens(0.0, TRIES), waits)

    def going(carry):
        return waiting(carry) & (carry[0].steps < last_step)

    def on(carry):
        walk, search, _, first = carry
        h = search.step(jnp.minimum(jnp.minimum(walk.h, every), end[0] - walk.t))
        y, slope, err = _try(velocity, tolerances, walk, h, dop853.compact_step)
        good = err <= 1
        after = _judged(walk, y, slope, err, h, jnp.where(good, walk.t + h, walk.t))
        search = search.after(h, side(y, walk.t + h) * first, good)
        return either(search.met, walk, after), search, y, first

    carry = jax.lax.while_loop(going, on, carry)
    walk, (met, _, bracket), y, _ = carry
    h = jnp.where(met, bracket.begun(), 0.0)
    last = shape(jnp.where(met, y, walk.y))
    none = jax.tree.map(lambda x: x[None][:0], last)
    leg = Segment(none, last, None, walk.t + h, walk.steps, met)
    return carry, leg, ~waiting(carry)


def leave(chart: Any, y: Any) -> Any:
    """The network at one state, compiled."""
    return bound(_leave, chart)(y)


def _leave(chart, y):
    return chart.leave(y)


def flat(chart: Any, field: Any, start: Any) -> tuple[Callable, Callable, Array]:
    """The velocity in flat coordinates, how they are shaped, and those of `start`."""
    y, shape = ravel_pytree(start)

    @jax.jit  # traced once, not at each of the thirteen stages
    def velocity(y):
        return ravel_pytree(chart.velocity(field, shape(y)))[0]

    return velocity, shape, y


def begin(velocity: Callable, tolerances: tuple, y: Array, times: Array) -> StepState:
    """The state before the first step; the start may be the first record."""
    scale = _scale(tolerances, y, y)
    slope, h = dop853.begin(velocity, y, scale, lambda _: jnp.asarray(times[-1]))
    zero, none = jnp.zeros(()), jnp.zeros((), int)
    record = jnp.full((len(times), y.size), jnp.inf).at[0].set(y)
    early = (times[0] == 0).astype(int)
    stuck = ~jnp.all(jnp.isfinite(slope))
    return StepState(zero, y, slope, h, jnp.ones(()), none, early, record, stuck)


def _scale(tolerances, a, b):
    rtol, atol = tolerances
    return jnp.broadcast_to(atol + rtol * jnp.maximum(jnp.abs(a), jnp.abs(b)), a.shape)


def _try(velocity, tolerances, walk, h, step=dop853.step):
    y, slopes = step(velocity, walk.y, walk.slope, h)
    err = dop853.error(slopes, h, _scale(tolerances, walk.y, y))
    return y, slopes[-1], jnp.where(jnp.isfinite(err), err, jnp.inf)


def _judged(walk: StepState, y, slope, err, h, t) -> StepState:
    """The walk after a step of error `err`: there, or still here with a shorter one."""
    good = err <= 1
    power = 1 / dop853.ORDER
    bounded = jnp.clip(err, 1e-10, 1e10)
    steady = SAFETY * bounded ** -(power - 0.75 * MEMORY) * walk.last_error**MEMORY
    factor = jnp.where(good, steady, SAFETY * bounded**-power)
    shorter = h * jnp.clip(factor, SHRINK, jnp.where(good, GROW, 1.0))
    return walk._replace(
        t=t,
        y=jnp.where(good, y, walk.y),
        slope=jnp.where(good, slope, walk.slope),
        h=shorter,
        last_error=jnp.where(good, jnp.maximum(bounded, 1e-4), walk.last_error),
        steps=walk.steps + 1,
        stuck=~good & (shorter <= 4 * jnp.finfo(float).eps * walk.t),
    )
