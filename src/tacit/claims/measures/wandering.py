"""How far a sum of random gains may wander from its mean, by how the gains scatter."""

from collections.abc import Iterator

import numpy as np

from ..parts import Term


BLOCKS = (8, 16, 32)
"""Parts of the run in each of which the squared norm grows alike: while it doubles the
direction turns as often at the end of the run as at its start. Three numbers of them,
as gains of neighbouring parts may still be alike."""

DRAWS = 400
"""Of runs that gain on average as much as this one, for the interval."""


def wandering(squared: np.ndarray, clock: np.ndarray) -> Iterator[np.ndarray]:
    """Paths like that of `squared`, which gains the same per unit of the clock.

    The gain per unit scatters as that of parts of the run does about that of their
    neighbours, so that a trend is no scatter.
    """
    even = squared[0] + (squared[-1] - squared[0]) * clock / clock[-1]
    scatter = max(_scatter(squared, clock, even, parts) for parts in BLOCKS)
    edges = _edges(even, BLOCKS[1])
    spans = np.diff(clock[edges])
    noise = np.random.default_rng(0).standard_normal((DRAWS, len(spans)))
    steps = noise * np.sqrt(scatter * len(spans)) * spans
    walk = np.concatenate([np.zeros((DRAWS, 1)), np.cumsum(steps, axis=1)], axis=1)
    for each in walk:
        tied = np.interp(clock, clock[edges], each) - each[-1] * clock / clock[-1]
        yield np.maximum(even + tied, squared[0] / 4)


def _edges(even, parts):
    levels = np.geomspace(even[0], even[-1], parts + 1)
    return np.minimum(np.searchsorted(even, levels), len(even) - 1)


def _scatter(squared, clock, even, parts):
    """The variance of the gain per unit, were the run one part of `parts`."""
    edges = _edges(even, parts)
    gains = np.diff(squared[edges]) / np.diff(clock[edges])
    return float(np.mean(np.diff(gains, 2) ** 2) / 6 / parts)


def sampling(found: list[np.ndarray]) -> Term:
    """Five deviations over such paths, the largest of several numbers."""
    size = 5 * float(np.max(np.std(found, axis=0)))
    reason = f"five deviations over {DRAWS} runs whose gains scatter alike"
    return Term("sampling", size, reason, "more steps")
