"""The class of an activation, which decides how the balance of the layers moves."""

import functools
import math
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .._types import require_float64
from ..networks.activations import activation_of, values_and_slopes
from ..own_code import remembered


ORDER = 7
"""The highest Taylor coefficient that is computed."""

ASIDE = 1e-8
"""How far from 0 the two sides are looked at: a side's own derivatives are there, and
not what automatic differentiation makes of a kink."""


class ActivationClass(eqx.Module):
    r"""The class of $\sigma$ by $\varphi(z) = z\sigma'(z) - \sigma(z)$.

    `letter` is "A" ($\varphi = 0$: the balance of the layers is conserved), "B" or "C"
    (its leading order `q` is odd or even), "D" ($\sigma(0) \ne 0$) or "unclassified".
    `coefficient` is that of $z^q$ in $\varphi$, and `taylor` ``(8,)`` holds those of
    $\sigma$ at 0 from the constant on, of the right side where the two differ; `sides`
    are ``(q, coefficient)`` on the left and on the right. `alpha` is $\sigma'(0)$. With
    no leading order up to 7, `q` is None.

    Rawal and DeWeese (2026), arXiv:2605.01288. What the definition leaves open is said
    in `caveats`.
    """

    letter: str
    q: int | None
    coefficient: float
    alpha: float
    taylor: Float[np.ndarray, " orders"]
    sides: tuple[tuple[int | None, float], tuple[int | None, float]]
    caveats: tuple[str, ...]

    @property
    def smooth(self) -> bool:
        """Whether the derivatives at 0 exist, up to order 7."""
        return self.sides[0] == self.sides[1] and KINK not in self.caveats


KINK = "it has a kink at 0, where its slope is that of the right side by convention"


def activation_class(sigma: str | Callable) -> ActivationClass:
    """The class, leading order and Taylor coefficients of an activation.

    By repeated forward differentiation at 0 and on both sides of it. Raises as
    `tacit.networks.MLP` does for what is no activation.
    """
    require_float64("activation_class")
    return _classified(activation_of(sigma))


@remembered(maxsize=256)
def _classified(sigma):
    left, centre, right = np.asarray(
        _derivatives(sigma, jnp.asarray([-ASIDE, 0.0, ASIDE]))
    ).T / [math.factorial(k) for k in range(ORDER + 1)]
    jump = _first_jump(left, right)
    taylor = centre if jump is None else right
    whole = _leading(centre, 1e-10)
    sides = (whole, whole) if jump is None else (_leading(left), _leading(right))
    q, coefficient = whole if jump is None else sides[1]
    caveats = []
    z = np.concatenate([-np.geomspace(1e-3, 5, 40), np.geomspace(1e-3, 5, 40)])
    value, slope = (np.asarray(v) for v in values_and_slopes(sigma, jnp.asarray(z)))
    homogeneous = np.all(np.abs(z * slope - value) < 1e-12 * (1 + np.abs(value)))
    if homogeneous:
        letter, q, coefficient = "A", None, 0.0
        caveats += [KINK] if jump is not None else []
    elif jump is not None:
        letter = "unclassified"
        caveats.append(
            f"not smooth at 0: its derivative of order {jump} jumps, so the classes do "
            f"not cover it; the leading orders are {sides[0][0] or 'none'} on the left "
            f"and {sides[1][0] or 'none'} on the right"
        )
    elif abs(centre[0]) > 1e-12:
        letter = "D"
    else:
        letter = "unclassified" if q is None else "CB"[q % 2]
    if letter == "unclassified" and sides[0][0] is sides[1][0] is None:
        caveats.append(f"no leading order up to {ORDER}")
    if abs(taylor[1]) < 1e-12:
        caveats.append(
            "its slope at 0 is 0: it has a class, but the law that the escape time "
            "grows as the power r - 2 does not apply"
        )
    alpha = float(taylor[1])
    return ActivationClass(letter, q, coefficient, alpha, taylor, sides, tuple(caveats))


@functools.partial(jax.jit, static_argnums=0)
def _derivatives(sigma, z):
    """The derivatives of order 0 to 7, ``(8, ...)``: a tower of tangents."""
    tower = functools.reduce(
        lambda below, _: _raised(below), range(ORDER), _base(sigma)
    )
    return jnp.stack(tower(z))


def _base(sigma):
    return lambda z: (sigma(z),)


def _raised(below):
    """The derivatives of one order more."""

    def tower(z):
        found, tangents = jax.jvp(below, (z,), (jnp.ones_like(z),))
        return (*found, tangents[-1])

    return tower


def _leading(taylor, zero=1e-5):
    """The first order from 2 on at which φ has a coefficient, and that coefficient."""
    for k in range(2, ORDER + 1):
        if abs((k - 1) * taylor[k]) > zero:
            return k, float((k - 1) * taylor[k])
    return None, 0.0


def _first_jump(left, right):
    """The lowest order at which two sides differ by more than they may so near 0."""
    for k in range(ORDER):
        drift = 4 * ASIDE * (k + 1) * max(abs(left[k + 1]), abs(right[k + 1]))
        if abs(left[k] - right[k]) > 1e-6 * (1 + abs(left[k])) + drift:
            return k
    return None
