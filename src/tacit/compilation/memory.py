"""Compiled functions in memory: dropped before the system has no room for more.

Every compiled function holds some thirty memory mappings. Linux gives a process 65,530
of them, and the compiler aborts the process, without an exception, when there are none
left: a sweep over two hundred shapes is enough.
"""

import contextlib
import ctypes
import functools
import gc
import os
import threading
import warnings
from pathlib import Path

import jax


MOST = 20_000
"""Mappings that compiled functions may hold, where the limit allows; then they are
dropped, which takes half a second, and what is still needed is compiled again."""

EACH = 40
"""Mappings that a compiled function takes, at most but for rare ones."""

OFTEN = 10
"""Functions compiled between two looks: others take mappings too, and a look costs a
hundredth of what it takes to compile so many."""

SCARCE = 500
"""Free mappings below which the next few functions may be too many."""

LINUX_LIMIT = 65_530
"""What Linux allows by default, and what is held to where there is no limit."""


def make_room() -> None:
    """Drop everything that JAX has compiled if it is too much for the process.

    Called at the start of every run; costs nothing between two looks. It never waits
    for a run in another thread, whose functions stay until it is done with them. Warns
    where the mappings are held by others and dropping what is compiled does not help.
    """
    if _WATCH.compiled < _WATCH.look_at:
        return
    with _WATCH.lock:
        if _WATCH.compiled >= _WATCH.look_at:
            _WATCH.look()


def compiled() -> int:
    """How many functions this process has compiled or read back so far."""
    return _WATCH.compiled


class _Watch:
    """How much has been compiled, and when to look at the mappings again."""

    def __init__(self):
        self.compiled = self.dropped_at = self.look_at = 0
        self.mark: int | None = None
        self.lock = threading.Lock()

    def count(self, event: str, duration_secs: float, **_: str | int) -> None:
        """Called by JAX whenever it has compiled, or read back, a function."""
        del duration_secs
        if event == "/jax/core/compile/backend_compile_duration":
            self.compiled += 1

    def look(self) -> None:
        limit, used = _limit(), self.used()
        if self.mark is None:
            self.mark = min(MOST, limit // 2) if used < limit // 2 else _share(used)
        if used > self.mark:
            jax.clear_caches()
            gc.collect()  # modules that hold functions refer to themselves
            _give_back()
            self.dropped_at = self.compiled
            used = self.used()
            self.mark = _share(used)
            if limit - used < SCARCE:
                warnings.warn(
                    f"{used} of {limit} memory mappings are in use although all "
                    "compiled functions were dropped: something else holds them. The "
                    "process may be aborted; raise vm.max_map_count or start another.",
                    RuntimeWarning,
                    stacklevel=4,
                )
        self.look_at = self.compiled + OFTEN

    def used(self) -> int:
        """Mappings in use; where they cannot be counted, by what was compiled."""
        try:
            return Path("/proc/self/maps").read_bytes().count(b"\n")
        except OSError:
            return EACH * (self.compiled - self.dropped_at)


def _give_back() -> None:
    """Return freed memory to the system, where the C library is one that keeps it.

    The compiler leaves gaps in which glibc holds a third of what the process has.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _share(used: int) -> int:
    """Half of what is free beyond `used`, and no more than `MOST`."""
    return used + min(MOST, (_limit() - used) // 2)


@functools.cache
def _limit() -> int:
    try:
        return int(Path("/proc/sys/vm/max_map_count").read_text())
    except (OSError, ValueError):
        return LINUX_LIMIT


_WATCH = _Watch()
jax.monitoring.register_event_duration_secs_listener(_WATCH.count)  # pyright: ignore[reportArgumentType]

if hasattr(os, "register_at_fork"):  # a lock held by another thread stays held
    os.register_at_fork(
        after_in_child=lambda: setattr(_WATCH, "lock", threading.Lock())
    )
