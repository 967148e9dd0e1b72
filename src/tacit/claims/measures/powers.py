"""The power by which one quantity follows another, where it is clearest on a run."""

from typing import NamedTuple

import numpy as np

from ..parts import Term, Unmeasured


class Power(NamedTuple):
    """The slope between two records on logarithmic axes, and what it may be off by.

    `early` is what the earlier record is off its limit by, `blurred` what both are
    known to, over the logarithm of the factor between them.
    """

    value: float
    early: float
    blurred: float


def power(
    sizes: np.ndarray, logs: np.ndarray, left: np.ndarray, blur: np.ndarray
) -> Power:
    """The slope of `logs` in the logarithm of `sizes` between the two best records.

    `left` is how far off its limit the power's factor is at every record, relative, and
    `blur` how well the value is known there, relative. `Unmeasured` where the sizes do
    not grow or the values are none.
    """
    x = np.log(sizes)
    span = x[None] - x[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        total = (left[:, None] + left + blur[:, None] + blur) / span
    total = np.where((span > 0) & np.isfinite(total), total, np.inf)
    total = np.where(np.isfinite(logs[None] + logs[:, None]), total, np.inf)
    i, j = np.unravel_index(int(np.argmin(total)), total.shape)
    if not np.isfinite(total[i, j]):
        raise Unmeasured(
            "a power is read off two records between which the norm grows, at which "
            "the quantity is not rounding: a longer run, or more records"
        )
    wide = span[i, j]
    return Power(
        float((logs[j] - logs[i]) / wide),
        float((left[i] + left[j]) / wide),
        float((blur[i] + blur[j]) / wide),
    )


def of_powers(found: list[Power], reason: str) -> tuple[Term, Term]:
    """The errors of several powers: the largest of either kind."""
    early = max((each.early for each in found), default=0.0)
    blurred = max((each.blurred for each in found), default=0.0)
    known = "the rtol and rounding of two records, over the factor between them"
    return (
        Term("what is left of the way", early, reason, "a longer run"),
        Term("integration", blurred, known, "a smaller rtol"),
    )
