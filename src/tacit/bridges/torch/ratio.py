"""A ratio of two averages that are correlated, and how well it is known."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...errors import DataError


BLOCKS = 20
"""Neighbours in time are alike; averages over this many stretches are less so."""


class Ratio(NamedTuple):
    """A ratio of averages and its interval; all of them 0 or more, perhaps infinite."""

    value: float
    low: float
    high: float


def ratio_of_averages(
    above: Sequence[float], below: Sequence[float], *, level: float = 0.95
) -> Ratio:
    """The average of `above` over that of `below`, with Fieller's interval.

    Both are series of equal length, the first of numbers 0 or more. They are cut into
    up to 20 stretches, whose averages count as independent draws. Where the average of
    `below` is not told from 0 the interval has no upper end; from fewer than four
    pairs there is none at all, (0, inf). Fieller (1954), J. R. Stat. Soc. B 16, 175.
    """
    if not 0 < level < 1:
        raise DataError(f"level is between 0 and 1; got {level}.")
    if not len(above):
        return Ratio(math.nan, 0.0, math.inf)
    a, b = float(np.mean(above)), float(np.mean(below))
    value = a / b if b > 0 else math.inf
    if len(above) < 4:
        return Ratio(value, 0.0, math.inf)
    m = min(BLOCKS, len(above))
    pairs = np.array([above, below], float)
    means = np.array([part.mean(1) for part in np.array_split(pairs, m, axis=1)])
    from scipy.special import stdtrit  # its statistics take half a second to import

    squared = float(stdtrit(m - 1, (1 + level) / 2)) ** 2 / m
    (saa, sab), (_, sbb) = np.cov(means.T).tolist()
    a, b = means.mean(0).tolist()
    A, B, C = b * b - squared * sbb, a * b - squared * sab, a * a - squared * saa
    inside = B * B - A * C
    if A > 0:  # then the roots are real
        root = math.sqrt(max(inside, 0.0))
        return Ratio(value, max((B - root) / A, 0.0), max((B + root) / A, 0.0))
    if inside <= 0 or A == 0:
        return Ratio(value, 0.0, math.inf)
    lower, upper = sorted(((B - math.sqrt(inside)) / A, (B + math.sqrt(inside)) / A))
    return Ratio(value, 0.0 if lower >= 0 else max(upper, 0.0), math.inf)
