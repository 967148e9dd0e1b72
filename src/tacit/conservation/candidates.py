"""Which readable quantities may combine to a law, family by family."""

import itertools
from collections.abc import Iterator, Sequence

from .dynamics import AbstractDynamics, Decay
from .layout import Layout
from .motions import Clocked, Turning
from .quantities import (
    AbstractQuantity,
    axes,
    Gram,
    Norms,
    Powers,
    Products,
    SquaredNorm,
    Sums,
    Total,
)


LARGEST = 64
"""The longest axis of which all pairs of slices are looked at."""

Family = Sequence[AbstractQuantity]


def families(layout: Layout, dynamics: AbstractDynamics) -> Iterator[Family]:
    """Quantities of one shape that may be added up entry by entry, likely ones first.

    Axes of one extent are taken to count the same units.
    """
    extents = sorted({axis[-1] for axis in axes(layout)}, reverse=True)
    if dynamics.moving:
        yield from _moving(layout, extents)
        return
    for family in _still(layout, extents):
        if isinstance(dynamics, Decay):
            family = [Clocked.of(q, q.degree, "λ") for q in family if q.degree > 0]
        yield family


def _still(layout: Layout, extents: list[int]) -> Iterator[Family]:
    entries = {n: _entries(layout, n) for n in extents}
    yield from entries.values()
    for n in extents:
        if 1 < n <= LARGEST:
            yield [
                Gram(b, name, (n, n), axis, rank)
                for b, name, axis, rank in _of(layout, n)
            ]
    for n in extents:
        norms = [
            Norms(b, name, (n,), axis, rank) for b, name, axis, rank in _of(layout, n)
        ]
        yield [*norms]
        if entries[n]:
            yield [*norms, *entries[n]]
    for n in extents:
        yield [
            Sums(b, name, (n,), axis, rank) for b, name, axis, rank in _of(layout, n)
        ]
    names = list(enumerate(layout.names))[::-1]  # the last layer first
    yield [SquaredNorm(b, name, ()) for b, name in names]
    yield [Total(b, name, ()) for b, name in names]
    for n in extents:
        vectors = [(q.block, q.name) for q in entries[n]]
        yield [
            Products(b, name, (n,), other, other_name)
            for (b, name), (other, other_name) in itertools.combinations(vectors, 2)
        ]
        for power in range(-1, -5, -1):
            yield [Powers(b, name, (n,), power) for b, name in vectors]


def _moving(layout: Layout, extents: list[int]) -> Iterator[Family]:
    for n in extents:
        if 1 < n <= LARGEST:
            yield [
                Turning(b, name, (n, n), axis, rank)
                for b, name, axis, rank in _of(layout, n)
            ]
    for n in extents:
        of = _of(layout, n)
        still = [Sums(b, name, (n,), axis, rank) for b, name, axis, rank in of]
        moving = [
            Sums(b, name, (n,), axis, rank, velocity=True) for b, name, axis, rank in of
        ]
        yield [Clocked.of(q, 1, "τ") for q in moving]
        yield [*still, *moving]


def _entries(layout, n) -> Family:
    """The entries of vectors: sums over nothing."""
    vectors = [(b, name) for b, name, _, rank in _of(layout, n) if rank == 1]
    return [Sums(b, name, (n,), 0, 1) for b, name in vectors]


def _of(layout, n):
    return [found[:4] for found in axes(layout) if found[4] == n]
