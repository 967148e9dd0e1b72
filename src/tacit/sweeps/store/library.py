"""The parts of a store: one file for each unit, or one for many that were packed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from ...errors import StoreError
from .encoding import DamagedError
from .parts import Part, read_summary, Summary, Trouble
from .places import AbstractPlace


LOOSE, PACKS = "parts", "packs"
ENDING = ".safetensors"
Progress = Callable[[int, int], object] | None
"""Told how many files, or units, are done, and of how many."""


class Unit(NamedTuple):
    """A unit as its part tells of it: its rows there, and what went wrong."""

    start: int
    size: int
    troubles: tuple[Trouble, ...]
    """With rows counted within the unit."""


class Library:
    """Finds the parts at a place. What is damaged is as if it were not there."""

    def __init__(self, place: AbstractPlace):
        self._place = place
        self._packs: dict[str, Summary] = {}

    def find(self) -> dict[str, str]:
        """The file that each unit is in, by key; packs come before single parts."""
        # Single parts are looked for first: what is packed meanwhile is then found in
        # one of the two.
        found = {
            key: name for name in self._place.names(LOOSE) if (key := key_of(name))
        }
        for name in sorted(self._place.names(PACKS)):
            found |= dict.fromkeys(self._pack(name), name)
        return found

    def summaries(self, found: Mapping[str, str]) -> Iterator[tuple[str, Unit]]:
        """What the parts say of these units, in any order; `found` is from `find`."""
        wanted: dict[str, list[str]] = {}
        for key, name in found.items():
            wanted.setdefault(name, []).append(key)
        for name, keys in wanted.items():
            try:
                units = units_of(self.summary(name))
            except (DamagedError, FileNotFoundError):
                continue
            yield from ((key, units[key]) for key in keys if key in units)

    def summary(self, name: str) -> Summary:
        """What a file says of itself. Raises `DamagedError` or `FileNotFoundError`."""
        if name in self._packs:
            return self._packs[name]
        size = self._place.size(name)
        summary = read_summary(lambda first: self._place.read(name, first), size)
        if name.startswith(PACKS):
            self._packs[name] = summary
        return summary

    def read(self, name: str) -> Part:
        """The part in a file. Raises `DamagedError` or `FileNotFoundError`."""
        return Part.from_bytes(self._place.read(name))

    def put(self, part: Part) -> bool:
        """Keep a part for good; False if there is one of that name.

        That of one unit goes by its key, that of several by its content.
        """
        data = part.to_bytes()
        if len(part.summary.units) == 1:
            return self._place.publish(loose(*part.summary.units), data)
        mark = hashlib.sha256(data).hexdigest()[:32]
        return self._place.publish(f"{PACKS}/{mark}{ENDING}", data)

    def _pack(self, name: str) -> Iterable[str]:
        try:
            return self.summary(name).units
        except (DamagedError, FileNotFoundError):
            return ()


def loose(key: str) -> str:
    """The name of the part of one unit."""
    return f"{LOOSE}/{key[0]}/{key}{ENDING}"


def key_of(name: str) -> str | None:
    """The unit whose part goes by this name, if any does."""
    key = name.rsplit("/", 1)[-1].removesuffix(ENDING)
    return key if name == loose(key) else None


def units_of(summary: Summary) -> dict[str, Unit]:
    """The units of a part, each with what went wrong in it."""
    start, bounds = 0, []
    for key, size in summary.units.items():
        bounds.append((key, start, size))
        start += size
    wrong: list[list[Trouble]] = [[] for _ in bounds]
    at = 0
    for trouble in sorted(summary.troubles, key=lambda each: each.row):
        while trouble.row >= bounds[at][1] + bounds[at][2]:
            at += 1
        row = trouble.row - bounds[at][1]
        wrong[at].append(Trouble(row, trouble.status, trouble.reason))
    return {
        key: Unit(start, size, tuple(troubles))
        for (key, start, size), troubles in zip(bounds, wrong, strict=True)
    }


def damaged(place: AbstractPlace, name: str, error: DamagedError) -> StoreError:
    """What to tell somebody who wanted to read it."""
    return StoreError(
        f"{place}: {name} is damaged: {error}. `tacit store repair` puts it aside, so "
        "that its runs are run again; all others are intact."
    )
