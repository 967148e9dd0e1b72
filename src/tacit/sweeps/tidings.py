"""What is said of a sweep while it runs: how far, how fast, what failed, how long."""

import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from .plan import Progress
from .store import Status, Store


EVERY = 0.5
"""Seconds between looks at the ledger."""

REASONS = 2
"""Kinds of failure that are named."""


@runtime_checkable
class Look(Protocol):
    """Looks at a store, and says how far it is."""

    def __call__(self, *, last: bool = False) -> None: ...


class Tidings:
    """Where the tidings of a sweep go: to a function, a terminal, or nowhere."""

    def __init__(self, say: Progress | None):
        self._say, self._last = say, 0.0

    @classmethod
    @contextlib.contextmanager
    def of(cls, progress: Progress | bool | None) -> Iterator["Tidings"]:  # noqa: FBT001
        """To `progress`, called as ``progress(done, total, text)``.

        True is a bar on stderr, None one if that is a terminal.
        """
        if progress is None:
            progress = sys.stderr.isatty()
        if isinstance(progress, bool):
            if not progress:
                yield cls(None)
                return
            from ..display.progress import progress as shown

            with shown("sweep") as say:
                yield cls(say)
            return
        yield cls(progress)

    def planning(self, done: int, total: int, text: str) -> None:
        """Pass on how far the planning is, now and then."""
        if self._due():
            assert self._say is not None
            self._say(done, total, text)

    def watching(self, store: Store) -> "Look":
        """What an engine calls whenever something may have changed in `store`.

        With ``last=True`` it is said in any case.
        """
        begun, first = time.monotonic(), None

        def look(*, last: bool = False) -> None:
            nonlocal first
            if not self._due(in_any_case=last):
                return
            status = store.status()
            done, total = _done(status), sum(status.runs.values())
            first = done if first is None else first
            pace = (done - first) / max(time.monotonic() - begun, 1e-9)
            assert self._say is not None
            self._say(done, total, _text(store, status, pace, total - done))

        return look

    def _due(self, *, in_any_case: bool = False) -> bool:
        now = time.monotonic()
        if self._say is None or now - self._last < EVERY and not in_any_case:
            return False
        self._last = now
        return True


def in_short(status: Status) -> str:
    """The status of a sweep in a line."""
    total = sum(status.runs.values())
    told = [f"{_done(status)} of {total} runs"]
    told += [
        f"{n} {word}" for word, n in status.runs.items() if n and word != "pending"
    ]
    return ": ".join([told[0], ", ".join(told[1:]) or "none finished"])


def _done(status: Status) -> int:
    return sum(status.runs.values()) - status.runs["pending"]


def _text(store: Store, status: Status, pace: float, left: int) -> str:
    parts = [f"{pace:.3g} runs/s"] if pace else []
    if pace and left:
        parts.append(f"{_span(left / pace)} left")
    if status.alone:
        parts.append(f"{sum(status.alone.values())} one by one")
    wrong = {w: n for w, n in status.runs.items() if w not in ("ok", "pending") and n}
    if wrong:
        kinds = Counter(each.reason.split(":")[0] for each in store.failures())
        named = [f"{n} {reason[:40]}" for reason, n in kinds.most_common(REASONS)]
        parts.append(f"{sum(wrong.values())} failed ({', '.join(named)})")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
