"""Where a function of the step first is zero."""

import jax
import jax.numpy as jnp


def root(function, low, high, y, *, close=0.0, limit=60):
    """Where ``function(h) = (value, y)`` is 0 between two ``(h, value)``, and `y`.

    To within `close`, or as near as `limit` secants come.
    """

    def on(carry):
        (h, value), _, _, moved, k = carry
        return (
            (k < limit)
            & (jnp.abs(value) > close)
            & (moved > 2 * jnp.finfo(float).eps * h)
        )

    def halve(carry):
        # Illinois: a secant whose stale end counts half.
        (h, value), (stale, stale_value), _, _, k = carry
        new = h - value * (h - stale) / (value - stale_value)
        found, y = function(new)
        crossed = found * value < 0
        stale = jnp.where(crossed, h, stale)
        stale_value = jnp.where(crossed, value, stale_value / 2)
        return (new, found), (stale, stale_value), y, jnp.abs(new - h), k + 1

    carry = (high, low, y, high[0], jnp.zeros((), int))
    (h, _), _, y, _, _ = jax.lax.while_loop(on, halve, carry)
    return h, y
