"""The ledger of a store, kept in agreement with the parts that are there."""

import functools
import os
from collections.abc import Iterable, Iterator, Mapping

from . import opening
from .ledger import Ledger
from .library import Library, loose
from .manifest import Manifest
from .places import AbstractPlace
from .tables import COMMITTED, Found


LEDGER = "ledger.sqlite"


class Books:
    """A ledger that is made from the parts, and compared with them.

    It lies beside the parts if `beside`, the place is a folder and can be written to;
    else it is in memory, and what other processes claim is not in it.
    """

    def __init__(
        self,
        place: AbstractPlace,
        library: Library,
        manifest: Manifest,
        *,
        beside: bool,
    ):
        self._place, self._library, self._manifest = place, library, manifest
        self._beside = beside

    @functools.cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened when it is first asked for."""
        folder = self._place.folder if self._beside else None
        if folder is not None and not os.access(folder, os.W_OK):
            folder = None
        ledger = Ledger(
            None if folder is None else folder / LEDGER,
            self._manifest.digest,
            {key: len(runs) for key, runs in self._manifest.units.items()},
            lambda: self._summaries(self._present()),
            lambda: opening.given_up(self._place),
        )
        if folder is not None:
            self._agree(ledger)
        return ledger

    def agree(self) -> None:
        """Have the ledger know what is there."""
        self._agree(self.ledger)

    def acknowledge(self, keys: Iterable[str]) -> set[str]:
        """Enter these units if they are there; which are."""
        wanted = {key for key in keys if self._manifest.runs_of(key)}
        new = {key for key in wanted if not self.ledger.attempts(key)[1]}
        # Where they would stand alone first: that asks for a few names, not for all.
        found = [*self._summaries({key: loose(key) for key in new})]
        if len(found) < len(new):
            lost = new - {each.key for each in found}
            there = self._present()
            found += self._summaries({k: there[k] for k in lost if k in there})
        self.ledger.enter(found)
        return wanted - new | {each.key for each in found}

    def _agree(self, ledger: Ledger) -> None:
        # First what it says: a unit that is committed meanwhile is then not lost.
        known = set(ledger.keys(COMMITTED))
        there = self._present()
        if lost := known - there.keys():
            ledger.take_back(lost)
        if new := {key: name for key, name in there.items() if key not in known}:
            ledger.enter(self._summaries(new))

    def _present(self) -> dict[str, str]:
        """The files of the units of this manifest, by key."""
        units = self._manifest.units
        return {k: name for k, name in self._library.find().items() if k in units}

    def _summaries(self, found: Mapping[str, str]) -> Iterator[Found]:
        for key, unit in self._library.summaries(found):
            yield Found(key, unit.troubles)
