"""Means and deviations of weighted samples, exact at a large common offset."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..errors import DataError, setting


def class_moments(
    design: np.ndarray, codes: np.ndarray, classes: tuple, mass: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class shares ``(C,)``, means ``(C, d)`` and their scatter's factor ``(d, r)``.

    Raises `DataError` for a class without weight.
    """
    weight = np.bincount(codes, mass, len(classes)).astype(float)
    empty = [c for c, m in zip(classes, weight, strict=True) if m == 0]
    if empty:
        raise DataError(
            f"Problem: class {empty[0]!r} has no sample of positive weight; "
            "drop it from the labels or give it weight."
        )
    share = _shares(codes, mass, weight, design.shape[1])
    priors = weight / weight.sum()
    # Differences of means first: of means at 1e6 ten decimals are already lost.
    middle = (priors @ share) @ design
    apart = share @ (design - middle)
    apart += share @ (design - middle - apart[codes])
    # What is one number in all rows of a class has that mean: rounding is no spread.
    kept = slice(None) if mass is None else mass > 0
    low, high = extremes(design[kept], codes[kept], len(classes))
    apart, constant = np.where(low == high, low - middle, apart), low == high
    if len(classes) == 2:
        contrast = np.sqrt(np.prod(priors)) * (apart[1:] - apart[:1]).T
    else:
        contrast = (np.sqrt(priors)[:, None] * (apart - priors @ apart)).T
    return priors, np.where(constant, low, middle + apart), contrast


def dense_moments(
    X: np.ndarray, codes: np.ndarray, w: np.ndarray, count: int
) -> tuple[np.ndarray, ...]:
    """Means, their tails, sums of squares about them, least and largest by class.

    What `Scatter` says of a few rows; `X` is overwritten.
    """
    share = _shares(codes, w, np.bincount(codes, w, count), X.shape[1])
    ends = extremes(X, codes, count)
    # What is one number in all rows of a class has that mean: rounding is no spread.
    means = np.where(ends[0] == ends[1], ends[0], share @ X)
    X -= means[codes]
    # The second pass catches what rounding took from the mean at a large offset.
    tails = share @ X
    X -= tails[codes]
    X *= np.sqrt(w)[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        sums = X.T @ X
    return *exact_sum(means, tails, *ends), sums, *ends


def _shares(
    codes: np.ndarray, mass: np.ndarray | None, weight: np.ndarray, width: int
) -> Any:
    """What share of the weight of its class every row has: a matrix ``(C, n)``.

    Sparse where there are more classes than features: never larger than the rows.
    """
    n, count = len(codes), len(weight)
    part, rows = (1.0 if mass is None else mass) / weight[codes], np.arange(n)
    if count > width:
        return csr_array((part, (codes, rows)), shape=(count, n))
    share = np.zeros((n, count))
    share[rows, codes] = part
    return share.T


def extremes(
    rows: np.ndarray, codes: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest entry of each feature in each class, ``(C, d)``."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(count))
    sorted_rows = rows[order]
    low = np.minimum.reduceat(sorted_rows, starts)
    return low, np.maximum.reduceat(sorted_rows, starts)


def exact_sum(
    means: np.ndarray, tails: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same sums, with all that float64 can hold in the first (Knuth's two-sum).

    Where the least and the largest entry are one number the sum is that number.
    """
    first = means + tails
    back = first - means
    rest, constant = (means - (first - back)) + (tails - back), low == high
    return np.where(constant, low, first), np.where(constant, 0.0, rest)


def standard_scores(
    design: np.ndarray,
    mass: object,
    constant: np.ndarray,
    names: tuple[str, ...] | None,
) -> np.ndarray:
    """The table with every column at mean 0 and standard deviation 1.

    Raises `DataError` if there are columns that are `constant`.
    """
    if len(constant):
        name = constant[0] if names is None else repr(names[constant[0]])
        raise DataError(
            f"{len(constant)} features are constant, the first is {name}; "
            "drop them with ",
            setting("varying", to=True, python=".varying()"),
            " before standardising.",
        )
    mass = None if mass is None else np.asarray(mass)
    rows = design - np.average(design, axis=0, weights=mass)
    rows -= np.average(rows, axis=0, weights=mass)
    return rows / np.sqrt(np.average(rows**2, axis=0, weights=mass))
