"""Stretches of a curve on which nothing happens, and when they end."""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike

from ..errors import DataError, ShapeError


class Plateau(NamedTuple):
    """A stretch of a curve: from `begin` to `end`, at about `level`."""

    begin: float
    end: float
    level: float

    @property
    def length(self) -> float:
        """How long it lasts."""
        return self.end - self.begin


def find_plateaus(
    times: ArrayLike, values: ArrayLike, *, height: float = 0.05, length: float = 0.05
) -> list[Plateau]:
    """Where `values` ``(t,)`` move by less than `height` for `length` of the time.

    `height` is a share of the range of the values and `length` one of the whole time.
    A plateau goes on while the values stay within `height` of where it began; `level`
    is their median. Raises `ShapeError` where sizes disagree and `DataError` for times
    that do not increase or shares that are not between 0 and 1.
    """
    t, v = _curve(times, values)
    for name, share in (("height", height), ("length", length)):
        if not 0 < share < 1:
            raise DataError(f"{name} is a share between 0 and 1; got {share}.")
    reach, least, found, i = height * np.ptp(v), length * (t[-1] - t[0]), [], 0
    while i < len(t):
        off = np.flatnonzero(np.abs(v[i:] - v[i]) > reach)
        j = i + int(off[0]) - 1 if len(off) else len(t) - 1
        if t[j] - t[i] >= least and j > i:
            found.append(Plateau(float(t[i]), float(t[j]), float(np.median(v[i:j]))))
            i = j
        i += 1
    return found


def first_below(times: ArrayLike, values: ArrayLike, level: float) -> float:
    """When `values` ``(t,)`` first fall to `level`, between records by a line.

    Infinite if they never do. For exact times end the run at `tacit.RiskBelow`.
    """
    t, v = _curve(times, values)
    past = np.flatnonzero(v <= level)
    if not len(past):
        return float("inf")
    i = int(past[0])
    if i == 0:
        return float(t[0])
    share = (v[i - 1] - level) / (v[i - 1] - v[i])
    return float(t[i - 1] + share * (t[i] - t[i - 1]))


def _curve(times, values):
    t, v = np.asarray(times, float), np.asarray(values, float)
    if t.ndim != 1 or t.shape != v.shape or len(t) < 2:
        raise ShapeError(
            f"a curve is two or more times (t,) and as many values; got {t.shape} and "
            f"{v.shape}."
        )
    if np.any(np.diff(t) <= 0):
        raise DataError("the times of a curve increase; sort them.")
    return t, v
