"""The class of an activation, which decides how the balance of the layers moves."""

import functools
import itertools
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
"""How far from 0, on its own scale, the two sides are looked at: a side's derivatives
are there, and not what automatic differentiation makes of a kink."""

NOISE = 1e-13
"""What rounding leaves of a coefficient that is 0, beside the largest on its scale."""

APART = 1e-10
"""By how much the two sides of a smooth function may seem to differ."""


class ActivationClass(eqx.Module):
    r"""The class of $\sigma$ by $\varphi(z) = z\sigma'(z) - \sigma(z)$.

    `letter` is "A" ($\varphi = 0$: the balance of the layers is conserved), "B" or "C"
    (its leading order `q` is odd or even), "D" ($\sigma(0) \ne 0$) or "unclassified".
    `coefficient` is that of $z^q$ in $\varphi$, and `taylor` ``(8,)`` holds those of
    $\sigma$ at 0 from the constant on, of the right side where the two differ; what is
    rounding is 0. `sides` are ``(q, coefficient)`` on the left and on the right, and
    `slopes` the derivatives there; `alpha` is $\sigma'(0)$. With no leading order up to
    7, `q` is None.

    The class does not depend on units: $a\sigma(bz)$ has that of $\sigma$.

    Rawal and DeWeese (2026), arXiv:2605.01288. What the definition leaves open is said
    in `caveats`.
    """

    letter: str
    q: int | None
    coefficient: float
    alpha: float
    taylor: Float[np.ndarray, " orders"]
    sides: tuple[tuple[int | None, float], tuple[int | None, float]]
    slopes: tuple[float, float]
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
    left, centre, right = _sides(sigma)
    jump = _first_jump(left, right)
    taylor = right
    if jump is None:
        mean = (left + right) / 2
        taylor = left = right = centre if _first_jump(centre, mean) is None else mean
    left, taylor, right = (_without_noise(a) for a in (left, taylor, right))
    sides = (_leading(left), _leading(right))
    letter, (q, coefficient) = "unclassified", _leading(taylor)
    caveats = []
    if _homogeneous(sigma):
        letter, q, coefficient = "A", None, 0.0
        caveats += [KINK] if jump is not None else []
    elif jump is not None:
        caveats.append(
            f"not smooth at 0: its derivative of order {jump} jumps, so the classes do "
            f"not cover it; the leading orders are {sides[0][0] or 'none'} on the left "
            f"and {sides[1][0] or 'none'} on the right"
        )
        caveats += [KINK] if jump == 1 else []
    elif taylor[0] != 0:
        letter = "D"
    elif q is not None:
        letter = "CB"[q % 2]
    if letter == "unclassified" and sides[0][0] is sides[1][0] is None:
        caveats.append(f"no leading order up to {ORDER}")
    if taylor[1] == 0:
        caveats.append(
            "its slope at 0 is 0: it has a class, but the law that the escape time "
            "grows as the power r - 2 does not apply"
        )
    alpha, slopes = float(taylor[1]), (float(left[1]), float(right[1]))
    caveats = tuple(caveats)
    return ActivationClass(
        letter, q, coefficient, alpha, taylor, sides, slopes, caveats
    )


def _sides(sigma):
    """The Taylor coefficients at 0: from the left, as differentiated, from the right.

    Those found aside are carried back to 0.
    """
    scale = _common_scale(*_around(sigma, ASIDE))
    return _around(sigma, ASIDE * scale)


def _around(sigma, aside):
    left, centre, right = np.asarray(
        _derivatives(sigma, jnp.asarray([-aside, 0.0, aside]))
    ).T / [math.factorial(k) for k in range(ORDER + 2)]
    return _moved(left, aside), centre[:-1], _moved(right, -aside)


def _moved(taylor, by):
    """The coefficients of the same polynomial about a place further on, but the last.

    What cancels to rounding is 0.
    """
    found = np.zeros(ORDER + 1)
    for k in range(ORDER + 1):
        terms = [
            math.comb(j, k) * by ** (j - k) * taylor[j] for j in range(k, ORDER + 2)
        ]
        value = math.fsum(terms)
        found[k] = value if abs(value) > NOISE * math.fsum(map(abs, terms)) else 0.0
    return found


def _scale(taylor):
    """How far from 0 terms of different orders are alike: its unit of length.

    That of the two orders, below and above the middle one, whose terms are the largest
    there; so neither a first nor a last order that is rounding counts. Infinite where
    there is one order only.
    """
    orders = np.flatnonzero(taylor[1:]) + 1
    if len(orders) < 2:
        return math.inf
    middle = math.ceil((orders[0] + orders[-1]) / 2) - 0.5
    height = np.log(np.abs(taylor[orders]))
    pairs = (
        (height[a] + slope * (middle - orders[a]), slope)
        for a, b in itertools.combinations(range(len(orders)), 2)
        if orders[a] < middle < orders[b]
        for slope in [(height[b] - height[a]) / (orders[b] - orders[a])]
    )
    return float(np.exp(-max(pairs)[1]))


def _common_scale(*found):
    """The finest of the scales; 1 where there is none."""
    finest = min(map(_scale, found))
    return finest if math.isfinite(finest) else 1.0


def _without_noise(taylor):
    """Coefficients whose terms count at the distance of its scale; 0 for others."""
    terms = np.abs(taylor) * _common_scale(taylor) ** np.arange(ORDER + 1)
    return np.where(terms > NOISE * np.max(terms[1:]), taylor, 0.0)


@functools.partial(jax.jit, static_argnums=0)
def _derivatives(sigma, z):
    """The derivatives of order 0 to 8, ``(9, ...)``: a tower of tangents."""
    tower = functools.reduce(
        lambda below, _: _raised(below), range(ORDER + 1), _base(sigma)
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


def _leading(taylor):
    """The first order from 2 on at which φ has a coefficient, and that coefficient."""
    for k in range(2, ORDER + 1):
        if taylor[k] != 0:
            return k, float((k - 1) * taylor[k])
    return None, 0.0


def _first_jump(left, right):
    """The lowest order at which two sides differ, on the finer of their scales."""
    scale = _common_scale(left, right) ** np.arange(ORDER + 1)
    off = np.abs(left - right)[:-1] * scale[:-1]
    size = np.max(np.abs([left, right]) * scale)
    jumps = np.flatnonzero(off > APART * size)
    return int(jumps[0]) if len(jumps) else None


def _homogeneous(sigma):
    """Whether φ is 0 wherever it can be computed, over eighteen decades."""
    reach = np.geomspace(1e-6, 1e12, 289)
    z = np.concatenate([-reach, reach])
    value, slope = (np.asarray(v) for v in values_and_slopes(sigma, jnp.asarray(z)))
    with np.errstate(invalid="ignore"):
        off = np.abs(z * slope - value)
        size = np.abs(z * slope) + np.abs(value)
        return not np.any(off > 1e-12 * size)
