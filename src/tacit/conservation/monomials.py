"""Polynomial laws without a readable form, monomial by monomial."""

import dataclasses
import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .dynamics import View
from .layout import Layout, Name
from .quantities import AbstractQuantity, Index


if TYPE_CHECKING:
    from .search import Search


MOST = 2000
"""The most monomials of which a null space is computed: it costs their cube."""


@dataclasses.dataclass(frozen=True)
class Polynomial(AbstractQuantity):
    """A sum of monomials, each a sorted list of parameters by their numbers."""

    monomials: tuple[tuple[int, ...], ...]
    factors: tuple[int, ...]
    layout: Layout

    @classmethod
    def of(cls, monomials, factors, layout: Layout) -> "Polynomial":
        """A polynomial of all parameters."""
        return cls(0, Name("", ""), (), monomials, factors, layout)

    def value(self, at: View) -> Array:
        theta = jnp.concatenate([jnp.ravel(block) for block in at.blocks])
        terms = [
            f * math.prod((theta[i] for i in m), start=jnp.ones(()))
            for f, m in zip(self.factors, self.monomials, strict=True)
        ]
        return sum(terms[1:], terms[0])

    def entry(self, index: Index) -> Name:
        del index
        parts = [self._monomial(m) for m in self.monomials]
        return Name(*(self._sum([p[k] for p in parts], k) for k in range(2)))

    def _monomial(self, monomial):
        texts, latexes = [], []
        for i, group in itertools.groupby(monomial):
            text, latex = self.layout.entry(i)
            times = len(list(group))
            texts.append(text if times == 1 else f"{text}{POWERS[times]}")
            latexes.append(latex if times == 1 else f"{latex}^{times}")
        return "·".join(texts), r"\,".join(latexes)

    def _sum(self, names, k):
        words, (minus, times) = [], (("−", "·"), ("-", r"\,"))[k]
        for factor, name in zip(self.factors, names, strict=True):
            sign = minus if factor < 0 else "+" if words else ""
            size = "" if abs(factor) == 1 else f"{abs(factor)}{times}"
            words.append(f"{sign} {size}{name}" if words else f"{sign}{size}{name}")
        return " ".join(words)


POWERS = {2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶"}


def polynomials(search: "Search", degree: int) -> Iterator[Polynomial]:
    """Polynomials of degree up to `degree` that every generator keeps.

    Degree after degree, as long as there are at most `MOST` monomials; low degrees and
    short ones first. They need not be independent of each other.
    """
    layout, arithmetic = search.generators.shape.layout, search.arithmetic
    monomials: list[tuple[int, ...]] = []
    for d in range(1, degree + 1):
        if math.comb(layout.size + d, d) - 1 > MOST:
            return
        monomials += itertools.combinations_with_replacement(range(layout.size), d)
        rows = search.slopes([_Every.of(monomials)], len(monomials) + 20)[:, 0]
        found = [_shortest(r) for r in _sparse(arithmetic.relations(rows))]
        for relation in sorted(found, key=lambda r: (sum(map(bool, r)), r[::-1])):
            picked = [(m, f) for m, f in zip(monomials, relation, strict=True) if f]
            some, factors = zip(*picked, strict=True)
            yield Polynomial.of(some, factors, layout)


@dataclasses.dataclass(frozen=True)
class _Every(AbstractQuantity):
    """All the monomials at once."""

    monomials: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, monomials) -> "_Every":
        return cls(0, Name("", ""), (len(monomials),), tuple(monomials))

    def value(self, at: View) -> Array:
        theta = jnp.concatenate([jnp.ones(1), *(jnp.ravel(b) for b in at.blocks)])
        longest = max(map(len, self.monomials))
        padded = [[0] * (longest - len(m)) + [i + 1 for i in m] for m in self.monomials]
        found = jnp.ones(len(padded))
        for column in np.array(padded).T:
            found = found * theta[column]
        return found

    def entry(self, index: Index) -> Name:
        return Name(f"monomial {index}", f"monomial {index}")


def _sparse(relations: list[list[int]]) -> list[np.ndarray]:
    """The same span by shorter vectors, one subtracted from another where it helps."""
    vectors = [np.array(r, dtype=object) for r in relations]
    if len(vectors) > 80:
        return vectors
    improved = True
    while improved:
        improved = False
        for i, j in itertools.permutations(range(len(vectors)), 2):
            shared = np.flatnonzero((vectors[i] != 0) & (vectors[j] != 0))
            if not len(shared):
                continue
            at = shared[0]
            trial = vectors[i] * vectors[j][at] - vectors[j] * vectors[i][at]
            if 0 < np.count_nonzero(trial) < np.count_nonzero(vectors[i]):
                vectors[i], improved = trial // math.gcd(*trial), True
    return vectors


def _shortest(vector: np.ndarray) -> list[int]:
    first = next(x for x in vector if x)
    common = math.gcd(*vector) * (1 if first > 0 else -1)
    return [int(x // common) for x in vector]
