"""The soft flow towards infinity, through recorded norms or to an event."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ...networks import AbstractLinearNetwork, DeepLinear
from ...risk import Risk
from ..bound import bound
from ..pieces import follow, work_of
from .crossing import root
from .gauge import imbalances, project_to_balance
from .log_time import elapsed
from .margin_field import MarginField, Tangent
from .rosenbrock import step
from .tangent import flat_predictor


SHORTEST = 1e-13
"""A step that moves the logarithm of the norm by less is lost in rounding."""

IDLE, PATIENCE = 10.0, 2000
"""So many steps in a row, none longer than so many times rtol: at a minimum of the risk
the flow turns at every step, and they stay so short."""

CLOSE, LANDINGS = 1e-13, 8
"""How near a record must be met, and how many shorter steps are tried for it: near the
end of double precision a step is not smooth enough in its length for more."""

EVALUATIONS = 8
"""Times that a step goes through the data: the field, its Jacobian and their tests."""


class StepState(NamedTuple):
    r"""Where the integration stands: at `y`, reached by a step of length `came`.

    `log_time` and `pace`, $\log(dt/d\sigma)$ and its slope, are those before that
    step: the pace at `y` is a by-product of the next one.
    """

    y: Array
    came: Array
    log_time: Array
    pace: tuple[Array, Array]
    h: Array
    last_error: Array
    steps: Array
    crossed: Array
    """Whether the next record lies within the step of length `h` to `ahead`."""
    ahead: Array
    idle: Array
    """How many steps in a row have been too short to lead anywhere."""
    stuck: Array


class MarginSegment(NamedTuple):
    """States ``(t, P)`` and times at the recorded places, and where it stands.

    Whether each was reached, and whether the flow was `stopped` from outside.
    """

    states: Array
    log_times: Array
    reached: Array
    last: Array
    log_time: Array
    steps: Array
    stopped: bool = False


class Course(NamedTuple):
    """A flow between two pieces: its walk, its record, and the next place of it."""

    walk: StepState
    first: Array
    """On which side of the next place the walk came from."""
    place: Array
    states: Array
    log_times: Array
    reached: Array


def margin_flow(
    risk: Risk,
    network: AbstractLinearNetwork,
    crossing: Callable,
    targets: np.ndarray,
    rtol: np.ndarray,
    max_steps: np.ndarray,
    *,
    every: np.ndarray | None = None,
    rebalance: bool = False,
) -> MarginSegment:
    """Follow the flow through the zeros of ``crossing(network, target)``, in turn.

    Each is where it first changes sign. The step in which it does is taken again,
    shorter, until it ends there. States that were not reached are infinite, and so
    are those at an infinite target, which ends the flow: other numbers of records
    then need no compilation of their own. The norm grows by no more than `every`
    between two looks.
    """
    parts = (risk, network, crossing, targets, rtol, max_steps, every, rebalance)
    return follow(bound(piece, *parts), work(risk, network))


def piece(
    risk, network, crossing, targets, rtol, max_steps, every, rebalance, most, course
) -> tuple[Course, MarginSegment, Array]:
    """At most `most` steps of `margin_flow`: the course, the record, and if it is over.

    `course` is None at the start.
    """
    y, shape = ravel_pytree(network)
    field = MarginField(risk, shape)
    level = None
    if rebalance and isinstance(network, DeepLinear):
        level = imbalances(network)
    course = _begin(y, len(targets)) if course is None else course
    end = course.walk.steps + most

    def settled(y):
        return (
            y if level is None else ravel_pytree(project_to_balance(shape(y), level))[0]
        )

    def length(y):
        return jnp.linalg.norm(flat_predictor(shape(y)))

    def waits(walk):
        return ~walk.crossed & ~walk.stuck & (walk.steps < max_steps)

    def ahead(course):
        left = course.place < len(targets)
        target = targets[jnp.minimum(course.place, len(targets) - 1)]
        on = ~course.walk.stuck & (course.walk.steps < max_steps)
        return left & on & jnp.isfinite(target)

    def to_next(course):
        target = targets[course.place]

        def side(y):
            return crossing(shape(y), target)

        fresh = course.first == 0
        first = jnp.where(fresh, side(course.walk.y), course.first)
        walk = course.walk._replace(crossed=fresh & (first == 0))

        def on(walk):
            here = field.at(walk.y)
            walk = _timed(walk, here)
            h = walk.h
            if every is not None:
                w = flat_predictor(shape(walk.y))
                growth = jnp.abs(w @ here.moved) / length(walk.y)
                h = jnp.minimum(h, 0.9 * every / growth)
            y, err = step(field, here, walk.y, h)
            y = settled(y)
            err = err / rtol
            if every is not None:
                apart = length(y) - length(walk.y)
                err = jnp.where(jnp.abs(apart) > every, 1e4, err)
            idle = jnp.where(h <= IDLE * rtol, walk.idle + 1, 0)
            walk = walk._replace(idle=idle, h=h)
            return _judged(walk, y, err, side(y) * first)

        walk = jax.lax.while_loop(lambda w: waits(w) & (w.steps < end), on, walk)
        here = field.at(walk.y)
        walk = _timed(walk, here)

        def shorter(h):
            y = settled(step(field, here, walk.y, h)[0])
            return side(y) * first, y

        h = jnp.where(walk.crossed & (first != 0), walk.h, 0.0)
        beyond = jnp.where(h > 0, side(walk.ahead) * first, 0.0)
        ends = (jnp.zeros(()), side(walk.y) * first), (h, beyond)
        h, y = root(shorter, *ends, walk.ahead, close=CLOSE, limit=LANDINGS)
        y = jnp.where(h > 0, y, walk.y)
        log_time = elapsed(walk.log_time, h, walk.pace, field.at(y)[2:4])
        at, crossed = course.place, walk.crossed
        return Course(
            walk._replace(crossed=jnp.zeros_like(crossed)),
            jnp.where(crossed, 0.0, first),
            at + crossed.astype(at.dtype),
            course.states.at[at].set(jnp.where(crossed, y, jnp.inf)),
            course.log_times.at[at].set(jnp.where(crossed, log_time, jnp.inf)),
            course.reached.at[at].set(crossed),
        )

    def going(course):
        return ahead(course) & (course.walk.steps < end)

    course = jax.lax.while_loop(going, to_next, course)
    walk = course.walk
    record = (course.states, course.log_times, course.reached)
    leg = MarginSegment(*record, walk.y, walk.log_time, walk.steps)
    return course, leg, ~ahead(course)


def work(risk: Risk, network: AbstractLinearNetwork) -> int:
    """The numbers that a step goes through, roughly: data, and their solve."""
    problem = risk.problem
    size = problem.d * math.prod(problem.targets.shape[1:])
    return EVALUATIONS * work_of(risk, network) + size**3


def _begin(y: Array, count: int) -> Course:
    no, none = jnp.zeros((), bool), jnp.zeros((), int)
    never, nil, h = jnp.asarray(-jnp.inf), jnp.zeros(()), jnp.asarray(1e-2)
    walk = StepState(y, nil, never, (nil, nil), h, jnp.ones(()), none, no, y, none, no)
    states, log_times = jnp.full((count, y.size), jnp.inf), jnp.full(count, jnp.inf)
    return Course(walk, nil, none, states, log_times, jnp.zeros(count, bool))


def _timed(walk: StepState, here: Tangent) -> StepState:
    """The walk with the time of its last step added, now that its end is known."""
    pace = (here.log_pace, here.pace_slope)
    log_time = elapsed(walk.log_time, walk.came, walk.pace, pace)
    return walk._replace(log_time=log_time, came=jnp.zeros(()), pace=pace)


def _judged(walk: StepState, y: Array, err: Array, side: Array) -> StepState:
    """The walk after a step to `y` with `err` of what is allowed."""
    err = jnp.where(jnp.isfinite(err), jnp.maximum(err, 1e-8), 1e3)
    good = err <= 1
    crossed = good & (side <= 0)
    ahead = good & ~crossed
    steady = err ** (-0.7 / 3) * walk.last_error ** (0.4 / 3)
    gain = 0.9 * jnp.where(good, steady, err ** (-1 / 3))
    h = walk.h * jnp.clip(gain, 0.1, jnp.where(good, 5.0, 1.0))
    return walk._replace(
        y=jnp.where(ahead, y, walk.y),
        came=jnp.where(ahead, walk.h, 0.0),
        h=jnp.where(crossed, walk.h, h),
        last_error=jnp.where(ahead, jnp.maximum(err, 1e-2), walk.last_error),
        steps=walk.steps + 1,
        crossed=crossed,
        ahead=y,
        stuck=(walk.idle >= PATIENCE) | (~good & (h < SHORTEST)),
    )
