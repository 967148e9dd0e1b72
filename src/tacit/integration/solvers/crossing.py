"""Where a function of the step first is zero."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array
from scipy.optimize import brentq


Ends = tuple[Array, Array]

TRIES = 60
"""The most secants that a search takes: rounding ends it far earlier."""


class Bracket(NamedTuple):
    """Two steps between which a function changes sign, that of `h` tried last.

    By secants whose stale end counts half (Illinois).
    """

    h: Array
    value: Array
    stale: Array
    stale_value: Array
    moved: Array
    tries: Array

    @classmethod
    def between(cls, low: Ends, high: Ends) -> "Bracket":
        """From two ``(h, value)``, the second found last."""
        (stale, stale_value), (h, value) = low, high
        return cls(h, value, stale, stale_value, h, jnp.zeros((), int))

    def opens(self, close, limit: int) -> Array:
        """Whether it is further than `close` from 0 and a secant would still move."""
        moves = self.moved > 2 * jnp.finfo(float).eps * self.h
        return (self.tries < limit) & (jnp.abs(self.value) > close) & moves

    def secant(self) -> Array:
        """The step to try next."""
        rise = (self.h - self.stale) / (self.value - self.stale_value)
        return self.h - self.value * rise

    def begun(self) -> Array:
        """Where it was found, and where it jumps, the end beyond the jump.

        A count is at its level from there on, and a rounding before it is not.
        """
        shut = jnp.abs(self.h - self.stale) <= 8 * jnp.finfo(float).eps * self.h
        return jnp.where((self.value > 0) & shut, self.stale, self.h)

    def narrowed(self, h: Array, value: Array) -> "Bracket":
        """The bracket once `value` was found at `h`."""
        crossed = value * self.value < 0
        return Bracket(
            h,
            value,
            jnp.where(crossed, self.h, self.stale),
            jnp.where(crossed, self.value, self.stale_value / 2),
            jnp.abs(h - self.h),
            self.tries + 1,
        )


class Search(NamedTuple):
    """Whether a walk has stepped over a zero, and the bracket of it if so.

    One loop then walks and searches, and the field in it is compiled once. `here` is
    the value where the walk stands.
    """

    met: Array
    here: Array
    bracket: Bracket

    @classmethod
    def begin(cls, value: Array) -> "Search":
        """From the value at the start, 0 or above."""
        here = (jnp.zeros(()), value)
        return cls(value == 0, value, Bracket.between(here, here))

    def step(self, walking: Array) -> Array:
        """The step to try: that of the walk, or of the search once it has begun."""
        return jnp.where(self.met, self.bracket.secant(), walking)

    def after(self, h: Array, ahead: Array, good: Array) -> "Search":
        """The search once a step of `h`, if it was good, led to the value `ahead`."""
        met = self.met | good & (ahead <= 0)
        # At 0 it has happened, now or before: the search goes on to where it began. The
        # place counts as far below 0 as the last one was off, so that the next secant
        # halves what is between, be it a jump or a root that was hit by luck.
        known = jnp.where(self.met, jnp.abs(self.bracket.value), self.here)
        ahead = jnp.where(ahead == 0, -known, ahead)
        begun = Bracket.between((jnp.zeros(()), self.here), (h, ahead))
        bracket = either(self.met, self.bracket.narrowed(h, ahead), begun)
        return Search(met, jnp.where(met | ~good, self.here, ahead), bracket)


def first_crossing(
    value: Callable[[float], float], low: float, high: float, every: float
) -> float | None:
    """The first place in ``[low, high]`` where `value`, above 0 before, is not.

    It is looked at `every` so often and at the end; None where it is above 0 at all of
    these. Where it jumps, the place is beyond the jump.
    """
    count = max(1, math.ceil((high - low) / every))
    for k in range(1, count + 1):
        end = high if k == count else low + k * (high - low) / count
        there = value(end)
        if not there <= 0:
            continue
        begin = low + (k - 1) * (high - low) / count
        here = value(begin)
        if here <= 0:  # to rounding
            return begin

        def signed(at: float, unit: float = here) -> float:
            found = value(at)
            return found if found else -unit

        root = float(brentq(signed, begin, end, xtol=1e-300))  # pyright: ignore[reportArgumentType]
        while root < end and value(root) > 0:  # within rounding of it
            root = min(end, root + 2 * math.ulp(root))
        return root
    return None


def either(chosen: Array, a, b):
    """The tree `a` where `chosen`, and else `b`."""
    return jax.tree.map(lambda x, y: jnp.where(chosen, x, y), a, b)


def root(function, low, high, y, *, close=0.0, limit=TRIES):
    """Where ``function(h) = (value, y)`` is 0 between two ``(h, value)``, and `y`.

    To within `close`, or as near as `limit` secants come.
    """

    def nearer(carry):
        bracket, _ = carry
        h = bracket.secant()
        value, y = function(h)
        return bracket.narrowed(h, value), y

    carry = (Bracket.between(low, high), y)
    bracket, y = jax.lax.while_loop(lambda c: c[0].opens(close, limit), nearer, carry)
    return bracket.h, y
