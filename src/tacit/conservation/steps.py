r"""What steps add to a law, by its second moments along a run.

Let h be a law and $B$ half its second derivative. No gradient changes h to first order,
so that what a step adds is made of $B$ on gradients and velocities. Of a gradient g,
a velocity v and, with decay, the parameters, these numbers follow each other:
$h$; $c = \nabla h\cdot v/2$; $w = v^\top Bv$; $e = v^\top Bg$.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..flows import Descent, Stochastic


class Source(NamedTuple):
    r"""$g^\top Bg$ at the records: of the gradient, and the mean of a batch's noise."""

    signal: Float[Array, "t m"]
    noise: Float[Array, "t m"]


class _Moments(NamedTuple):
    h: Array
    c: Array
    w: Array
    e: Array


def along_steps(
    flow: Descent | Stochastic,
    first: Float[np.ndarray, " m"],
    linear: np.ndarray,
    ticks: np.ndarray,
    source: Source,
) -> Float[np.ndarray, "t m"]:
    """The values of laws after `ticks` steps, ``ticks[0]`` being 0, from `first` on.

    `linear` ``(m,)`` says which are of degree 1; with decay the others are quadratic
    and homogeneous. Between records the source is interpolated, and a gradient is taken
    to change slowly against the memory of the momentum; batches are independent.
    """
    still = jnp.asarray(first) * 0
    start = _Moments(jnp.asarray(first), still, still, still)
    passed = _passed(flow, start, jnp.asarray(linear), jnp.asarray(ticks), source)
    return np.concatenate([np.asarray(first)[None], np.asarray(passed)])


@eqx.filter_jit
def _passed(flow, start, linear, ticks, source):
    def segment(now, at):
        begin, end, here, there = at

        def move(k, now):
            part = (k - begin) / (end - begin)
            source = jax.tree.map(lambda a, b: a + part * (b - a), here, there)
            return _after(flow, linear, now, source, k)

        now = jax.lax.fori_loop(begin, end, move, now)
        return now, now.h

    here, there = (jax.tree.map(lambda x, p=p: x[p], source) for p in _SIDES)
    return jax.lax.scan(segment, start, (ticks[:-1], ticks[1:], here, there))[1]


_SIDES = slice(None, -1), slice(1, None)


def _after(flow, linear, now, source, k):
    """The moments after move `k`; exact for a quadratic law, but for `e`."""
    rate = flow.step if flow.schedule is None else flow.step * flow.schedule(k)
    beta, decay = flow.momentum, flow.weight_decay
    h, c, w, e = now
    ahead = beta if flow.nesterov else 0.0
    # Where the gradient is taken, θ + ahead·v.
    y = h + jnp.where(linear, ahead * c, 2 * ahead * c + ahead**2 * w)
    yv = c + jnp.where(linear, 0.0, ahead * w)
    pull = source.signal + source.noise + decay**2 * jnp.where(linear, 0.0, y)
    along = e + decay * jnp.where(linear, 0.0, yv)
    left = beta - ahead
    # θ' = y + left·v - rate·G and v' = beta·v - rate·G, with G = g + decay·y.
    first = left * yv - rate * decay * y
    square = left**2 * w - 2 * left * rate * along + rate**2 * pull
    moved = y + jnp.where(linear, first, 2 * first + square)
    turned = beta * yv - rate * decay * y
    square = left * beta * w - (left + beta) * rate * along + rate**2 * pull
    after = turned + jnp.where(linear, 0.0, square)
    speed = beta**2 * w - 2 * beta * rate * along + rate**2 * pull
    return _Moments(moved, after, speed, beta * e - rate * source.signal)
