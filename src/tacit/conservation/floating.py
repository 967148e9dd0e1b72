"""Counting in floating point, for functions that are no polynomials."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar

import jax
import numpy as np

from ..errors import DataError
from . import modular
from .arithmetic import AbstractArithmetic, AbstractSpan
from .generators import Generators


SMALLEST = 1e-9
"""Singular values below this part of the largest count as 0. Analytic activations have
honest ones of 1e-4; rounding leaves 1e-15."""

LOST = 1e-12
"""Brackets this small against the largest of their depth are rounding."""

VANISHES = 1e-8
DENOMINATORS = 12


class Floating(AbstractArithmetic):
    """Float64 at normally distributed points, ranks by singular values."""

    exact: ClassVar[bool] = False

    def __init__(self):
        self.compiled: dict[Callable, Callable] = {}

    def draw(self, shapes: Any, count: int, rng: np.random.Generator) -> Any:
        return jax.tree.map(lambda s: rng.standard_normal((count, *s.shape)), shapes)

    def lift(self, values: np.ndarray) -> np.ndarray:
        return values

    def vectorised(self, function: Callable, *arguments: Any) -> Callable:
        del arguments  # compiled at the first call
        if function not in self.compiled:
            self.compiled[function] = jax.jit(jax.vmap(function))
        return self.compiled[function]

    def brackets(
        self, generators: Generators, drawn: Any, states: np.ndarray
    ) -> np.ndarray:
        return self.evaluated(generators.bracket, drawn, states)

    def span(self, state: np.ndarray) -> AbstractSpan:
        return Spectrum(state)

    def directions(self, fields: np.ndarray) -> np.ndarray:
        size = np.linalg.norm(fields, axis=1, keepdims=True)
        return fields / np.where(size > 0, size, 1.0)

    def relations(self, rows: np.ndarray) -> list[list[int]]:
        _, values, V = np.linalg.svd(rows, full_matrices=True)
        kept = int(np.sum(values > VANISHES * max(values.max(initial=0.0), 1.0)))
        found = []
        for vector in _echelon(V[kept:]):
            short = [Fraction(x).limit_denominator(DENOMINATORS) for x in vector]
            if np.allclose([float(f) for f in short], vector, atol=1e-6):
                found.append(modular.cleared(short))
        return found

    def vanish(self, rows: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        left = np.asarray(vectors, float).T
        size = np.abs(left).sum(axis=0)
        return np.all(np.abs(rows @ left) <= VANISHES * size, axis=0)


class Spectrum(AbstractSpan):
    """A span by its leading right singular vectors."""

    def __init__(self, state: np.ndarray):
        self.rows = np.zeros((0, len(state)))
        self.values = np.zeros(0)
        self.length = float(np.linalg.norm(state))
        self.unit = 0.0

    @property
    def rank(self) -> int:
        return len(self.rows)

    @property
    def gap(self) -> tuple[float, float]:
        known = np.append(self.values, 0.0)
        top = max(known[0], 1e-300)
        return float(known[max(self.rank, 1) - 1] / top), float(known[self.rank] / top)

    def add(self, rows: np.ndarray, depth: int) -> None:
        """Add brackets, less those that are rounding.

        A bracket of fields of size u that vary over a length l has size u²/l, and so
        on; where it is 0 by cancellation, what is left is rounding against that.
        """
        if not np.all(np.isfinite(rows)):
            raise DataError(
                "a generator is not finite at a random point; the network or map is "
                "not smooth there, or overflows."
            )
        sizes = np.linalg.norm(rows, axis=1)
        if depth == 1:
            self.unit = max(self.unit, float(np.median(sizes)))
        scale = self.unit * (self.unit / self.length) ** (depth - 1)
        rows = rows[sizes > LOST * max(scale, 1e-300)]
        if not len(rows):
            return
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        stacked = np.concatenate([self.rows, rows])
        _, self.values, V = np.linalg.svd(stacked, full_matrices=False)
        self.rows = V[self.values > SMALLEST * self.values[0]]


def _echelon(vectors: np.ndarray) -> list[np.ndarray]:
    """A basis of the same span with a 1 of its own in every vector."""
    left = vectors.copy()
    for i in range(len(left)):
        row, column = np.unravel_index(np.argmax(np.abs(left[i:])), left[i:].shape)
        left[[i, i + row]] = left[[i + row, i]]
        left[i] /= left[i, column]
        others = np.arange(len(left)) != i
        left[others] -= np.outer(left[others, column], left[i])
    return list(left)
