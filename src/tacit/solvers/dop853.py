"""One step of the explicit Runge-Kutta method of order 8 by Dormand and Prince."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.integrate import DOP853


Flat = Float[Array, " size"]

# The coefficients are SciPy's, of Hairer, Norsett and Wanner (1993), Section II.5.
STAGES, WEIGHTS = np.asarray(DOP853.A), np.asarray(DOP853.B)
FIFTH, THIRD = np.asarray(DOP853.E5), np.asarray(DOP853.E3)
ORDER = 8


def step(
    field: Callable[[Flat], Flat], y: Flat, slope: Flat, h: Array
) -> tuple[Flat, list[Flat]]:
    """The state `h` later and the twelve slopes on the way; `slope` is that at `y`."""
    slopes = [slope]
    for row in STAGES[1:]:
        slopes.append(field(y + h * _mix(row, slopes)))
    return y + h * _mix(WEIGHTS, slopes), slopes


def compact_step(
    field: Callable[[Flat], Flat], y: Flat, slope: Flat, h: Array
) -> tuple[Flat, list[Flat]]:
    """The same step as a loop over the stages: slower, but compiled in a third."""
    stages = jnp.asarray(STAGES)

    def stage(i, found):
        return found.at[i].set(field(y + h * (stages[i] @ found)))

    found = jnp.zeros((len(STAGES), y.size)).at[0].set(slope)
    found = jax.lax.fori_loop(1, len(STAGES), stage, found)
    return y + h * (jnp.asarray(WEIGHTS) @ found), list(found)


def error(slopes: list[Flat], h: Array, scale: Flat) -> Array:
    """The error of a step in units of `scale`, from all thirteen slopes; 1 is allowed.

    The estimate of order 5 is damped by that of order 3 (the same source).
    """
    fifth = jnp.sum((_mix(FIFTH, slopes) / scale) ** 2)
    third = jnp.sum((_mix(THIRD, slopes) / scale) ** 2)
    both = fifth + 0.01 * third
    safe = jnp.where(both > 0, both, 1.0)
    return jnp.where(both == 0, 0.0, h * fifth / jnp.sqrt(safe * scale.size))


def first_step(field, y: Flat, slope: Flat, scale: Flat, span: Array) -> Array:
    """A step with which to begin (Hairer, Norsett and Wanner 1993, Section II.4)."""

    def size(x):
        return jnp.sqrt(jnp.mean((x / scale) ** 2))

    d0, d1 = size(y), size(slope)
    usual = (d0 > 1e-5) & (d1 > 1e-5)
    h = jnp.minimum(jnp.where(usual, 0.01 * d0 / jnp.where(usual, d1, 1.0), 1e-6), span)
    d2 = size(field(y + h * slope) - slope) / h
    steep = jnp.maximum(d1, d2)
    far = (0.01 / jnp.where(steep > 1e-15, steep, 1.0)) ** (1 / ORDER)
    flat = jnp.maximum(1e-6, h * 1e-3)
    return jnp.minimum(jnp.minimum(100 * h, jnp.where(steep > 1e-15, far, flat)), span)


def _mix(weights, slopes):
    """The sum of the slopes with these weights, zeros left out."""
    pairs = zip(weights, slopes, strict=False)
    terms = [float(w) * k for w, k in pairs if w != 0]
    return sum(terms[1:], terms[0])
