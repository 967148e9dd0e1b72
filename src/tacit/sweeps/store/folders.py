"""A folder as a place: written beside, flushed to the disk, and given its name."""

import contextlib
import errno
import itertools
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from ...errors import StoreError
from .places import AbstractPlace


FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
LINKLESS = {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}
"""How a file system says that it knows no second name of a file."""
TEMPORARY = "tmp"
PATIENCE = 3600.0
"""Seconds that a writer on another machine may take over one file."""
_NUMBERS = itertools.count()


class FolderPlace(AbstractPlace):
    """A folder on a file system that keeps the promises of POSIX."""

    def __init__(self, folder: Path):
        self.folder: Path = folder
        self._made: set[Path] = set()

    def __str__(self) -> str:
        return str(self.folder)

    def names(self, under: str) -> Iterator[str]:
        folders = [under]
        while folders:
            inside = folders.pop()
            try:
                entries = list(os.scandir(self.folder / inside))
            except FileNotFoundError:
                continue
            for entry in entries:
                name = f"{inside}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                else:
                    yield name

    def size(self, name: str) -> int:
        return (self.folder / name).stat().st_size

    def read(self, name: str, first: int | None = None) -> bytes:
        # Unbuffered, or a header of 4 kB would cost what a part does.
        with open(self.folder / name, "rb", buffering=0) as file:
            return file.read(-1 if first is None else first)

    def publish(self, name: str, data: bytes) -> bool:
        target = self.folder / name
        with self._trouble():
            if target.exists():
                return False
            part = self._written(data)
            try:
                self._make(target.parent)
                new = _name_once(part, target)
            finally:
                part.unlink(missing_ok=True)
            _flush_folder(target.parent)
        return new

    def replace(self, name: str, data: bytes) -> None:
        target = self.folder / name
        with self._trouble():
            part = self._written(data)
            try:
                self._make(target.parent)
                os.replace(part, target)
            finally:
                part.unlink(missing_ok=True)
            _flush_folder(target.parent)

    def remove(self, name: str) -> None:
        with self._trouble():
            (self.folder / name).unlink(missing_ok=True)

    def strangers(self) -> list[str]:
        if self.folder.exists() and not self.folder.is_dir():
            return ["a file"]
        with contextlib.suppress(FileNotFoundError), self._trouble():
            names = {entry.name for entry in os.scandir(self.folder)}
            return sorted(names - {TEMPORARY})
        return []

    def leavings(self) -> list[str]:
        names = self.names(TEMPORARY)
        return [name for name in names if not _alive(self.folder / name)]

    def sweep_up(self, leavings: list[str]) -> None:
        for name in leavings:
            self.remove(name)

    def _written(self, data: bytes) -> Path:
        """`data` in a file without a name of its own, on the disk."""
        folder = self.folder / TEMPORARY
        self._make(folder)
        part = folder / f"{socket.gethostname()}.{os.getpid()}.{next(_NUMBERS)}"
        try:
            with open(part, "wb", buffering=0) as file:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part

    def _make(self, folder: Path) -> None:
        """Make a folder, and have its name on the disk as well."""
        if folder in self._made and folder.exists():
            return
        new = []
        while not folder.exists():
            new.append(folder)
            folder = folder.parent
        for each in reversed(new):
            each.mkdir(exist_ok=True)
            _flush_folder(each.parent)
        self._made.update(new)

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        """Say what the operating system means."""
        try:
            yield
        except OSError as error:
            if isinstance(error, FileNotFoundError | StoreError):
                raise
            raise told(error, self) from error


def told(error: OSError, place: object) -> StoreError:
    """What an error of the operating system means for the store at `place`."""
    kept = "What was committed before is intact."
    if error.errno in FULL:
        return StoreError(
            f"there is no room left for the store {place} ({error.strerror}). {kept} "
            "Make room, then run the same command again: it goes on where it was."
        )
    if error.errno in CLOSED:
        return StoreError(
            f"the store {place} cannot be written to ({error.strerror}). {kept} Get "
            "the right to write there, or copy it to another place."
        )
    return StoreError(f"the store {place}: {error.strerror or error}. {kept}")


def _name_once(part: Path, target: Path) -> bool:
    """Give a file its name unless another has it; whether it was given."""
    try:
        os.link(part, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in LINKLESS:
            raise
        os.replace(part, target)  # the last writer stays
    return True


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # where a folder cannot be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alive(part: Path) -> bool:
    """Whether the process that writes this temporary file may yet live."""
    host, pid, _ = part.name.rsplit(".", 2)
    if host != socket.gethostname() or os.name == "nt":  # no way to ask
        with contextlib.suppress(FileNotFoundError):
            return time.time() - part.stat().st_mtime < PATIENCE
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and is somebody else's
        return True
    return True
