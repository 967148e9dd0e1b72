r"""Exponents of a law $\tau = A\,\varepsilon^{-p} + B$, estimated without bias.

The offset $B$ bends the curve: a line through all of it misses $p$ by several per cent
though the law is exact. Differences on a geometric grid are free of $B$.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float
from scipy.special import stdtrit

from ..errors import DataError, ShapeError


Runs = Float[np.ndarray, "seeds times"]


class Exponent(NamedTuple):
    r"""An estimate of $-p$ with its 95 % interval, and what lesser estimates say.

    `value` is the median over the seeds of the slope of $\log(\tau_{i+1} - \tau_i)$
    against $\log\varepsilon_i$ within the last decade, `seeds` these slopes. `low` and
    `high` are Student's interval over the seeds, or with one seed that of its slope;
    NaN where there are too few numbers for one. `last_pair` is the slope of $\log\tau$
    between the two smallest $\varepsilon$ and `whole` that through all, both biased.
    `prefactors` are the $A$ of the seeds at `value`, and `offsets` the $B$; at a slope
    of 0 the law is $A\log(1/\varepsilon) + B$.
    """

    value: float
    low: float
    high: float
    seeds: Float[np.ndarray, " seeds"]
    last_pair: float
    whole: float
    prefactors: Float[np.ndarray, " seeds"]
    offsets: Float[np.ndarray, " seeds"]


def fit_exponent(
    eps: ArrayLike, times: ArrayLike, *, power: float | None = None
) -> Exponent:
    r"""The exponent of escape `times` ``(m,)`` or ``(seeds, m)`` at `eps` ``(m,)``.

    `eps` is a geometric grid of three or more, in any order. The prefactors are those
    at the exponent `power` if it is given, else at the one found. With a `power` below
    0 the times tend to a bound, and may fall to it.

    Raises `DataError` for another grid, and for times that do not grow as $\varepsilon$
    falls or are not finite: a run that did not escape has no time.
    """
    grid, runs = _sorted(eps, times, bounded=power is not None and power < 0)
    steps, ratio = np.diff(runs, axis=1), np.log(grid[1] / grid[0])
    late = grid[:-1] <= 10 * grid[-1] * (1 + 1e-9)
    late[-2:] = True
    x, y = np.log(grid[:-1][late]), np.log(np.abs(steps[:, late]))
    seeds = np.array([np.polyfit(x, row, 1)[0] for row in y])
    value = float(np.median(seeds))
    low, high = _interval(x, y, seeds)
    power = -value if power is None else power
    # The sum over a step of ε^-p, or of its logarithm where the power is none.
    grown = np.diff(-np.log(grid) if abs(power) < 1e-3 else grid**-power)
    shape = -np.log(grid[-1]) if abs(power) < 1e-3 else grid[-1] ** -power
    prefactors = steps[:, -1] / grown[-1]
    return Exponent(
        value, low, high, seeds,
        float(np.median((np.log(runs[:, -1]) - np.log(runs[:, -2])) / ratio)),
        float(np.median([np.polyfit(np.log(grid), np.log(r), 1)[0] for r in runs])),
        prefactors, runs[:, -1] - prefactors * shape,
    )  # fmt: skip


def difference_slopes(eps: ArrayLike, times: ArrayLike) -> Float[np.ndarray, "seeds k"]:
    """The slopes between neighbouring differences, that of the largest eps first."""
    grid, runs = _sorted(eps, times)
    logs = np.log(np.diff(runs, axis=1))
    return np.diff(logs, axis=1) / np.log(grid[1] / grid[0])


def _sorted(eps, times, *, bounded=False):
    grid, runs = np.asarray(eps, float), np.atleast_2d(np.asarray(times, float))
    if grid.ndim != 1 or len(grid) < 3 or runs.shape[1:] != grid.shape:
        raise ShapeError(
            f"an exponent needs three or more eps (m,) and a time for each, (m,) or "
            f"(seeds, m); got {grid.shape} and {np.shape(times)}."
        )
    order = np.argsort(-grid)
    grid, runs = grid[order], runs[:, order]
    if not grid[-1] > 0 or np.ptp(np.diff(np.log(grid))) > 1e-6:
        raise DataError(
            "an exponent is read off differences on a geometric grid: eps above 0 with "
            "one ratio between neighbours. Use numpy.geomspace."
        )
    steps = np.diff(runs, axis=1)
    one_way = np.all(steps * (np.sign(steps[:, :1]) if bounded else 1.0) > 0)
    if not np.all(np.isfinite(runs)) or not one_way:
        raise DataError(
            "the times must be finite and grow as eps falls; leave out runs that did "
            "not escape, and starts that are already past the level."
        )
    return grid, runs


def _interval(x, y, seeds):
    """Student's 95 % interval of the mean slope, over seeds or of a single line."""
    if len(seeds) > 1:
        spread = np.std(seeds, ddof=1) / np.sqrt(len(seeds))
        reach = stdtrit(len(seeds) - 1, 0.975) * spread
        return float(np.mean(seeds) - reach), float(np.mean(seeds) + reach)
    free = len(x) - 2
    if free < 1:
        return np.nan, np.nan
    rest = y[0] - np.polyval(np.polyfit(x, y[0], 1), x)
    spread = np.sqrt(np.sum(rest**2) / free / np.sum((x - x.mean()) ** 2))
    reach = stdtrit(free, 0.975) * spread
    return float(seeds[0] - reach), float(seeds[0] + reach)
