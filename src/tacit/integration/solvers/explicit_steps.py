"""One explicit step after another: the state between two, and how long the next is."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ..pieces import size_of
from . import dop853


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


def unbegun(start: Any, records: int) -> StepState:
    """Where no step has been taken and nothing computed: `steps` is -1.

    Told by a number and not by its type, so that a run of several pieces compiles no
    more than a run of one.
    """
    size, zero = size_of(start), np.zeros(())
    still, record = np.zeros(size), np.zeros((records, size))
    none, no = np.zeros((), int), np.zeros((), bool)
    # NumPy's, so that nothing is computed before the one call that is compiled.
    parts: list[Any] = [zero, still, still, zero, zero, none - 1, none, record, no]
    return StepState(*parts)


def flat(chart: Any, field: Any, start: Any) -> tuple[Callable, Callable, Array]:
    """The velocity in flat coordinates, how they are shaped, and those of `start`."""
    y, shape = ravel_pytree(start)

    @jax.jit  # traced once, not at each of the thirteen stages
    def velocity(y):
        return ravel_pytree(chart.velocity(field, shape(y)))[0]

    return velocity, shape, y


def begin(velocity: Callable, tolerances: tuple, y: Array, times: Array) -> StepState:
    """The state before the first step; the start may be the first record."""
    scale = scale_of(tolerances, y, y)
    slope, h = dop853.begin(velocity, y, scale, lambda _: jnp.asarray(times[-1]))
    zero, none = jnp.zeros(()), jnp.zeros((), int)
    record = jnp.full((len(times), y.size), jnp.inf).at[0].set(y)
    early = (times[0] == 0).astype(int)
    stuck = ~jnp.all(jnp.isfinite(slope))
    return StepState(zero, y, slope, h, jnp.ones(()), none, early, record, stuck)


def scale_of(tolerances: tuple, a: Array, b: Array) -> Array:
    """The error that is allowed in every coordinate between `a` and `b`."""
    rtol, atol = tolerances
    return jnp.broadcast_to(atol + rtol * jnp.maximum(jnp.abs(a), jnp.abs(b)), a.shape)


def attempt(
    velocity: Callable, tolerances: tuple, walk: StepState, h: Array, step: Callable
) -> tuple[Array, Array, Array]:
    """The state after one `step` of length `h`, the slope there, and the error."""
    y, slopes = step(velocity, walk.y, walk.slope, h)
    err = dop853.error(slopes, h, scale_of(tolerances, walk.y, y))
    return y, slopes[-1], jnp.where(jnp.isfinite(err), err, jnp.inf)


def judged(
    walk: StepState, y: Array, slope: Array, err: Array, h: Array, t: Array
) -> StepState:
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


def ahead(walk: StepState, times: Array, max_steps: Array) -> Array:
    """Whether there is a record still to be reached, and a way to go on."""
    return (walk.reached < len(times)) & (walk.steps < max_steps) & ~walk.stuck


def toward(
    velocity: Callable,
    tolerances: tuple,
    times: Array,
    walk: StepState,
    step: Callable = dop853.step,
) -> tuple[Array, StepState]:
    """One `step` towards the next of `times`; whether it is there, and the state then.

    The record is left to the caller.
    """
    left = times[walk.reached] - walk.t
    lands = walk.h >= left * (1 - 1e-12)
    h = jnp.where(lands, left, walk.h)
    y, slope, err = attempt(velocity, tolerances, walk, h, step)
    good = err <= 1
    there = good & lands
    t = jnp.where(there, times[walk.reached], jnp.where(good, walk.t + h, walk.t))
    walk = judged(walk, y, slope, err, h, t)
    # A step cut short by a record says little about the next one.
    return there, walk._replace(
        h=jnp.where(there, jnp.maximum(walk.h, h), walk.h),
        reached=walk.reached + there.astype(walk.reached.dtype),
    )
