"""How well a selection does on rows that had no part in it, its tuning included."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .choosing import choose_from_rows
from .folds import deal
from .held_out import standard_error
from .request import Request
from .spread import Table


Z95 = 1.959963984540054
"""The normal quantile of a two-sided interval of 95 %."""


@dataclass(frozen=True, eq=False)
class Nested:
    """Estimates over the outer folds, with 95 % intervals.

    The intervals take the held-out rows as independent; that the training parts overlap
    is not in them (Bengio and Grandvalet 2004, J. Mach. Learn. Res. 5:1089).
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    """Wilson's."""
    deviance: float
    deviance_interval: tuple[float, float]
    null_accuracy: float
    """Of always saying the class that is most frequent."""
    null_deviance: float
    """Of the class frequencies alone."""
    frequency: np.ndarray
    """In which share of the outer folds each feature was chosen, ``(d,)``."""
    sizes: tuple[int, ...]
    """How many features each outer fold chose."""


def nested_validation(
    X: Table,
    codes: np.ndarray,
    weights: np.ndarray,
    request: Request,
    *,
    folds: int = 5,
    progress: Callable[[int], object] | None = None,
) -> Nested:
    """Choose anew on each outer training part, by inner folds, and judge the rest.

    `progress` is called with the number of folds done, all of them last. Raises as
    `choose_from_rows` does; its warnings are left to the selection on all rows.
    """
    held = deal(X, codes, weights, folds)
    right, loss, null, counts = [], [], [], []
    frequency, sizes = np.zeros(X.shape[1]), []
    for done, fold in enumerate(held.T):
        if progress is not None:
            progress(done)
        train = weights - fold
        kept, out = np.flatnonzero(train > 0), np.flatnonzero(fold > 0)
        if len(out) == 0:
            continue
        part, y, w = X[kept], codes[kept], train[kept]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            inner = deal(part, y, w, folds) if request.judges else None
            found = choose_from_rows(part, y, w, inner, request).discriminant
        scores = found.scores(X[out])
        top = scores.max(axis=1, keepdims=True)
        logs = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        truth = codes[out]
        right.append(logs.argmax(axis=1) == truth)
        loss.append(-np.take_along_axis(logs, truth[:, None], axis=1)[:, 0])
        null.append(-np.log(found.priors)[truth])
        counts.append(fold[out])
        frequency[found.support] += 1
        sizes.append(len(found.support))
    if progress is not None:
        progress(held.shape[1])
    w, hits, losses = (np.concatenate(each) for each in (counts, right, loss))
    accuracy, deviance = w @ hits / w.sum(), w @ losses / w.sum()
    error = Z95 * standard_error(losses, w)
    return Nested(
        accuracy=float(accuracy),
        accuracy_interval=_wilson(float(accuracy), float(w.sum())),
        deviance=float(deviance),
        deviance_interval=(max(0.0, float(deviance - error)), float(deviance + error)),
        null_accuracy=float(np.bincount(codes, weights).max() / weights.sum()),
        null_deviance=float(w @ np.concatenate(null) / w.sum()),
        frequency=frequency / len(sizes),
        sizes=tuple(sizes),
    )


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson (1927), J. Am. Stat. Assoc. 22:209: never outside [0, 1]."""
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    half /= 1 + Z95**2 / n
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
