"""One run as a sweep hands it over, and what can have become of a run."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, Literal

from ...errors import DataError, OptionError


Ending = Literal["ok", "diverged", "failed"]
"""How a run ended: as asked; with numbers that are not finite; with an exception."""


class State(enum.IntEnum):
    """What a store knows of a run, as the integers of the variable ``status``."""

    OK = 0
    DIVERGED = 1
    FAILED = 2
    QUARANTINED = 3
    """Its unit was given up: it kept ending the worker that ran it."""
    PENDING = 4
    """It has not been run, or not to its end."""
    EXCLUDED = 5
    """The grid has a place for it, but a condition left it out."""


@dataclass(frozen=True)
class Row:
    """One run of a sweep: where it stands, how it ended, and what was measured.

    `values` are numbers, text or arrays of numbers by name. `dims` names the axes of
    each array; what is not named there is a single value. `coords` are the numbers or
    labels along those axes: an array under the name of its axis, or under another name
    with its axes in `dims`. A run that failed has a `reason`, and usually no values;
    one that diverged has a `reason` and what was measured before it did.

    Raises `OptionError` or `DataError` where these do not fit together.
    """

    index: int
    """Its place in the grid, counted along the last axis first."""
    point: Mapping[str, Any]
    """Its label on every axis: numbers, text, truth values or None."""
    digest: str
    """What identifies the experiment, `Experiment.digest`; empty if there was none."""
    status: str = "ok"
    """How it ended, one of `Ending`."""
    reason: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    dims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coords: Mapping[str, Any] = field(default_factory=dict)
    attrs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """``units`` and ``long_name`` of values and coordinates, by their name."""

    def __post_init__(self):
        if self.status not in get_args(Ending):
            raise OptionError("status of a run", self.status, get_args(Ending))
        if self.status != "ok" and not self.reason:
            raise DataError(f"run {self.index} {self.status}; give the reason.")
        for name in {*self.dims, *self.attrs} - {*self.values, *self.coords}:
            raise DataError(
                f"run {self.index} describes {name!r}, of which it has no values; it "
                f"has {', '.join([*self.values, *self.coords]) or 'none'}."
            )
        for name in {*self.values} & {*self.coords}:
            raise DataError(
                f"run {self.index} has {name!r} as a value and as a coordinate; "
                "rename one."
            )
