r"""Times along $\dot X = X^{p+1}$, the flow of a common gain."""

import math

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq


Number = float | int | np.floating


def span(low: Number, high: Number, p: Number) -> float:
    """The integral of $y^{-p-1}$ from `low` to `high`: the time at rate 1."""
    if abs(p) < 1e-12:
        return float(math.log(high / low))
    return float((low**-p - high**-p) / p)


def share(low: Number, high: Number, p: Number, m: Number) -> float:
    """The mean of $(y / high)^m$ over that time.

    By so much an error changes the time that is 1 at the end, relative to the velocity,
    and grows as this power of the gain.
    """
    return float(span(low, high, p - m) / span(low, high, p) / high**m)


def unequal(norms: np.ndarray, level: Number) -> float:
    """The time from unequal layers at rate 1: their squares keep their differences."""
    low, rest = norms.min() ** 2, norms**2 - norms.min() ** 2
    r = len(norms)

    def excess(s):
        return np.sum(np.log(low * math.exp(s) + rest)) - 2 * r * math.log(level)

    top = brentq(excess, 0.0, 2 * math.log(level / norms.min()) + 1e-9)

    def density(s):
        x = low * math.exp(s)
        return 0.5 * x / math.sqrt(np.prod(x + rest))

    return quad(density, 0.0, top, epsabs=0, epsrel=1e-11, limit=400)[0]
