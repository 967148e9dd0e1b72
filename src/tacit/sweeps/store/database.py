"""A SQLite file that may vanish or be damaged, and is then made anew."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ...errors import StoreError


WAIT = 60.0
"""Seconds to wait for another process that is writing."""
AGAIN = "Make room, then run the same command again: it goes on where it was."
RIGHT = "Get the right to write there, or copy the store to another place."
BUSY = "Another process has been writing for a minute; wait for it, or end it."
ANEW = "`tacit store repair` makes the ledger anew from the results."
WAYS = {
    sqlite3.SQLITE_FULL: AGAIN,
    sqlite3.SQLITE_IOERR: AGAIN,
    sqlite3.SQLITE_READONLY: RIGHT,
    sqlite3.SQLITE_CANTOPEN: RIGHT,
    sqlite3.SQLITE_BUSY: BUSY,
}
"""The way out of what SQLite says."""
_INHERITED: list[sqlite3.Connection] = []
"""Connections of a parent process: closing one here would take its locks away."""


class Database:
    """A connection to the file at `path`, or to a database in memory for None.

    ``make(connection)`` fills a new one, in the transaction that creates it; `version`
    says whether one that is there is of its making. What `make` reads must be able to
    replace all that is lost.
    """

    def __init__(
        self,
        path: Path | None,
        make: Callable[[sqlite3.Connection], object],
        version: int,
    ):
        self._path, self._make, self._version = path, make, version
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple | None = None  # which file, by which process
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that no other process interrupts; all of it or nothing."""
        with self._lock, self._explained():
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The state at one moment."""
        with self._lock, self._explained():
            yield self._connected()

    def remake(self) -> None:
        """Fill it anew, for all that use it."""
        with self.changing() as connection:
            tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
            for (name,) in connection.execute(tables).fetchall():
                connection.execute(f"DROP TABLE {name}")
            self._filled(connection)

    def sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        try:
            with self.reading() as connection:
                found = connection.execute("PRAGMA quick_check(1)").fetchone()
        except StoreError:
            return False
        return found == ("ok",)

    def discard(self) -> None:
        """Put the file aside; the next use makes a new one."""
        with self._lock:
            self.close()
            if self._path is not None:
                self._put_aside(self._path)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._let_go(self._connection)
            self._connection = None

    def __del__(self):
        self.close()

    def _let_go(self, connection: sqlite3.Connection) -> None:
        if self._opened is not None and self._opened[0] != os.getpid():
            _INHERITED.append(connection)
        else:
            connection.close()

    def _connected(self) -> sqlite3.Connection:
        """The connection, opened anew if the file is another one by now."""
        found = self._file()
        if self._connection is not None:
            if self._opened == found and self._opened is not None:
                return self._connection
            self.close()
        try:
            connection = self._open()
        except sqlite3.DatabaseError as error:
            if self._path is None or isinstance(error, sqlite3.OperationalError):
                raise
            self._put_aside(self._path)
            connection = self._open()
        self._connection, self._opened = connection, self._file()
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path or ":memory:",
            timeout=WAIT,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            if self._path is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                # The parts are flushed to the disk, and can replace what is lost here.
                connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != self._version:
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                ).fetchall():
                    connection.execute(f"DROP TABLE {name}")
                self._filled(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _filled(self, connection: sqlite3.Connection) -> None:
        self._make(connection)
        connection.execute(f"PRAGMA user_version = {self._version}")

    def _file(self) -> tuple | None:
        if self._path is None:
            return (os.getpid(),)
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return os.getpid(), found.st_dev, found.st_ino

    @staticmethod
    def _put_aside(path: Path) -> None:
        """Move a file that is no database out of the way, but do not delete it."""
        with contextlib.suppress(FileNotFoundError):
            os.replace(path, path.with_name(f"{path.name}.damaged"))
        for ending in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{path}{ending}")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what SQLite means for the store."""
        try:
            yield
        except sqlite3.Error as error:
            # The low byte of SQLite's code is its kind.
            way = WAYS.get(getattr(error, "sqlite_errorcode", 1) & 0xFF, ANEW)
            raise StoreError(
                f"the ledger {self._path or 'in memory'}: {error}. What was committed "
                f"before is intact. {way}"
            ) from error
