"""Who works on what: a SQLite database that the parts can replace."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ...errors import StoreError
from .database import Database
from .parts import Trouble
from .rows import State
from .tables import (
    CLAIMED,
    COMMITTED,
    Count,
    digest_in,
    enter,
    Found,
    give_up,
    GIVEN_UP,
    Holder,
    PENDING,
    TABLES,
    unit,
    VERSION,
)  # fmt: skip


class Ledger:
    """The units of a sweep, each pending, claimed, committed or given up.

    Times are those of the machine's own clock since it was started, which nobody can
    set: a lease from before the last start has begun in the future, and is void.

    `units` are sizes by key, of the manifest with this `digest`. When a ledger is made
    `found` says what is committed, and `lost` why units were given up.
    """

    def __init__(
        self,
        path: Path | None,  # None is in memory
        digest: str,
        units: Mapping[str, int],
        found: Callable[[], Iterable[Found]],
        lost: Callable[[], Mapping[str, str]],
        clock: Callable[[], float] = time.monotonic,
    ):
        self._digest, self._units, self._clock = digest, units, clock
        self._found, self._lost = found, lost
        self._database = Database(path, self._made, VERSION)
        with self._database.reading() as connection:
            other = digest_in(connection) != digest
        if other:
            self._database.remake()

    def sound(self) -> bool:
        """Whether SQLite finds nothing wrong with it."""
        return self._database.sound()

    def discard(self) -> None:
        """Put the file aside; the next use makes it anew from what is committed."""
        self._database.discard()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def claim(self, worker: str, limit: int, lease: float) -> list[str]:
        """The next units that nobody holds."""
        now = self._clock()
        with self._changing() as connection:
            connection.execute(
                "UPDATE unit SET state = 0, owner = NULL, until = NULL "
                "WHERE state = 1 AND (until < ? OR since > ?)",
                (now, now),
            )
            # A pending unit with `until` rests until then, after it ended a worker.
            free = connection.execute(
                "SELECT position, key FROM unit WHERE state = 0 AND "
                "(until IS NULL OR until <= ? OR since > ?) ORDER BY position LIMIT ?",
                (now, now, limit),
            ).fetchall()
            connection.executemany(
                "UPDATE unit SET state = 1, owner = ?, claimed = ?, since = ?, "
                "until = ?, attempts = attempts + 1 WHERE position = ?",
                [(worker, now, now, now + lease, position) for position, _ in free],
            )
        return [key for _, key in free]

    def beat(self, worker: str, lease: float) -> int:
        """Prolong what `worker` holds; how many units."""
        now = self._clock()
        with self._changing() as connection:
            return connection.execute(
                "UPDATE unit SET since = ?, until = ? WHERE owner = ? AND state = 1",
                (now, now + lease, worker),
            ).rowcount

    def release(self, worker: str, keys: Iterable[str] | None) -> list[str]:
        """Make pending what `worker` holds, or these of it; the last claimed last."""
        wanted = None if keys is None else {*keys}
        with self._changing() as connection:
            held = connection.execute(
                "SELECT key FROM unit WHERE owner = ? AND state = 1 "
                "ORDER BY claimed, position",
                (worker,),
            ).fetchall()
            given = [key for (key,) in held if wanted is None or key in wanted]
            connection.executemany(
                "UPDATE unit SET state = 0, owner = NULL, until = NULL WHERE key = ?",
                [(key,) for key in given],
            )
        return given

    def enter(self, found: Iterable[Found]) -> None:
        """Mark units as committed."""
        with self._changing() as connection:
            enter(connection, found)

    def blame(self, key: str, error: str, most: int, pause: float) -> bool:
        """Count that a unit ended its worker; whether that was once too often."""
        now = self._clock()
        with self._changing() as connection:
            connection.execute(
                "UPDATE unit SET kills = kills + 1, error = ?, owner = NULL, "
                "since = ?, until = ?, "
                "state = CASE WHEN kills + 1 >= ? THEN 3 ELSE 0 END "
                "WHERE key = ? AND state != 2",
                (error, now, now + pause, most, key),
            )
            (state,) = unit(connection, "state", key)
        return state == GIVEN_UP

    def give_up(self, errors: Mapping[str, str]) -> None:
        """Give units up, unless they were committed after all."""
        with self._changing() as connection:
            give_up(connection, errors)

    def take_back(self, keys: Iterable[str]) -> None:
        """Make units pending whose results are gone, or which are to be tried again."""
        with self._changing() as connection:
            for key in keys:
                (position,) = unit(connection, "position", key)
                for table in ("trouble", "alone"):
                    connection.execute(
                        f"DELETE FROM {table} WHERE position = ?", (position,)
                    )
                connection.execute(
                    "UPDATE unit SET state = 0, owner = NULL, until = NULL, kills = 0, "
                    "error = NULL, diverged = 0, failed = 0, seconds = NULL "
                    "WHERE position = ?",
                    (position,),
                )

    def keys(self, *states: int) -> list[str]:
        """The units in these states, in order."""
        marks = ", ".join("?" * len(states))
        with self._database.reading() as connection:
            found = connection.execute(
                f"SELECT key FROM unit WHERE state IN ({marks}) ORDER BY position",
                states,
            )
            return [key for (key,) in found]

    def left(self) -> bool:
        """Whether there is a unit neither committed nor given up."""
        with self._database.reading() as connection:
            some = "SELECT 1 FROM unit WHERE state IN (0, 1) LIMIT 1"
            return connection.execute(some).fetchone() is not None

    def attempts(self, key: str) -> tuple[int, bool]:
        """How often a unit was claimed, and whether its results are there."""
        with self._database.reading() as connection:
            times, state = unit(connection, "attempts, state", key)
        return times, state == COMMITTED

    def errors(self) -> dict[str, str]:
        """Why units were given up."""
        with self._database.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT key, error FROM unit WHERE state = 3 ORDER BY position"
                ).fetchall()
            )

    def troubles(self) -> list[tuple[str, Trouble]]:
        """The runs of committed units that went wrong, with the keys of their units."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT key, row, status, reason FROM trouble "
                "JOIN unit USING (position) ORDER BY position, row"
            ).fetchall()
        return [(key, Trouble(row, State(s), reason)) for key, row, s, reason in found]

    def alone(self) -> dict[str, int]:
        """How many runs were computed by themselves, by the reason why."""
        with self._database.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT reason, sum(runs) FROM alone GROUP BY reason "
                    "ORDER BY sum(runs) DESC"
                ).fetchall()
            )

    def counts(self) -> dict[int, Count]:
        """How many units are in each state, with their runs."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT state, count(*), sum(runs), sum(diverged), sum(failed), "
                "coalesce(sum(seconds), 0.0) FROM unit GROUP BY state"
            ).fetchall()
        counts = dict.fromkeys((PENDING, CLAIMED, COMMITTED, GIVEN_UP), Count())
        return counts | {state: Count(*rest) for state, *rest in found}

    def holders(self) -> list[Holder]:
        """The workers that hold units."""
        now = self._clock()
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT owner, count(*), min(?, max(since)) FROM unit "
                "WHERE state = 1 GROUP BY owner ORDER BY owner",
                (now,),
            ).fetchall()
        return [Holder(worker, units, now - since) for worker, units, since in found]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._database.changing() as connection:
            if digest_in(connection) != self._digest:
                raise StoreError(
                    "another version of this sweep has taken the store over since it "
                    "was opened here; open it again to go on with that one."
                )
            yield connection

    def _made(self, connection: sqlite3.Connection) -> None:
        for table in TABLES:
            connection.execute(table)
        connection.execute("INSERT INTO about VALUES (?)", (self._digest,))
        connection.executemany(
            "INSERT INTO unit (key, runs) VALUES (?, ?)", self._units.items()
        )
        give_up(connection, self._lost())
        enter(connection, self._found())
