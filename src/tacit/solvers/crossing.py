"""Where a function of the step first is zero."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array


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
