"""What a network says of itself, measured once where it is first used."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.flatten_util import ravel_pytree

from .._facts import Fact
from ..errors import DataError
from ..own_code import own_code
from .base import AbstractNetwork


INPUTS = 4
OFF = 1e-7
"""What rounding may make of equal outputs, of their size."""

SCALE = 1.5
"""What all parameters are multiplied by."""

PLACES = 65
"""Places along a line in the parameters at which the slope is taken."""

LOOKED_AT = 8
HALVINGS = 36
JUMP = 1e-5
"""The most a slope without kinks changes, of its size, within an interval that was
halved so often."""

MOST = 1024
_TRUE: set[tuple] = set()


def require_true(network: AbstractNetwork, d: int) -> None:
    """Raise `DataError` if a network that is not tacit's is not what it says it is.

    Its degree is measured, its depth counted, and if it says that it has no kinks they
    are looked for along a line. Networks of one structure are looked at once.
    """
    if type(network).__module__.partition(".")[0] == "tacit":
        return
    leaves, structure = jax.tree.flatten(network)
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        return
    key = (structure, tuple(np.shape(leaf) for leaf in leaves), d, own_code(network))
    try:
        if key in _TRUE:
            return
    except TypeError:  # of what cannot be looked up
        key = None
    _require_depth(network)
    rng = np.random.default_rng(0)
    start, unravel = ravel_pytree(network)
    at = jnp.asarray(start + 0.5 * rng.standard_normal(start.shape))
    X = jnp.asarray(rng.standard_normal((INPUTS, d)))

    def outputs(parameters: jax.Array) -> jax.Array:
        return jax.vmap(unravel(parameters))(X)

    try:
        value = np.asarray(outputs(at))
    except Exception:  # its first use says so, and why
        return
    if not np.isfinite(value).all():
        return
    if network.degree is not None:
        _require_degree(network, np.asarray(outputs(SCALE * at)), value)
    if not network.kinked:
        weights = jnp.asarray(rng.standard_normal(value.shape))
        line = jnp.asarray(rng.standard_normal(start.shape))
        slope = jax.grad(lambda p: jnp.sum(weights * outputs(p)))
        _require_smooth(network, lambda t: slope(at + t * line))
    if len(_TRUE) >= MOST:
        _TRUE.clear()
    if key is not None:
        _TRUE.add(key)


def _require_depth(network: AbstractNetwork) -> None:
    kind = type(network)
    fields = kind.__dataclass_fields__
    told = [
        name in fields or not isinstance(_stated(kind, name), Fact)
        for name in ("layers", "depth")
    ]
    if all(told) and len(network.layers) != network.depth:
        raise DataError(
            f"{kind.__name__} says depth = {network.depth}, but its `layers` are "
            f"{len(network.layers)}. Say as many."
        )


def _stated(kind: type, name: str) -> Any:
    return next(vars(c)[name] for c in kind.__mro__ if name in vars(c))


def _require_degree(network, scaled: np.ndarray, value: np.ndarray) -> None:
    foreseen = SCALE**network.degree * value
    if not np.allclose(scaled, foreseen, OFF, OFF * np.abs(foreseen).max()):
        worst = np.argmax(np.abs(scaled - foreseen))
        was, then, due = (each.flat[worst] for each in (value, scaled, foreseen))
        raise DataError(
            f"{type(network).__name__} says degree = {network.degree}, but when all "
            f"parameters were multiplied by {SCALE} an output went from {was:.6g} to "
            f"{then:.6g}, and not to {due:.6g}. Say the degree that it has, or None."
        )


def _require_smooth(
    network: AbstractNetwork, slope: Callable[[jax.Array], jax.Array]
) -> None:
    """Halve the intervals in which the slope changes most: a jump stays, in the end."""
    try:
        slopes = jax.jit(jax.vmap(slope))
        places = jnp.linspace(-1.0, 1.0, PLACES)
        found = slopes(places)
    except Exception:  # it is not differentiable at all, and training says so
        return
    size = float(jnp.abs(found).max())
    changes = jnp.abs(jnp.diff(found, axis=0)).max(axis=1)
    most = jnp.argsort(changes)[-LOOKED_AT:]
    low, high = places[most], places[most + 1]
    below, above = found[most], found[most + 1]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        between = slopes(middle)
        left = jnp.abs(between - below).max(axis=1)
        first = left >= jnp.abs(above - between).max(axis=1)
        low, high = jnp.where(first, low, middle), jnp.where(first, middle, high)
        below = jnp.where(first[:, None], below, between)
        above = jnp.where(first[:, None], between, above)
    jump = float(jnp.abs(above - below).max())
    if np.isfinite(jump) and jump > JUMP * size:
        at = int(jnp.argmax(jnp.abs(above - below).max(axis=1)))
        entry = int(jnp.argmax(jnp.abs(above - below)[at]))
        raise DataError(
            f"{type(network).__name__} says kinked = False, as every network that does "
            f"not say, but its slope in a parameter jumps from "
            f"{float(below[at, entry]):.6g} to {float(above[at, entry]):.6g} at one "
            "point, as a rectifier's. Say kinked = True: its flow is then followed in "
            "steps that allow for that."
        )
