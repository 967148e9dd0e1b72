"""`Scatter` over 2,000,000 × 200 float32 rows: time, peak memory, error.

Run it as ``python benchmarks/scatter.py [--rows N] [--chunk N]``. The rows are drawn
chunk by chunk from a seed, with features near +1000, so they never sit in memory
together; the two-pass reference draws the same rows twice more.
"""

from pairs import show  # first: it pins the process to one core

import argparse
import resource
import sys
import time
from collections.abc import Iterator

import numpy as np

from tacit.problems import Scatter


FEATURES, CLASSES = 200, 3
MEMORY, ERROR = 300.0, 1e-12
"""What must be kept: megabytes resident at the peak, error relative to two passes."""


def rows(total: int, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunks ``(X, y)`` of `total` rows, the same ones every time."""
    for index, start in enumerate(range(0, total, size)):
        rng = np.random.default_rng([7, index])
        count = min(size, total - start)
        y = rng.integers(0, CLASSES, count)
        X = rng.standard_normal((count, FEATURES), dtype=np.float32)
        X[:, 1:] += 0.5 * X[:, :-1]
        X[:, :CLASSES] += y[:, None] == np.arange(CLASSES)
        X += np.float32(1000)
        yield X, y


def two_pass(total: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Class means about a fixed origin first, then sums of squares about them."""
    count, means = np.zeros(CLASSES), np.zeros((CLASSES, FEATURES), np.longdouble)
    for X, y in rows(total, size):
        for c in range(CLASSES):
            count[c] += np.sum(y == c)
            means[c] += np.sum(X[y == c] - 1000.0, axis=0, dtype=np.float64)
    means /= count[:, None]
    sums = np.zeros((FEATURES, FEATURES))
    for X, y in rows(total, size):
        Z = (X - 1000.0) - means.astype(float)[y]
        sums += Z.T @ Z
    return means + 1000, sums


def peak() -> float:
    """Megabytes resident at the highest, of this process so far."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--chunk", type=int, default=50_000)
    asked = parser.parse_args()

    idle, start = peak(), time.perf_counter()
    for _ in rows(asked.rows, asked.chunk):
        pass
    drawing = time.perf_counter() - start
    start = time.perf_counter()
    found = Scatter.from_chunks(rows(asked.rows, asked.chunk))
    took, memory = time.perf_counter() - start, peak()
    means, sums = two_pass(asked.rows, asked.chunk)
    error = np.abs(found.sums - sums).max() / np.abs(sums).max()
    off = np.abs((found.means - means) + found.tails).max()

    show(
        f"Scatter.from_chunks, {asked.rows:,} x {FEATURES} float32 near +1000",
        [
            ("drawing the rows alone", f"{drawing:.1f} s", ""),
            ("drawing and accumulating", f"{took:.1f} s", ""),
            ("resident, before", f"{idle:.0f} MB", ""),
            ("resident, at the peak", f"{memory:.0f} MB", f"{MEMORY:.0f} MB"),
            ("within, relative to two-pass", f"{error:.1e}", f"{ERROR:.0e}"),
            ("class means, absolute", f"{off:.1e}", ""),
        ],
        ("", "measured", "below"),
    )
    return int(not (memory < MEMORY and error < ERROR))


if __name__ == "__main__":
    sys.exit(main())
