"""The update rules that whole-sample and mini-batch flows share."""

import jax
import jax.numpy as jnp

from ..errors import DataError


def descend(rule, gradient_at, network, velocity, k):
    r"""One move of descent: plain, heavy ball or Nesterov, with weight decay.

    `rule` has `step`, `momentum`, `nesterov`, `weight_decay`, `schedule`;
    ``gradient_at(network)`` is the slope of the risk there.
    """
    rate = rule.step if rule.schedule is None else rule.step * rule.schedule(k)
    beta, at = rule.momentum, network
    if rule.nesterov:
        at = jax.tree.map(lambda p, v: p + beta * v, network, velocity)
    velocity = jax.tree.map(
        lambda v, g, p: beta * v - rate * (g + rule.weight_decay * p),
        velocity,
        gradient_at(at),
        at,
    )
    return jax.tree.map(jnp.add, network, velocity), velocity


def require_range(rule: object, **limits: tuple) -> None:
    """Raise `DataError` unless each named number lies between its limits.

    A limit is ``(low, high, open_at_low)``; the high end is always excluded.
    """
    for name, (low, high, open_low) in limits.items():
        given = getattr(rule, name)
        if not (low < given if open_low else low <= given) or not given < high:
            left = "above" if open_low else "at least"
            right = "" if high == float("inf") else f" and below {high:g}"
            raise DataError(
                f"{type(rule).__name__} needs {name} {left} {low:g}{right}; "
                f"got {given}.",
                about=name,
            )
