"""Linear algebra modulo a prime: ranks, null spaces, and the fractions behind them.

A rank modulo a prime is never larger than the rank over the rationals, so it proves a
lower bound. The prime is below 2^26: products of residues then fit a float64, and
matrix products go through BLAS.
"""

import math
from fractions import Fraction

import numpy as np


PRIME = 67_108_859
"""The largest prime below 2^26."""

_HALF = 1 << 13
_BLOCK = 64  # rows eliminated one by one; between blocks it is matrix products
_LONGEST = 1 << 14  # this many products of 13 by 26 bits still fit 53


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product of residues, stacked as `numpy.matmul` stacks."""
    if a.shape[-1] > _LONGEST:
        cut = a.shape[-1] // 2
        halves = (
            product(a[..., :cut], b[..., :cut, :]),
            product(a[..., cut:], b[..., cut:, :]),
        )
        return (halves[0] + halves[1]) % PRIME
    high, low = np.divmod(a, _HALF)
    right = b.astype(np.float64)
    top = np.matmul(high.astype(np.float64), right).astype(np.int64) % PRIME
    bottom = np.matmul(low.astype(np.float64), right).astype(np.int64)
    return (top * _HALF + bottom) % PRIME


def inverse(a: int | np.integer) -> int:
    """The residue whose product with `a` is 1."""
    return pow(int(a), -1, PRIME)


class Echelon:
    """A row space, kept as a reduced echelon form that rows are added to."""

    def __init__(self, columns: int):
        self.rows = np.zeros((0, columns), np.int64)
        self.pivots: list[int] = []

    @property
    def rank(self) -> int:
        """How many independent rows have been added."""
        return len(self.pivots)

    def reduced(self, rows: np.ndarray) -> np.ndarray:
        """`rows` less their part in the row space."""
        if not self.pivots:
            return rows % PRIME
        return (rows - product(rows[:, self.pivots], self.rows)) % PRIME

    def add(self, rows: np.ndarray) -> list[int]:
        """Add `rows`; the numbers of those that were independent of all before them."""
        kept = []
        for begin in range(0, len(rows), _BLOCK):
            block = rows[begin : begin + _BLOCK].astype(np.int64)
            kept += [begin + i for i in self._add(self.reduced(block))]
        return kept

    def _add(self, left: np.ndarray) -> list[int]:
        kept, columns, fresh = [], [], np.zeros_like(left)
        for i, row in enumerate(left):
            found = np.flatnonzero(row)
            if not len(found):
                continue
            pivot = int(found[0])
            row = row * inverse(row[pivot]) % PRIME
            for others in (left[i + 1 :], fresh[: len(kept)]):
                others -= others[:, pivot : pivot + 1] * row % PRIME
                others %= PRIME
            fresh[len(kept)] = row
            columns.append(pivot)
            kept.append(i)
        if kept:
            new = fresh[: len(kept)]
            old = self.rows - product(self.rows[:, columns], new)
            self.rows = np.concatenate([old % PRIME, new])
            self.pivots += columns
        return kept


def rank(rows: np.ndarray) -> int:
    """The rank of a matrix of residues."""
    space = Echelon(rows.shape[1])
    space.add(rows)
    return space.rank


def kernel(rows: np.ndarray) -> np.ndarray:
    """A basis, row by row, of the columns' relations: ``rows @ kernel.T == 0``.

    Every basis vector is 1 at a column of its own where the others are 0.
    """
    space = Echelon(rows.shape[1])
    space.add(rows)
    free = [j for j in range(rows.shape[1]) if j not in set(space.pivots)]
    basis = np.zeros((len(free), rows.shape[1]), np.int64)
    for k, j in enumerate(free):
        basis[k, j] = 1
        basis[k, space.pivots] = -space.rows[:, j] % PRIME
    return basis


def fraction(residue: int | np.integer) -> Fraction | None:
    """The fraction of smallest terms with this residue, or None (Wang's algorithm).

    Numerator and denominator are below the square root of half the prime; there is at
    most one such fraction.
    """
    bound = math.isqrt(PRIME // 2)
    r0, r1, t0, t1 = PRIME, int(residue) % PRIME, 0, 1
    while r1 > bound:
        quotient = r0 // r1
        r0, r1 = r1, r0 - quotient * r1
        t0, t1 = t1, t0 - quotient * t1
    if t1 == 0 or abs(t1) > bound or math.gcd(r1, abs(t1)) != 1:
        return None
    return Fraction(r1, t1)


def whole(vector: np.ndarray) -> list[int] | None:
    """The smallest whole numbers proportional to a vector of residues, first one > 0.

    None if its entries are not the residues of short fractions.
    """
    found = [fraction(x) for x in vector]
    return None if None in found else cleared([f for f in found if f is not None])


def cleared(fractions: list[Fraction]) -> list[int]:
    """The smallest whole numbers proportional to `fractions`, the first one above 0."""
    scale = math.lcm(*(f.denominator for f in fractions))
    numbers = [int(f * scale) for f in fractions]
    common = math.gcd(*numbers) or 1
    first = next((n for n in numbers if n), 1)
    return [n // (common if first > 0 else -common) for n in numbers]
