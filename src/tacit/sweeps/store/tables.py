"""The tables of the ledger, and what is done to them in several places."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .parts import Trouble
from .rows import State


PENDING, CLAIMED, COMMITTED, GIVEN_UP = range(4)
VERSION = 2
TABLES = (
    "CREATE TABLE about (digest TEXT)",
    """CREATE TABLE unit (
      position INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, runs INTEGER NOT NULL,
      state INTEGER NOT NULL DEFAULT 0, owner TEXT, claimed REAL, since REAL,
      until REAL,
      attempts INTEGER NOT NULL DEFAULT 0, kills INTEGER NOT NULL DEFAULT 0, error TEXT,
      diverged INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
      seconds REAL
    )""",
    "CREATE INDEX by_state ON unit (state, position)",
    "CREATE INDEX by_owner ON unit (owner) WHERE owner IS NOT NULL",
    """CREATE TABLE trouble (
      position INTEGER NOT NULL, row INTEGER NOT NULL, status INTEGER NOT NULL,
      reason TEXT NOT NULL, PRIMARY KEY (position, row)
    ) WITHOUT ROWID""",
    """CREATE TABLE alone (
      position INTEGER NOT NULL, reason TEXT NOT NULL, runs INTEGER NOT NULL,
      PRIMARY KEY (position, reason)
    ) WITHOUT ROWID""",
)
WRONG = (State.DIVERGED, State.FAILED)


class Count(NamedTuple):
    """Units in one state."""

    units: int = 0
    runs: int = 0
    diverged: int = 0
    failed: int = 0
    seconds: float = 0.0


class Holder(NamedTuple):
    """A worker, how many units it holds, and seconds since it was last heard of."""

    worker: str
    units: int
    silent: float


class Found(NamedTuple):
    """A committed unit: what its part says of it, and what who ran it said besides."""

    key: str
    troubles: Sequence[Trouble] = ()
    seconds: float | None = None
    alone: Mapping[str, int] = {}
    """How many of its runs were computed by themselves, by the reason why."""


def enter(connection: sqlite3.Connection, found: Iterable[Found]) -> None:
    """Mark units as committed."""
    for key, troubles, seconds, alone in found:
        wrong = [sum(each.status is state for each in troubles) for state in WRONG]
        connection.execute(
            "UPDATE unit SET state = 2, owner = NULL, until = NULL, error = NULL, "
            "diverged = ?, failed = ?, seconds = coalesce(?, seconds) WHERE key = ?",
            (*wrong, seconds, key),
        )
        if troubles:
            connection.executemany(
                "INSERT OR REPLACE INTO trouble "
                "SELECT position, ?, ?, ? FROM unit WHERE key = ?",
                [(each.row, each.status, each.reason, key) for each in troubles],
            )
        connection.executemany(
            "INSERT OR REPLACE INTO alone "
            "SELECT position, ?, ? FROM unit WHERE key = ?",
            [(reason, runs, key) for reason, runs in alone.items()],
        )


def give_up(connection: sqlite3.Connection, errors: Mapping[str, str]) -> None:
    """Give units up that are not committed."""
    connection.executemany(
        "UPDATE unit SET state = 3, owner = NULL, error = ? "
        "WHERE key = ? AND state != 2",
        [(error, key) for key, error in errors.items()],
    )


def unit(connection: sqlite3.Connection, columns: str, key: str) -> tuple:
    """Some columns of one unit."""
    return connection.execute(
        f"SELECT {columns} FROM unit WHERE key = ?", (key,)
    ).fetchone()


def digest_in(connection: sqlite3.Connection) -> str:
    """Of which manifest this is the ledger."""
    return connection.execute("SELECT digest FROM about").fetchone()[0]
