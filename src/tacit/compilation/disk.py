"""Compiled functions on disk: a first call then takes a fifth of the time.

JAX has such a cache, but writes into its files in place: a reader beside the writer, a
full disk or a killed process leaves half a function, which is then read in vain for
ever. Here a file appears whole or not at all, and one that is damaged is a miss.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import os
import platform
import sys
import tempfile
import zlib
from pathlib import Path

import jax


MOST = 2**31
"""Bytes that the cache of one version may hold; the least recently used go first."""

SUFFIX = ".compiled"


def keep_on_disk() -> None:
    """Switch the cache on, unless the user has one or `TACIT_CACHE` says ``off``.

    A cache that JAX was told of (``JAX_COMPILATION_CACHE_DIR``) stays the one in use,
    unless `TACIT_CACHE` names another folder.
    """
    folder = cache_folder()
    theirs = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
    if folder is None or theirs and not os.environ.get("TACIT_CACHE"):
        return
    try:
        _write_whole_files(str(folder))
    except (ImportError, AttributeError):  # a JAX whose inside is another
        if not _writable(folder):
            return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _write_whole_files(folder: str) -> None:
    """Have JAX keep what goes to `folder` in files of ours."""
    from jax._src import compilation_cache as store

    make = store.get_file_cache

    def ours(path: str):
        return (_Files(Path(path)), path) if path == folder else make(path)

    store.get_file_cache = ours


def cache_folder() -> Path | None:
    """Where compiled functions are kept, or None where `TACIT_CACHE` is ``off``.

    `TACIT_CACHE` names a folder; else it is the user's cache folder on this platform.
    Within it every version of tacit and of JAX, and every processor, has its own.
    """
    asked = os.environ.get("TACIT_CACHE", "")
    if asked.lower() == "off":
        return None
    root = Path(asked).expanduser() if asked else _user_cache() / "tacit"
    versions = f"tacit-{importlib.metadata.version('tacit')}-jax-{jax.__version__}"
    return root.absolute() / f"{versions}-{_processor()}"


def _user_cache() -> Path:
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        home = Path(tempfile.gettempdir()) / f"home-{getattr(os, 'getuid', int)()}"
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    named = Path(os.environ.get("XDG_CACHE_HOME") or ".")
    return named if named.is_absolute() else home / ".cache"


@functools.cache
def _processor() -> str:
    """The architecture and a mark of what this processor can do.

    Machine code for another one may hold instructions that this one does not know.
    """
    able = platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        told = (
            line for line in lines if line.lower().startswith(("flags", "features"))
        )
        able += next(told, "")
    mark = hashlib.sha256(able.encode()).hexdigest()[:8]
    return f"{platform.machine() or 'unknown'}-{mark}"


def _writable(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return os.access(folder, os.W_OK)


class _Files:
    """JAX's interface of a cache, `get` and `put`, over whole files.

    A place that cannot be written to is no error: what is compiled is not kept.
    """

    def __init__(self, path: Path):
        self._path, self._writes = path, _writable(path)
        if self._writes:
            self._prune()

    def get(self, key: str) -> bytes | None:
        """What was kept under `key`, or None."""
        file = self._file(key)
        try:
            content = file.read_bytes()
        except OSError:
            return None
        value, seal = content[:-4], content[-4:]
        if zlib.crc32(value).to_bytes(4, "little") != seal:
            with contextlib.suppress(OSError):
                file.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(file)  # it was of use
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep `value` under `key`, if the place takes it."""
        if not self._writes:
            return
        part = None
        try:
            handle, part = tempfile.mkstemp(dir=self._path, suffix=".part")
            with os.fdopen(handle, "wb") as out:
                out.write(value + zlib.crc32(value).to_bytes(4, "little"))
            os.replace(part, self._file(key))
        except OSError:  # full, or no longer ours: the next ones would fail as well
            self._writes = False
            if part is not None:
                with contextlib.suppress(OSError):
                    os.unlink(part)

    def _file(self, key: str) -> Path:
        return self._path / f"{key}{SUFFIX}"

    def _prune(self) -> None:
        """Keep the folder within `MOST`, as every process finds it at its start."""
        found = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self._path):
                with contextlib.suppress(OSError):
                    found.append((entry.stat().st_mtime, entry.stat().st_size, entry))
        total = sum(size for _, size, _ in found)
        for _, size, entry in sorted(found, key=lambda each: each[0]):
            if total <= MOST:
                return
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
            total -= size
