"""Data sets that are drawn with a seed."""

import numpy as np

from ..errors import DataError, ShapeError
from .problem import Problem


def strong_weak_noise(
    seed: int,
    n: int,
    strong: int = 2,
    weak: int = 4,
    noise: int = 14,
    *,
    large: float = 2.0,
    small: float = 0.5,
    correlation: float = 0.0,
) -> Problem:
    """Two Gaussian classes told apart by a few `strong` and `weak` features of many.

    The class means differ by `large` in a strong feature, `small` in a weak one and 0
    in a noise one, in units of the within-class deviation; features i and j correlate
    by ``correlation ** |i - j|`` in the order strong, weak, noise. The two classes, -1
    and 1, alternate. Raises `DataError` for a number out of its range.
    """
    counts = {"strong": strong, "weak": weak, "noise": noise}
    for kind, m in counts.items():
        _ask(kind, m >= 0, "counts of features are at least 0")
    _ask("strong", strong + weak + noise >= 1, "there is at least one feature")
    _ask("n", n >= 4, f"n is at least 4, two of each class; got {n}")
    _ask(
        "correlation",
        abs(correlation) < 1,
        f"|correlation| is below 1; got {correlation}",
    )
    features = tuple(f"{kind}_{i}" for kind, m in counts.items() for i in range(m))
    delta = np.repeat([large, small, 0.0], list(counts.values()))
    places = np.arange(len(delta))
    covariance = float(correlation) ** np.abs(places[:, None] - places)
    return _gaussian(seed, n, n // 2, delta, covariance, features)


def two_gaussians(
    seed: int,
    n: int,
    d: int,
    *,
    delta: object = 1.0,
    condition: float = 10.0,
    share: float = 0.5,
) -> Problem:
    """Two Gaussian classes with one covariance, of random axes.

    The eigenvalues of the covariance run evenly in logarithm from 1 down to
    ``1 / condition``; the means differ by `delta`, ``(d,)`` or the same in every
    feature; `share` of the `n` rows are of class 1 and the others of class -1. Raises
    `DataError` for a number out of its range and `ShapeError` for a `delta` that does
    not fit.
    """
    _ask("d", d >= 1, f"d is at least 1; got {d}")
    _ask("condition", condition >= 1, f"condition is at least 1; got {condition}")
    second = round(share * n)
    _ask(
        "share",
        2 <= second <= n - 2,
        f"each class has at least 2 rows; share {share} of {n} gives {second}",
    )
    shift = np.asarray(delta, float)
    if shift.ndim and shift.shape != (d,):
        raise ShapeError(
            f"delta has shape {shift.shape}; d is {d}: give ({d},).", about="delta"
        )
    axes = np.linalg.qr(np.random.default_rng([seed, 1]).normal(size=(d, d)))[0]
    covariance = (axes * np.geomspace(1, 1 / condition, d)) @ axes.T
    return _gaussian(seed, n, second, np.broadcast_to(shift, d), covariance)


def _gaussian(
    seed: int,
    n: int,
    second: int,
    delta: np.ndarray,
    covariance: np.ndarray,
    features: tuple[str, ...] | None = None,
) -> Problem:
    rng = np.random.default_rng(seed)
    # Evenly mixed, so that any run of rows has both classes in proportion.
    y = np.where(np.diff(np.arange(n + 1) * second // n) > 0, 1, -1)
    noise = rng.normal(size=(n, len(delta))) @ np.linalg.cholesky(covariance).T
    return Problem(noise + y[:, None] * delta / 2, y, features=features)


def _ask(about: str, met: bool, text: str) -> None:  # noqa: FBT001
    if not met:
        raise DataError(f"a synthetic data set cannot be drawn: {text}.", about=about)
