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
ORDER, EVALUATIONS = 8, 12


def step(
    field: Callable[[Flat], Flat], y: Flat, slope: Flat, h: Array
) -> tuple[Flat, list[Flat]]:
    """The state `h` later and thirteen slopes; the first is `slope`, that at `y`.

    The last is that at the new state.
    """
    # Written into one array, a slope is computed once; kept apart, the compiler puts
    # what it is made of into every later stage that reads it.
    found = jnp.zeros((len(STAGES) + 1, y.size)).at[0].set(slope)
    new = y
    for i, row in enumerate([*STAGES[1:], WEIGHTS], 1):
        new = y + h * _mix(row, list(found))
        found = found.at[i].set(field(new))
    return new, list(found)


def compact_step(
    field: Callable[[Flat], Flat], y: Flat, slope: Flat, h: Array
) -> tuple[Flat, list[Flat]]:
    """The same step as a loop over the stages: compiled in a third to a half."""
    stages = jnp.asarray(np.vstack([STAGES, WEIGHTS]))

    def stage(i, carry):
        found, _ = carry
        at = y + h * (stages[i] @ found[:-1])
        return found.at[i].set(field(at)), at

    found = jnp.zeros((len(stages), y.size)).at[0].set(slope)
    found, new = jax.lax.fori_loop(1, len(stages), stage, (found, y))
    return new, list(found)


def error(slopes: list[Flat], h: Array, scale: Flat) -> Array:
    """The error of a step in units of `scale`, from all thirteen slopes; 1 is allowed.

    The estimate of order 5 is damped by that of order 3 (the same source).
    """
    fifth = jnp.sum((_mix(FIFTH, slopes) / scale) ** 2)
    third = jnp.sum((_mix(THIRD, slopes) / scale) ** 2)
    both = fifth + 0.01 * third
    safe = jnp.where(both > 0, both, 1.0)
    return jnp.where(both == 0, 0.0, h * fifth / jnp.sqrt(safe * scale.size))


def begin(
    field: Callable[[Flat], Flat], y: Flat, scale: Flat, span: Callable[[Flat], Array]
) -> tuple[Flat, Array]:
    """The slope at `y` and a step with which to begin, at most ``span(slope)``.

    Hairer, Norsett and Wanner (1993), Section II.4.
    """

    def size(x):
        return jnp.sqrt(jnp.mean((x / scale) ** 2))

    def crude(slope):
        d0, d1 = size(y), size(slope)
        usual = (d0 > 1e-5) & (d1 > 1e-5)
        h = jnp.where(usual, 0.01 * d0 / jnp.where(usual, d1, 1.0), 1e-6)
        return jnp.minimum(h, span(slope))

    def look(i, found):
        slope, h, _ = found
        seen = field(y + h * slope)
        slope = jnp.where(i == 0, seen, slope)
        return slope, crude(slope), seen

    # A loop of two rounds: the field is compiled once.
    still = jnp.zeros_like(y)
    found = (still, jnp.zeros(()), still)
    slope, h, ahead = jax.lax.fori_loop(0, 2, look, found)
    steep = jnp.maximum(size(slope), size(ahead - slope) / h)
    far = (0.01 / jnp.where(steep > 1e-15, steep, 1.0)) ** (1 / ORDER)
    flat = jnp.maximum(1e-6, h * 1e-3)
    later = jnp.where(steep > 1e-15, far, flat)
    return slope, jnp.minimum(jnp.minimum(100 * h, later), span(slope))


def _mix(weights, slopes):
    """The sum of the slopes with these weights, zeros left out."""
    pairs = zip(weights, slopes, strict=False)
    terms = [float(w) * k for w, k in pairs if w != 0]
    return sum(terms[1:], terms[0])
