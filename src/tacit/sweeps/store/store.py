"""The store of a sweep: where results are put, and found again."""

import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ...errors import OutputError
from . import opening
from .admitting import in_order
from .books import Books
from .library import Library
from .manifest import Manifest
from .parts import Part
from .places import place_at
from .results import AbstractResults
from .rows import Row
from .tables import CLAIMED, COMMITTED, Found, PENDING


class Store(AbstractResults):
    """The results of one sweep, in a folder or an object store.

    Every unit that was committed is there whole, or not at all, whatever was killed.
    What is in the parts is the truth; the ledger (who works on what, how often
    something was tried) is rebuilt from them where it is lost. A store may be pickled:
    it is opened anew where it arrives.

    A unit is run like this, by any number of processes at once::

        for key in store.claim("worker 1"):
            store.commit(key, rows)

    Raises `OutputError` for a place that is no store, or of another version, and
    `StoreError` for one that cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, ledger: bool = True) -> None:
        """The store at `path`, a folder or a URL that fsspec knows, which is there.

        With ``ledger=False`` it writes parts and never touches the ledger: for workers
        on other machines. Whoever has the ledger then calls `acknowledge`.
        """
        place = place_at(path)
        manifest = opening.manifest_at(place)
        if manifest is None:
            raise OutputError(
                f"there is no store at {place}. A sweep makes one: "
                "tacit.sweep(..., store=PATH) or `tacit run SPEC.toml --store PATH`."
            )
        self._place, self._manifest, self._keeps = place, manifest, ledger
        self._library = Library(place)
        self._books = Books(place, self._library, manifest, beside=ledger)

    def __reduce__(self) -> tuple:
        return functools.partial(Store, ledger=self._keeps), (str(self._place),)

    def __repr__(self) -> str:
        return f"Store({str(self._place)!r})"

    @classmethod
    def found(cls, path: str | os.PathLike[str]) -> "Store | None":
        """The store at `path`; None where there is nothing at all."""
        return None if opening.manifest_at(place_at(path)) is None else cls(path)

    @classmethod
    def create(cls, path: str | os.PathLike[str], manifest: Manifest) -> "Store":
        """A new store. Raises `OutputError` if anything is there already."""
        place = place_at(path)
        if opening.manifest_at(place) or not opening.begin(place, manifest):
            raise OutputError(
                f"there is a store at {place} already. `Store.open_or_create` goes on "
                "with it; or choose another place."
            )
        return cls(path)

    @classmethod
    def open_or_create(
        cls, path: str | os.PathLike[str], manifest: Manifest
    ) -> "Store":
        """The store at `path`, made if need be, from now on with this `manifest`.

        A store of the same sweep goes on: units of the same key are done, and those of
        another version of the code, or of a grid that was otherwise, are left alone but
        count for nothing. Raises `OutputError` if it holds another sweep, or is not
        ours.
        """
        place = place_at(path)
        found = opening.manifest_at(place)
        if found is None and not opening.begin(place, manifest):
            found = opening.manifest_at(place)  # another process was faster
        if found is not None:
            opening.take_over(place, found, manifest)
        return cls(path)

    @property
    def manifest(self) -> Manifest:
        """The grid, the units and the version of the code."""
        return self._manifest

    def pending(self) -> list[str]:
        """Keys of units neither committed nor given up, in order, claimed ones too."""
        return self._books.ledger.keys(PENDING, CLAIMED)

    def finished(self) -> bool:
        """Whether nothing is pending; as quick for a million units as for one."""
        return not self._books.ledger.left()

    def committed(self) -> set[str]:
        """Keys of units of this manifest whose results are there."""
        return set(self._books.ledger.keys(COMMITTED))

    def claim(self, worker: str, *, limit: int = 1, lease: float = 60.0) -> list[str]:
        """Take up to `limit` units for `worker`, for `lease` seconds; empty if none.

        No two workers get the same unit unless a lease runs out. Time is what passes on
        this machine while it is awake: setting the clock changes nothing, and after a
        restart nobody holds anything. Every claim counts as one attempt.
        """
        return self._books.ledger.claim(worker, limit, lease)

    def beat(self, worker: str, *, lease: float = 60.0) -> int:
        """Say that `worker` lives: what it holds is its own for `lease` seconds more.

        How many units it holds; fewer than it thinks if a lease had run out.
        """
        return self._books.ledger.beat(worker, lease)

    def release(self, worker: str, keys: Iterable[str] | None = None) -> list[str]:
        """Give back what `worker` holds unfinished, or these of it; which they were.

        Those that it claimed last come last.
        """
        return self._books.ledger.release(worker, keys)

    def attempts(self, unit_key: str) -> int:
        """How often the unit was claimed."""
        self._manifest.runs_of(unit_key)
        return self._books.ledger.attempts(unit_key)[0]

    def commit(
        self,
        unit_key: str,
        rows: Sequence[Row],
        *,
        seconds: float | None = None,
        alone: Mapping[str, int] = MappingProxyType({}),
    ) -> bool:
        """Keep the results of a unit for good; False if they were there already.

        `rows` are all its runs, in any order; the ledger notes the `seconds` that they
        took, and how many were computed `alone`, by the reason why. When this returns,
        the results outlast the process and the machine. A second writer of the same
        unit is harmless: the first one stays. Raises `DataError` if these are not the
        runs of the unit or hold what cannot be kept, and `StoreError` if the place is
        full or closed to writing; what was committed before is untouched.
        """
        rows = in_order(self._manifest, unit_key, rows)
        if self._keeps and self._books.ledger.attempts(unit_key)[1]:
            return False
        part = Part.of(unit_key, rows, self._manifest.salt)
        new = self._library.put(part)
        if self._keeps:
            found = Found(unit_key, part.summary.troubles, seconds, alone)
            self._books.ledger.enter([found])
        return new

    def acknowledge(self, keys: Iterable[str]) -> set[str]:
        """Enter into the ledger units that others committed; those that are there."""
        return self._books.acknowledge(keys)

    def record_failure(
        self,
        unit_key: str,
        error: str,
        *,
        quarantine_after: int = 3,
        pause: float = 0.0,
    ) -> bool:
        """Note that a unit ended its worker; whether it is given up from now on.

        It is, once it has done so `quarantine_after` times; until then it is pending
        again, and after `pause` seconds somebody may claim it. `error` is kept.
        """
        self._manifest.runs_of(unit_key)
        lost = self._books.ledger.blame(unit_key, error, quarantine_after, pause)
        if lost:
            opening.give_up(self._place, unit_key, error)
        return lost

    def quarantine(self, unit_key: str, error: str) -> None:
        """Give a unit up: its runs count as quarantined, with `error` as the reason."""
        self._manifest.runs_of(unit_key)
        opening.give_up(self._place, unit_key, error)
        self._books.ledger.give_up({unit_key: error})

    def retry(self, keys: Iterable[str] | None = None) -> list[str]:
        """Make units that were given up pending again, all or these; which ones."""
        lost = self._books.ledger.errors()
        again = [*lost] if keys is None else [key for key in keys if key in lost]
        for key in again:
            opening.take_up(self._place, key)
        self._books.ledger.take_back(again)
        return again
