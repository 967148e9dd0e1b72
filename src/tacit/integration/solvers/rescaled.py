"""Explicit steps in a clock of its own, in which a plateau is as short as the rest.

The state carries the flow time along; the pace of the clock is a function of the
network. Records and events are in flow time.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ..bound import bound
from ..pieces import follow, work_of
from . import dop853
from .crossing import either, Search, TRIES
from .segment import Segment


SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0

CLOSE = 1e-13
"""An event is met to this share of what was left when its step began."""


class StepState(NamedTuple):
    """Where the integration stands; the last entry of `y` is the flow time."""

    y: Array
    slope: Array
    h: Array
    clock: Array
    steps: Array
    stuck: Array


def rescaled(
    tolerances, chart, field, network, pace: Callable, times, max_steps
) -> Segment:
    """Follow the field through flow `times`, at ``pace(network)`` of the clock.

    A step in the clock that would pass a record is taken in flow time instead, and so
    ends on it. `tolerances` are numbers; the flow time is not held to them.
    """
    parts = (tolerances, chart, field, network, pace, times, max_steps)
    return follow(bound(_rescaled, *parts), _work(field, network))


def rescaled_event(
    tolerances,
    chart,
    field,
    network,
    pace: Callable,
    crossing,
    within,
    every,
    max_steps,
) -> Segment:
    """Follow the field to where ``crossing(network, flow time)`` first is zero.

    The step in which it changes sign is taken again, shorter and shorter, until it ends
    there. No step is longer than `every` in flow time.
    """
    parts = (
        tolerances,
        chart,
        field,
        network,
        pace,
        crossing,
        within,
        every,
        max_steps,
    )
    return follow(bound(_rescaled_event, *parts), _work(field, network))


def _work(field, network):
    return dop853.EVALUATIONS * work_of(field.risk, network)


def _rescaled(tolerances, chart, field, network, pace, times, max_steps, most, carry):
    velocity, paced, shape, scale, stride = _begin(
        tolerances, chart, field, network, pace, times[-1]
    )
    if carry is None:
        record = jnp.full((len(times), stride.y.size - 1), jnp.inf)
        record = record.at[0].set(stride.y[:-1])
        early = (times[0] == 0).astype(int)  # the start is the first record
        carry = (stride, early, record)
    end = carry[0].steps + most

    def ahead(carry):
        stride, reached, _ = carry
        return (reached < len(times)) & (stride.steps < max_steps) & ~stride.stuck

    def going(carry):
        return ahead(carry) & (carry[0].steps < end)

    def on(carry):
        stride, reached, record = carry
        target = times[reached]
        # What the clock now makes of the way that is left.
        left = (target - stride.y[-1]) / stride.slope[-1]
        lands = stride.h >= left * (1 - 1e-12)
        h = jnp.where(lands, left, stride.h)
        flowing = jnp.where(lands, stride.slope[-1], 0.0)
        y, slope, err = _try(velocity, scale, stride, h, flowing)
        slope = jnp.where(lands, slope / (slope[-1] * paced(y)), slope)
        past = ~lands & (y[-1] > target)
        good = (err <= 1) & ~past
        there = good & lands
        y = y.at[-1].set(jnp.where(there, target, y[-1]))
        kept = jnp.where(there, y[:-1], record[reached])
        after = _judged(stride, y, slope, jnp.where(past, 1e4, err), h, good)
        # A step cut short by a record says little about the next one.
        after = after._replace(h=jnp.where(there, jnp.maximum(after.h, h), after.h))
        return (
            after,
            reached + there.astype(reached.dtype),
            record.at[reached].set(kept),
        )

    carry = jax.lax.while_loop(going, on, carry)
    stride, reached, record = carry
    states = jax.vmap(shape)(record)
    last = shape(stride.y[:-1])
    done = reached == len(times)
    leg = Segment(states, last, chart.leave(last), stride.y[-1], stride.steps, done)
    return carry, leg._replace(times=times), ~ahead(carry)


def _rescaled_event(
    tolerances, chart, field, network, pace, crossing, within, every, max_steps, most,
    carry,
):  # fmt: skip
    end = jnp.asarray(within, float)
    velocity, _, shape, scale, stride = _begin(
        tolerances, chart, field, network, pace, end
    )

    def side(y):
        return crossing(chart.leave(shape(y[:-1])), y[-1])

    if carry is None:
        first = side(stride.y)
        carry = (stride, Search.begin(first * first), stride.y, first)
    last_step = carry[0].steps + most

    def ahead(carry):
        stride, search, *_ = carry
        waits = (stride.y[-1] < end) & (stride.steps < max_steps) & ~stride.stuck
        close = CLOSE * search.here
        return jnp.where(search.met, search.bracket.opens(close, TRIES), waits)

    def going(carry):
        return ahead(carry) & (carry[0].steps < last_step)

    def on(carry):
        stride, search, _, first = carry
        # At the present pace; where it falls within the step the step is taken again.
        h = search.step(jnp.minimum(stride.h, 0.9 * every / stride.slope[-1]))
        y, slope, err = _try(velocity, scale, stride, h, jnp.zeros(()))
        err = jnp.where(y[-1] - stride.y[-1] > every, 1e4, err)
        good = err <= 1
        after = _judged(stride, y, slope, err, h, good)
        search = search.after(h, side(y) * first, good)
        return either(search.met, stride, after), search, y, first

    carry = jax.lax.while_loop(going, on, carry)
    stride, (met, *_), y, _ = carry
    y = jnp.where(met, y, stride.y)
    last = shape(y[:-1])
    none = jax.tree.map(lambda x: x[None][:0], last)
    leg = Segment(none, last, None, y[-1], stride.steps, met)
    return carry, leg, ~ahead(carry)


def _begin(tolerances, chart, field, network, pace, end):
    flat, shape = ravel_pytree(chart.enter(network))
    rtol, atol = tolerances

    def paced(y):
        return pace(chart.leave(shape(y[:-1])))

    def velocity(y, flowing):
        """That in the clock, or in flow time where `flowing` is its speed there."""
        plain = ravel_pytree(chart.velocity(field, shape(y[:-1])))[0]
        speed = jnp.where(flowing > 0, flowing, 1 / paced(y))
        return speed * jnp.append(plain, 1.0)

    def scale(a, b):
        sizes = atol + rtol * jnp.maximum(jnp.abs(a), jnp.abs(b))
        return sizes.at[-1].set(jnp.inf)

    y = jnp.append(flat, 0.0)
    slope, h = dop853.begin(
        lambda y: velocity(y, jnp.zeros(())),
        y,
        scale(y, y),
        lambda slope: end / slope[-1],
    )
    stuck = ~jnp.all(jnp.isfinite(slope))
    none = jnp.zeros((), int)
    return (
        velocity,
        paced,
        shape,
        scale,
        StepState(y, slope, h, jnp.zeros(()), none, stuck),
    )


def _try(velocity, scale, stride, h, flowing):
    y, slopes = dop853.compact_step(
        lambda y: velocity(y, flowing), stride.y, stride.slope, h
    )
    err = dop853.error(slopes, h, scale(stride.y, y))
    return y, slopes[-1], jnp.where(jnp.isfinite(err), err, jnp.inf)


def _judged(stride: StepState, y, slope, err, h, good) -> StepState:
    """The stride after a step of error `err`: there, or here with a shorter one."""
    bounded = jnp.clip(err, 1e-10, 1e10)
    factor = jnp.clip(
        SAFETY * bounded ** (-1 / dop853.ORDER), SHRINK, jnp.where(good, GROW, 1.0)
    )
    h_next = h * factor
    clock = jnp.where(good, stride.clock + h, stride.clock)
    return StepState(
        jnp.where(good, y, stride.y),
        jnp.where(good, slope, stride.slope),
        h_next,
        clock,
        stride.steps + 1,
        ~good & (h_next <= 4 * jnp.finfo(float).eps * clock),
    )
