"""Which runs are computed together: units, and what becomes of them as a grid grows."""

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .grid import Point
from .store import Store
from .work import key_of, Work


LARGEST, SMALLEST, SHARE = 128, 8, 16
"""Runs in a unit: that share of a shape class, but no more and no fewer than this."""


@dataclass(frozen=True)
class Member:
    """A run of a unit: its point, and what its experiment was when it was planned.

    `mark` is empty where `experiment_of` raised.
    """

    point: Point
    mark: str
    shape: str
    """The shape class in words."""

    @property
    def told(self) -> str:
        """What the key of its unit says of it; not its place, which growth moves."""
        return f"{json.dumps(self.point.labels)}:{self.mark}"


@dataclass(frozen=True)
class Unit:
    """A batch of runs of one shape: what is computed, kept and lost together."""

    key: str
    members: tuple[Member, ...]

    @classmethod
    def of(cls, work: Work, members: Sequence[Member]) -> "Unit":
        """The unit of these runs, by a name that says all its results depend on."""
        return cls(key_of(work, [each.told for each in members]), tuple(members))

    @property
    def shape(self) -> str:
        """The shape class of its runs in words."""
        return self.members[0].shape


def units_of(
    work: Work,
    classes: Sequence[Sequence[Member]],
    batch: int | None,
    before: Store | None,
) -> tuple[Unit, ...]:
    """The runs of shape classes as units of at most `batch` runs.

    Units of the store from `before` stay what they are, as long as all their runs are
    wanted, and new ones are made of the others: results are kept unit by unit, and a
    grid that grows would else be computed anew.
    """
    units = [*_known(work, [*itertools.chain(*classes)], batch, before)]
    taken = {each.point.index for unit in units for each in unit.members}
    for members in classes:
        rest = [each for each in members if each.point.index not in taken]
        size = batch or _size(len(rest))
        cuts = range(0, len(rest), size)
        units += [Unit.of(work, rest[i : i + size]) for i in cuts]
    return tuple(units)


def _known(
    work: Work, members: Sequence[Member], batch: int | None, store: Store | None
) -> Iterator[Unit]:
    """The units of a store whose runs are `members`, and are what they were.

    Not those of more than `batch` runs that have no results yet.
    """
    if store is None:
        return
    before = store.manifest
    large = {key for key, runs in before.units.items() if batch and len(runs) > batch}
    large -= store.committed() if large else set()
    wanted = {tuple(each.point.labels.items()): each for each in members}
    for key, runs in before.units.items():
        points = (tuple(before.point(run).items()) for run in runs)
        found = [wanted[point] for point in points if point in wanted]
        if len(found) == len(runs) and key not in large:
            unit = Unit.of(work, found)
            if unit.key == key:
                yield unit


def _size(runs: int) -> int:
    return min(LARGEST, max(SMALLEST, math.ceil(runs / SHARE)))
