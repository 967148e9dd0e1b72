"""What a store is a store of: the grid, its units, and the code that runs them."""

import functools
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
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
        seen: set[int] = set()
        for key, runs in self.units.items():
            if not _is_key(key):
                raise DataError(
                    f"{key!r} is not the key of a unit, which is 8 to 128 digits and "
                    "lower-case letters; give a digest in hexadecimal."
                )
            if not runs or len({*runs}) < len(runs) or not seen.isdisjoint(runs):
                raise DataError(
                    f"the unit {key[:12]} is empty, or one of its runs is there twice."
                )
            seen.update(runs)
        if seen and not 0 <= min(seen) <= max(seen) < self.size:
            raise DataError(
                f"a unit has run {max(seen)}, but the grid of {self.shape} has places "
                f"0 to {self.size - 1}."
            )
        try:
            self.to_json()
        except (TypeError, ValueError) as error:
            raise DataError(
                f"the manifest of a store is JSON, with labels that are numbers, text, "
                f"truth values or None: {error}."
            ) from error

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
        """All of it, in one line per section; NaN and infinity are refused."""
        axes = [{"name": a.name, "columns": _plain(a.columns)} for a in self.axes]
        content = {
            "schema": SCHEMA,
            "sweep": self.sweep,
            "salt": self.salt,
            "axes": axes,
            "about": dict(self.about),
            "units": {key: [*runs] for key, runs in self.units.items()},
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """What `to_json` wrote. Raises `ValueError` or `KeyError` for anything else."""
        found = json.loads(text)
        axes = tuple(Axis(each["name"], each["columns"]) for each in found["axes"])
        return cls(found["sweep"], axes, found["units"], found["salt"], found["about"])

    @functools.cached_property
    def digest(self) -> str:
        """A SHA-256 of `to_json`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def keys(self) -> Iterator[str]:
        """The keys of the units, in the order in which they were given."""
        return iter(self.units)


def _is_key(key: str) -> bool:
    return (
        8 <= len(key) <= 128 and key.isascii() and key.isalnum() and key == key.lower()
    )


def _plain(columns: Mapping[str, Sequence[Any]]) -> dict[str, list]:
    return {name: list(labels) for name, labels in columns.items()}
