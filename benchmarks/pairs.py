"""Timing several ways of doing one thing, in turn, in one process."""

import os


os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import statistics
import time
from collections.abc import Callable, Mapping

import kept


CORES: set[int] = set()
"""What the process could run on before it was pinned; empty where none can tell."""
if hasattr(os, "sched_setaffinity"):
    CORES = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(CORES)})  # one core for everyone


def paired(
    ways: Mapping[str, Callable[[], object]], repeats: int = 9, inner: int = 1
) -> dict[str, float]:
    """The median CPU seconds of every way, in turn A B C A B C …, after a warm-up.

    Each turn runs a way `inner` times: what is timed is a warm run, for all alike.

    CPU time of the process, all threads, on the one core: other programs on a shared
    machine then do not count.
    """
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(repeats):
        for name, way in ways.items():
            begun = time.process_time()
            for _ in range(inner):
                way()
            spent[name].append((time.process_time() - begun) / inner)
    return {name: statistics.median(times) for name, times in spent.items()}


def show(title: str, rows: list[tuple], columns: tuple[str, ...]) -> None:
    """A plain table, printed and kept."""
    kept.table(title, columns, rows)
    cells = [columns, *[tuple(map(str, row)) for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for row in cells:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())


def verdict(name: str, measured: float, needed: float) -> bool:
    """Print whether a ratio reaches what it must."""
    met = measured >= needed
    kept.target(name, measured, needed, met=met)
    print(
        f"{name}: {measured:.1f} (at least {needed:g}) {'reached' if met else 'MISSED'}"
    )
    return met
