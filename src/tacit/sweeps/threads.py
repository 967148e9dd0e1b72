"""Threads: a sum that is cut among other numbers of them is rounded otherwise.

Processes with different numbers of threads would make different data of one seed, by a
product in NumPy, and different results, by a loop of XLA. So BLAS has one thread
wherever an experiment is made or run, and XLA has in the workers as many as in the
process that starts them, which may share a core: they cut their loops alike.
"""

import contextlib
import functools
import os
import sys
from collections.abc import Iterator

import threadpoolctl


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """While in here BLAS and OpenMP compute by one thread in this process.

    As far as their libraries are loaded at the beginning.
    """
    with _libraries(len(sys.modules)).limit(limits=1):
        yield


@functools.lru_cache(maxsize=1)
def _libraries(modules: int) -> threadpoolctl.ThreadpoolController:
    """Those that are loaded: to look for them takes ten times what to limit them does.

    With more modules there may be more of them.
    """
    del modules
    return threadpoolctl.ThreadpoolController()


def xla_threads() -> int:
    """How many threads XLA has in this process: as it counts them when it begins."""
    asked = os.environ.get("PJRT_NPROC") or os.environ.get("NPROC") or ""
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
