"""What every study of the dashboard sets up."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ...claims import AbstractClaim
from ...errors import DataError
from ...experiment import Experiment
from ...observables import AbstractObservable
from ..panels import Curve, Mark


MOVES = 20_000
"""The most steps of descent that a run may take."""


@dataclasses.dataclass(frozen=True, eq=False)
class Bench:
    """An experiment, what is recorded on it and how that is drawn.

    `curves` draws a run, called with it and with the runs of the experiments `beside`
    it; `marks` are foretold, before it, and so is what is `told` in words, under a
    name. `judged_apart` are claims whose experiment ends elsewhere, each with its own.
    `remedy` is what to move where a run breaks off. `later` draws what is not seen on
    these runs, once they are drawn and judged.
    """

    experiment: Experiment
    claims: Sequence[AbstractClaim]
    observe: Sequence[AbstractObservable]
    records: Any
    curves: Callable[..., list[Curve]]
    marks: Sequence[Mark] = ()
    told: Sequence[tuple[str, str]] = ()
    remedy: str = "a shorter run"
    beside: Sequence[Experiment] = ()
    judged_apart: Sequence[tuple[AbstractClaim, Experiment]] = ()
    later: Callable[[], list[Curve]] | None = None


def moves(time: float, step: float) -> int:
    """How many steps make up `time`; `DataError` for more than a click should take."""
    count = round(time / step)
    if not 1 <= count <= MOVES:
        what = "no step at all" if count < 1 else f"{count:.3g} steps"
        raise DataError(
            f"a time of {time:g} in steps of {step:g} is {what}; from 1 to {MOVES} can "
            "be taken here: " + ("shorten the step." if count < 1 else
            "shorten the time, or lengthen the step.")
        )  # fmt: skip
    return count
