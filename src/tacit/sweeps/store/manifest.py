"""What a store is a store of: the grid, its units, and the code that runs them."""

import functools
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import DataError, NotFoundError, ShapeError


SCHEMA = "tacit.store/1"
"""The format of the whole store; another number is another format."""


@dataclass(frozen=True)
class Axis:
    """One axis of a grid: a name and the labels along it.

    Most have one column of labels, under their own name. An axis along which several
    choices move together (a zip) has a column for each.
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    """Labels by column, all of one length: numbers, text, truth values or None."""

    @classmethod
    def of(cls, name: str, labels: Sequence[Any]) -> "Axis":
        """An axis with a single column."""
        return cls(name, {name: list(labels)})

    def __post_init__(self):
        sizes = {column: len(labels) for column, labels in self.columns.items()}
        if not sizes or min(sizes.values()) == 0:
            raise ShapeError(
                f"the axis {self.name!r} has no labels; give at least one."
            )
        if len({*sizes.values()}) > 1:
            raise ShapeError(
                f"the axis {self.name!r} has columns of several lengths: {sizes}."
            )

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True)
class Manifest:
    """The grid of a sweep, and which runs each unit consists of.

    A unit is named by its key, which must say all that its results depend on, the
    version of the code included: a part is found by its key alone. The runs of a unit
    are places in the grid, counted along the last axis first; a place that no unit has
    was left out by a condition.

    Raises `DataError` where an axis, a column or a run is there twice, a run lies
    outside the grid, or something cannot be written as JSON.
    """

    sweep: str
    """What is swept, whatever the grid: a store holds results of one such sweep."""
    axes: tuple[Axis, ...]
    units: Mapping[str, Sequence[int]]
    """The runs of every unit, by its key, in the order in which it commits them."""
    salt: str = ""
    """The version of the code, which is part of every key."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Anything else worth keeping, as JSON: the spec, versions, who began it."""

    def __post_init__(self):
        columns = [column for axis in self.axes for column in axis.columns]
        for names, what in (([a.name for a in self.axes], "axis"), (columns, "column")):
            for name in names:
                if names.count(name) > 1:
                    raise DataError(
                        f"the grid has the {what} {name!r} twice; rename one."
                    )
        self._require_runs()
        try:
            _dumped(self._who | {"about": dict(self.about)})
        except (TypeError, ValueError) as error:
            raise DataError(
                f"the manifest of a store is JSON, with labels that are numbers, text, "
                f"truth values or None: {error}."
            ) from error

    def _require_runs(self) -> None:
        """Every run is in the grid, and in one unit, once."""
        seen = bytearray(self.size)
        for key, runs in self.units.items():
            if not _is_key(key):
                raise DataError(
                    f"{key!r} is not the key of a unit, which is 8 to 128 digits and "
                    "lower-case letters; give a digest in hexadecimal."
                )
            if not runs:
                raise DataError(f"the unit {key[:12]} has no runs; leave it out.")
            for run in runs:
                if not isinstance(run, int) or not 0 <= run < self.size:
                    raise DataError(
                        f"the unit {key[:12]} has the run {run}, but the grid of "
                        f"{self.shape} has places 0 to {self.size - 1}."
                    )
                if seen[run]:
                    raise DataError(f"the run {run} is there twice, in {key[:12]}.")
                seen[run] = True

    @property
    def shape(self) -> tuple[int, ...]:
        """How many labels each axis has."""
        return tuple(map(len, self.axes))

    @property
    def size(self) -> int:
        """How many places the grid has."""
        return math.prod(self.shape)

    @functools.cached_property
    def runs(self) -> int:
        """How many of them are to be run."""
        return sum(map(len, self.units.values()))

    def point(self, index: int) -> dict[str, Any]:
        """The labels of the run at this place, by column."""
        labels, rest = {}, index
        for axis in reversed(self.axes):
            rest, at = divmod(rest, len(axis))
            labels = {
                name: column[at] for name, column in axis.columns.items()
            } | labels
        return labels

    def runs_of(self, key: str) -> Sequence[int]:
        """The runs of a unit. Raises `NotFoundError` for a key it does not know."""
        if key not in self.units:
            raise NotFoundError("unit of this sweep", key, list(self.units)[:5])
        return self.units[key]

    def to_json(self) -> str:
        """All of it; NaN and infinity are refused."""
        return _dumped(self._grid | {"about": dict(self.about)})

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """What `to_json` wrote. Raises `ValueError` or `LookupError` for another."""
        found = json.loads(text)
        axes = tuple(Axis(each["name"], each["columns"]) for each in found["axes"])
        units = {key: _runs(told) for key, told in found["units"].items()}
        return cls(found["sweep"], axes, units, found["salt"], found["about"])

    @functools.cached_property
    def digest(self) -> str:
        """A SHA-256 of all but `about`."""
        return hashlib.sha256(_dumped(self._grid).encode()).hexdigest()

    @property
    def _who(self) -> dict[str, Any]:
        axes = [
            {"name": a.name, "columns": {n: [*c] for n, c in a.columns.items()}}
            for a in self.axes
        ]
        return {
            "schema": SCHEMA, "sweep": self.sweep, "salt": self.salt, "axes": axes
        }  # fmt: skip

    @property
    def _grid(self) -> dict[str, Any]:
        return self._who | {"units": {k: _told(runs) for k, runs in self.units.items()}}


def _dumped(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _told(runs: Sequence[int]) -> list[int] | dict[str, int]:
    """Runs as JSON: evenly spaced ones by where they begin, their step and number."""
    if len(runs) > 2:
        even = range(runs[0], runs[0] + (step := runs[1] - runs[0]) * len(runs), step)
        if [*runs] == [*even]:
            return {"from": runs[0], "by": step, "runs": len(runs)}
    return [*runs]


def _runs(told: list[int] | dict[str, int]) -> Sequence[int]:
    if isinstance(told, list):
        return told
    start, step = told["from"], told["by"]
    return range(start, start + step * told["runs"], step)


def _is_key(key: str) -> bool:
    return (
        8 <= len(key) <= 128 and key.isascii() and key.isalnum() and key == key.lower()
    )
