"""Short and smooth stretches of a flow: adaptive explicit steps, compiled."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..bound import bound
from ..pieces import follow, follow_from, work_of
from . import dop853
from .crossing import either, Search, TRIES
from .explicit_steps import (
    ahead,
    attempt,
    begin,
    flat,
    judged,
    toward,
    unbegun,
)
from .segment import entered, Segment


def explicit(tolerances, chart, field, network, times, max_steps) -> Segment:
    """Follow the field through `times`.

    Every recorded time ends a step of its own, so no state is interpolated. Where it
    had to stop, the states not reached are infinite.
    """
    common = chart.common
    start = entered(chart, network)
    parts = (tolerances, common, field, start, times, max_steps)
    loop, first = bound(_explicit, *parts), unbegun(start, len(times))
    leg, _ = follow_from(first, loop, _work(field, network))
    return leg if common is chart else leg._replace(end=leave(chart, leg.last))


def explicit_in_windows(
    tolerances, chart, field, network, windows, max_steps
) -> Iterator[Segment]:
    """`explicit` through the times of one window after another.

    The steps are those of one walk, but no more states are held than in a window.
    """
    steps, start = 0, entered(chart, network)
    walk = unbegun(start, len(windows[0]))
    for times in windows:
        if walk.steps >= 0:
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
    y = entered(chart, network)
    parts = (tolerances, chart, field, y, crossing, within, every, max_steps)
    return follow(bound(_explicit_event, *parts), _work(field, network))


def _work(field, network):
    return dop853.EVALUATIONS * work_of(field.risk, network)


def _explicit(tolerances, chart, field, start, times, max_steps, most, walk):
    velocity, shape, y = flat(chart, field, start)
    walk = jax.lax.cond(
        walk.steps < 0,
        lambda _: begin(velocity, tolerances, y, times),
        lambda walk: walk,
        walk,
    )
    step = dop853.compact_step if _of_layers(start) else dop853.step
    end = walk.steps + most

    def going(walk):
        return ahead(walk, times, max_steps) & (walk.steps < end)

    def on(walk):
        there, walk = toward(velocity, tolerances, times, walk, step)
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


def _of_layers(start: Any) -> bool:
    """Whether the coordinates are layers, whose slope is products over the sample.

    Beside them a loop over the stages of a step costs nothing (-15 to 6 % of the time
    on seven networks of 50 to 160 parameters), and it compiles in half the time. In a
    vector of coordinates of 20 features it costs 60 %.
    """
    return not jax.tree_util.treedef_is_leaf(jax.tree.structure(start))


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
        y, slope, err = attempt(velocity, tolerances, walk, h, dop853.compact_step)
        good = err <= 1
        after = judged(walk, y, slope, err, h, jnp.where(good, walk.t + h, walk.t))
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
    """The network at one state, compiled where the chart cannot do without."""
    by_numbers = chart.leave_numbers
    return by_numbers(chart, y) if by_numbers else bound(_leave, chart)(y)


def _leave(chart, y):
    return chart.leave(y)
