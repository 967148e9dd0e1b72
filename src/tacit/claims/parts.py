"""The parts that a claim is made of."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np


Method = TypeVar("Method", bound=Callable)


class Hypothesis(NamedTuple):
    """One condition of a theorem, and whether the run at hand meets it."""

    text: str
    met: bool


class Forecast(NamedTuple):
    """What a theorem foresees before any training.

    `value` is a number or an array, `about` says in words of what. `certificate` bounds
    the error of the value, as the oracle that computed it certifies; 0 for a closed
    form.
    """

    value: Any
    about: str
    certificate: float = 0.0


class Term(NamedTuple):
    """One named error that a theorem allows on a run, in the units of the distance.

    `reason` says where the size comes from; `remedy` what makes it smaller.
    """

    name: str
    size: float
    reason: str
    remedy: str


class Rival(NamedTuple):
    """A false statement nearby: a sentence, and what it predicts instead."""

    statement: str
    predicted: Any


class Unmeasured(Exception):  # noqa: N818 - an answer, not an error of the caller
    """Raised by a part of a claim on a run that cannot answer, naming what would.

    The verdict is then *undecided*, with this text.
    """


def optional(method: Method) -> Method:
    """A method of `AbstractClaim` with a default, which a member may replace."""
    method.__optional__ = True  # pyright: ignore[reportFunctionMemberAccess]
    return method


def relative(predicted: Any, measured: Any) -> float:
    """The largest difference over the largest predicted size; NaN over a size of 0."""
    told, seen = np.asarray(predicted, float), np.asarray(measured, float)
    off, size = np.max(np.abs(seen - told), initial=0), np.max(np.abs(told), initial=0)
    return float(off / size) if size > 0 else float("nan")


def exceeding(bound: Any, measured: Any) -> float:
    """By what part of a bound it is exceeded at most; 0 where it never is."""
    told, seen = np.broadcast_arrays(np.asarray(bound, float), measured)
    over = np.maximum(np.asarray(seen, float) - told, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(over > 0, over / np.abs(told), 0.0)
    return float(np.max(parts, initial=0.0))
