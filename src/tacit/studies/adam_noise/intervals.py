"""Means over runs, with how far off they may be."""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats


LEVEL = 0.95


class Interval(NamedTuple):
    """A mean over runs and half its 95 % interval, elementwise."""

    mean: np.ndarray
    half: np.ndarray

    @property
    def sure(self) -> Any:
        """Whether 0 is outside."""
        return np.abs(self.mean) > self.half

    def __str__(self) -> str:
        """Both to the second digit of the half."""
        mean, half = float(self.mean), float(self.half)
        if not half > 0:
            return f"{mean:+.2g} ± {half:.2g}"
        places = 1 - int(np.floor(np.log10(half)))
        shown = max(places, 0)
        text = f"{round(mean, places):+,.{shown}f} ± {round(half, places):,.{shown}f}"
        return text.replace("-", "−")

    @property
    def told(self) -> str:
        """The interval, and whether 0 is in it."""
        return str(self) if self.sure else f"{self}, which is not told from 0"


def interval(values: np.ndarray, axis: int = 0) -> Interval:
    """Student's interval of the mean along `axis`: runs are independent."""
    count = values.shape[axis]
    error = np.std(values, axis=axis, ddof=1) / np.sqrt(count)
    wide = stats.t.ppf((1 + LEVEL) / 2, count - 1)
    return Interval(np.mean(values, axis=axis), wide * error)
