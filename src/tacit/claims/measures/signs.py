"""Signs of means over draws, and how many draws they take."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..parts import Term


class Signs(NamedTuple):
    """The signs of several numbers, each known to within its `doubt` ``(k,)``.

    0 where the number is not known to be on one side of 0.
    """

    mean: np.ndarray
    doubt: np.ndarray
    draws: int

    @property
    def seen(self) -> np.ndarray:
        """-1, 0 or 1 each."""
        return np.where(np.abs(self.mean) > self.doubt, np.sign(self.mean), 0.0)

    @property
    def needed(self) -> float:
        """How many draws would tell all these signs, if the means stay."""
        with np.errstate(all="ignore"):
            share = np.max((self.doubt / self.mean) ** 2)
        return math.inf if math.isnan(share) else float(self.draws * share)

    def sampling(self) -> Term:
        """Nothing where all signs are known, else one sign."""
        open_ = int(np.sum((self.seen == 0) & (self.doubt > 0)))
        reason = f"{self.needed:.3g} draws tell them all; these are {self.draws}"
        text = f"{open_} signs within two standard errors of 0" if open_ else "sampling"
        return Term(text, float(open_ > 0), reason, "more draws")


def signs_over_draws(values: np.ndarray, extra: float = 0.0) -> Signs:
    """Of the means of `values` ``(draws, k)``, by two standard errors and `extra`."""
    draws = len(values)
    doubt = 2 * np.std(values, axis=0, ddof=1) / math.sqrt(draws) + extra
    return Signs(np.mean(values, axis=0), doubt, draws)


def signs_apart(predicted: Any, measured: Any) -> float:
    """By how much two lists of signs differ: 2 where one is the other way round."""
    return float(np.max(np.abs(np.asarray(measured) - np.asarray(predicted))))
