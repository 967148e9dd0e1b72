"""Means and deviations of weighted samples, exact at a large common offset."""

import numpy as np

from ..errors import DataError


def class_moments(
    design: np.ndarray, codes: np.ndarray, classes: tuple, mass: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class shares ``(C,)``, means ``(C, d)`` and their scatter's factor ``(d, r)``.

    Raises `DataError` for a class without weight.
    """
    member = np.eye(len(classes))[codes]
    if mass is not None:
        member = member * mass[:, None]
    weight = member.sum(axis=0)
    empty = [c for c, m in zip(classes, weight, strict=True) if m == 0]
    if empty:
        raise DataError(
            f"Problem: class {empty[0]!r} has no sample of positive weight; "
            "drop it from the labels or give it weight."
        )
    priors, share = weight / weight.sum(), (member / weight).T
    # Differences of means first: of means at 1e6 ten decimals are already lost.
    middle = (priors @ share) @ design
    apart = share @ (design - middle)
    apart += share @ (design - middle - apart[codes])
    if len(classes) == 2:
        contrast = np.sqrt(np.prod(priors)) * (apart[1:] - apart[:1]).T
    else:
        contrast = (np.sqrt(priors)[:, None] * (apart - priors @ apart)).T
    return priors, middle + apart, contrast


def standard_scores(design: np.ndarray, mass: np.ndarray | None) -> np.ndarray:
    """The table with every column at mean 0 and standard deviation 1."""
    rows = design - np.average(design, axis=0, weights=mass)
    rows -= np.average(rows, axis=0, weights=mass)
    return rows / np.sqrt(np.average(rows**2, axis=0, weights=mass))
