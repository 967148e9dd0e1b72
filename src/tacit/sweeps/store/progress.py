"""How far a sweep is, and what went wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .ledger import Ledger
from .manifest import Manifest
from .rows import State
from .tables import CLAIMED, COMMITTED, GIVEN_UP, Holder, PENDING


@dataclass(frozen=True)
class Status:
    """Units and runs of a sweep by what became of them."""

    units: Mapping[str, int]
    """``pending``, ``claimed``, ``committed`` and ``quarantined``."""
    runs: Mapping[str, int]
    """``ok``, ``diverged``, ``failed``, ``quarantined`` and ``pending``."""
    workers: tuple[Holder, ...]
    """Who holds units now, as far as the ledger knows."""
    seconds: float
    """What the committed units took, where that was said."""
    alone: Mapping[str, int]
    """How many runs were computed by themselves, by the reason why, as far as that was
    said; all others stood side by side in a batch."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to run. Units that were given up are not run."""
        return self.units["pending"] == self.units["claimed"] == 0

    @property
    def flawless(self) -> bool:
        """Whether every run is there, and went as it was asked."""
        return self.runs["ok"] == sum(self.runs.values())


@dataclass(frozen=True)
class Failure:
    """A run that diverged, failed, or was given up with its unit."""

    index: int
    point: Mapping[str, Any]
    status: str
    reason: str
    unit: str


def status_of(ledger: Ledger) -> Status:
    """The status that a ledger tells of."""
    counts = ledger.counts()
    done = counts[COMMITTED]
    wrong = done.diverged + done.failed
    return Status(
        {
            "pending": counts[PENDING].units,
            "claimed": counts[CLAIMED].units,
            "committed": done.units,
            "quarantined": counts[GIVEN_UP].units,
        },
        {
            "ok": done.runs - wrong,
            "diverged": done.diverged,
            "failed": done.failed,
            "quarantined": counts[GIVEN_UP].runs,
            "pending": counts[PENDING].runs + counts[CLAIMED].runs,
        },
        tuple(ledger.holders()),
        done.seconds,
        ledger.alone(),
    )


def failures_of(ledger: Ledger, manifest: Manifest) -> Iterator[Failure]:
    """The failures that a ledger tells of, unit by unit."""
    for key, trouble in ledger.troubles():
        index = manifest.units[key][trouble.row]
        point, name = manifest.point(index), trouble.status.name.lower()
        yield Failure(index, point, name, trouble.reason, key)
    for key, error in ledger.errors().items():
        for index in manifest.units[key]:
            name = State.QUARANTINED.name.lower()
            yield Failure(index, manifest.point(index), name, error, key)


def by_reason(
    failures: Iterator[Failure] | list[Failure],
) -> list[tuple[str, str, int]]:
    """Status, first line of the reason, and how many; the commonest first."""
    lines = Counter((each.status, _first(each.reason)) for each in failures)
    return [(status, reason, n) for (status, reason), n in lines.most_common()]


def _first(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
