r"""The soft flow towards infinity: implicit steps that need no iteration.

The method is ROS34PW2 of Rang and Angermann (2005), BIT 45. It keeps its order 3 with
any matrix in place of the Jacobian, and is given the one stiff part of it, which is
inverted by a solve of the predictor's size.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ..networks import AbstractLinearNetwork, DeepLinear
from ..risk import Risk
from .crossing import root
from .gauge import imbalances, rebalanced
from .log_time import elapsed
from .margin_field import MarginField


GAMMA = 0.43586652150845900
_A = np.array([
    [0, 0, 0, 0],
    [0.87173304301691801, 0, 0, 0],
    [0.84457060015369423, -0.11299064236484185, 0, 0],
    [0, 0, 1, 0],
])  # fmt: skip
_G = np.array([
    [GAMMA, 0, 0, 0],
    [-0.87173304301691801, GAMMA, 0, 0],
    [-0.90338057013044082, 0.054180672388095326, GAMMA, 0],
    [0.24212380706095346, -1.2232505839045147, 0.54526025533510214, GAMMA],
])  # fmt: skip
_B = np.array([0.24212380706095346, -1.2232505839045147, 1.5452602553351020, GAMMA])
_EMBEDDED = np.array(
    [0.37810903145819369, -0.096042292212423178, 0.5, 0.21793326075422950]
)
# In the variables U = G k no product with the Jacobian is left.
_INVERSE = np.linalg.inv(_G)
STAGES, COUPLING = _A @ _INVERSE, np.eye(4) / GAMMA - _INVERSE
WEIGHTS, ERROR = _B @ _INVERSE, (_B - _EMBEDDED) @ _INVERSE

SHORTEST = 1e-13
"""A step that moves the logarithm of the norm by less is lost in rounding."""


class Walk(NamedTuple):
    """Where the integration stands between two steps."""

    y: Array
    log_time: Array
    pace: tuple[Array, Array]
    h: Array
    last_error: Array
    steps: Array
    crossed: Array
    """Whether the next record lies within the step of length `h` to `ahead`."""
    ahead: Array
    stuck: Array


class SoftLeg(NamedTuple):
    """States ``(t, P)`` and times at the recorded places, and where it stands."""

    states: Array
    log_times: Array
    reached: Array
    last: Array
    log_time: Array
    steps: Array


@eqx.filter_jit
def soft_flow(
    risk: Risk,
    network: AbstractLinearNetwork,
    crossing: Callable,
    targets: Array,
    rtol: Array,
    max_steps: int,
    *,
    rebalance: bool = False,
) -> SoftLeg:
    """Follow the flow through the zeros of ``crossing(network, target)``, in turn.

    Each is where it first changes sign. The step in which it does is taken again,
    shorter, until it ends there. States that were not reached are infinite.
    """
    y, shape = ravel_pytree(network)
    field = MarginField(risk, shape)
    level = None
    if rebalance and isinstance(network, DeepLinear):
        level = imbalances(network)

    def step_from(y):
        step = _stepper(field, y)

        def settled(h):
            y, err = step(h)
            if level is not None:
                y = ravel_pytree(rebalanced(shape(y), level))[0]
            return y, err

        return settled

    def to_next(walk, target):
        def side(y):
            return crossing(shape(y), target)

        first = side(walk.y)

        def going(walk):
            return ~walk.crossed & ~walk.stuck & (walk.steps < max_steps)

        def on(walk):
            y, err = step_from(walk.y)(walk.h)
            return _judged(field, walk, y, err / rtol, side(y) * first)

        walk = jax.lax.while_loop(going, on, walk._replace(crossed=first == 0))
        step = step_from(walk.y)

        def shorter(h):
            y = step(h)[0]
            return side(y) * first, y

        h = jnp.where(walk.crossed & (first != 0), walk.h, 0.0)
        beyond = jnp.where(h > 0, side(walk.ahead) * first, 0.0)
        h, y = root(shorter, (jnp.zeros(()), first**2), (h, beyond), walk.ahead)
        y = jnp.where(h > 0, y, walk.y)
        log_time = elapsed(walk.log_time, h, walk.pace, field.log_pace(y))
        kept = jnp.where(walk.crossed, log_time, jnp.inf)
        return walk, (jnp.where(walk.crossed, y, jnp.inf), kept, walk.crossed)

    no, none = jnp.zeros((), bool), jnp.zeros((), int)
    never, h = jnp.asarray(-jnp.inf), jnp.asarray(1e-3)
    walk = Walk(y, never, field.log_pace(y), h, jnp.ones(()), none, no, y, no)
    walk, records = jax.lax.scan(to_next, walk, targets)
    return SoftLeg(*records, walk.y, walk.log_time, walk.steps)


def _stepper(field, y):
    """``step(h)``: the state after a step from `y`, and its error."""
    at = field.solver(y)

    def step(h):
        solve = at(h * GAMMA)

        def stage(U, row):
            moved, mixed, i = row
            slope = field.velocity(y + moved @ U)
            return U.at[i].set(solve(GAMMA * (h * slope + mixed @ U))), None

        # Scanned: four times the slope would be four times as long to compile.
        rows = (jnp.asarray(STAGES), jnp.asarray(COUPLING), jnp.arange(4))
        U, _ = jax.lax.scan(stage, jnp.zeros((4, y.size)), rows)
        return y + WEIGHTS @ U, field.error(y, ERROR @ U)

    return step


def _judged(field, walk, y, err, side):
    """The walk after a step to `y` with `err` of what is allowed."""
    err = jnp.where(jnp.isfinite(err), jnp.maximum(err, 1e-8), 1e3)
    good = err <= 1
    crossed = good & (side <= 0)
    ahead = good & ~crossed
    steady = err ** (-0.7 / 3) * walk.last_error ** (0.4 / 3)
    gain = 0.9 * jnp.where(good, steady, err ** (-1 / 3))
    h = walk.h * jnp.clip(gain, 0.1, jnp.where(good, 5.0, 1.0))
    pace = field.log_pace(y)
    log_time = elapsed(walk.log_time, walk.h, walk.pace, pace)
    calm = jnp.maximum(err, 1e-2)
    moved = Walk(y, log_time, pace, h, calm, walk.steps, crossed, y, walk.stuck)
    stays = walk._replace(h=jnp.where(good, walk.h, h), crossed=crossed, ahead=y)
    after = jax.tree.map(lambda a, b: jnp.where(ahead, a, b), moved, stays)
    return after._replace(steps=walk.steps + 1, stuck=~good & (h < SHORTEST))
