"""Two ways to count: in residues, which proves, and in floating point, for the rest."""

import abc
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import jax
import numpy as np

from . import modular
from .exact import Exact
from .generators import Generators
from .jets import Jet, Jets
from .parametrisation import reals
from .rings import Residues, residues


CHUNK = 64
"""How many points are evaluated at once, so that memory stays bounded."""


class AbstractSpan(abc.ABC):
    """The span of brackets, depth after depth."""

    @property
    @abc.abstractmethod
    def rank(self) -> int:
        """Its dimension."""

    @property
    @abc.abstractmethod
    def gap(self) -> tuple[float, float] | None:
        """The singular values on both sides of the cut, relative; None if exact."""

    @abc.abstractmethod
    def add(self, rows: np.ndarray, depth: int) -> None:
        """Add brackets of one depth."""


class AbstractArithmetic(abc.ABC):
    """How numbers are drawn, functions evaluated and ranks decided."""

    exact: ClassVar[bool]

    @abc.abstractmethod
    def draw(self, shapes: Any, count: int, rng: np.random.Generator) -> Any:
        """A tree of arrays ``(count, ...)`` of random numbers."""

    @abc.abstractmethod
    def lift(self, values: np.ndarray) -> np.ndarray:
        """These float64 numbers as it keeps them, without rounding."""

    @abc.abstractmethod
    def vectorised(self, function: Callable, *arguments: Any) -> Callable:
        """`function` of single arguments, on as many at once as these are."""

    @abc.abstractmethod
    def brackets(
        self, generators: Generators, drawn: Any, states: np.ndarray
    ) -> np.ndarray:
        """Brackets, nested to the right, of generators along the second axis."""

    @abc.abstractmethod
    def span(self, state: np.ndarray) -> AbstractSpan:
        """The span of brackets at `state`, still empty."""

    @abc.abstractmethod
    def directions(self, fields: np.ndarray) -> np.ndarray:
        """Vectors row by row, of length 1 where lengths are known."""

    @abc.abstractmethod
    def relations(self, rows: np.ndarray) -> list[list[int]]:
        """Whole numbers, vector by vector, that combine the columns to 0."""

    @abc.abstractmethod
    def vanish(self, rows: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """Which of the whole-number `vectors` combine the columns of `rows` to 0."""

    def evaluated(self, function: Callable, *arguments: Any) -> Any:
        """`function` at every one of the stacked arguments, chunk by chunk."""
        found = []
        for picks, left in self.chunks(len(jax.tree.leaves(arguments)[0])):
            some = jax.tree.map(lambda a, p=picks: a[p], arguments)
            part = self.vectorised(function, *some)(*some)
            found.append(jax.tree.map(lambda a, n=left: np.asarray(a)[:n], part))
        return jax.tree.map(lambda *parts: np.concatenate(parts), *found)

    def chunks(self, count: int) -> Iterator[tuple[np.ndarray, int]]:
        """Numbers of as many points as are evaluated at once, and how many are new.

        The last chunk is filled up from the front: one shape, one compilation.
        """
        chunk = min(CHUNK, 1 << (count - 1).bit_length())
        for begin in range(0, count, chunk):
            yield np.arange(begin, begin + chunk) % count, min(chunk, count - begin)


class Exactly(AbstractSpan):
    """A span over residues: nothing is cut."""

    def __init__(self, columns: int):
        self.echelon = modular.Echelon(columns)

    @property
    def rank(self) -> int:
        return self.echelon.rank

    @property
    def gap(self) -> None:
        return None

    def add(self, rows: np.ndarray, depth: int) -> None:
        del depth
        self.echelon.add(rows)


class Modular(AbstractArithmetic):
    """Residues modulo a prime, at points drawn from all of them."""

    exact: ClassVar[bool] = True

    ring: ClassVar[Residues] = Residues()
    jets: ClassVar[Jets] = Jets()

    def __init__(self):
        self.compiled: dict[Any, Exact] = {}

    def lift(self, values: np.ndarray) -> np.ndarray:
        return self.ring.lift(values)

    def draw(self, shapes: Any, count: int, rng: np.random.Generator) -> Any:
        def one(shape):
            return residues((count, *shape.shape), rng)

        return jax.tree.map(one, shapes)

    def vectorised(self, function: Callable, *arguments: Any) -> Callable:
        traced = self._traced(function, *arguments)
        return lambda *some: traced(self.ring, *some)

    def _traced(self, function, *arguments) -> Exact:
        shapes = jax.tree.map(lambda a: reals(*a.shape), arguments)
        key = (function, str(shapes))
        if key not in self.compiled:
            self.compiled[key] = Exact(jax.vmap(function), *shapes)
        return self.compiled[key]

    def brackets(
        self, generators: Generators, drawn: Any, states: np.ndarray
    ) -> np.ndarray:
        parts = []
        for picks, left in self.chunks(len(states)):
            some = jax.tree.map(lambda a, p=picks: a[p], drawn)
            jet = self._nested(generators, some, Jet({0: states[picks]}), 0)
            parts.append(jet.parts[0][:left])
        return np.concatenate(parts)

    def _nested(self, generators, drawn, state, level):
        """``[X, Y] = DY X - DX Y``, an infinitesimal of its own for every level."""
        own = jax.tree.map(lambda a: a[:, level], drawn)
        traced = self._traced(generators.field, own, state.parts[0])

        def field(state):
            found = traced(self.jets, own, state)
            return found if isinstance(found, Jet) else Jet({0: found})  # a constant

        X = field(state)
        if level == drawn["extra"].shape[1] - 1:
            return X
        bit = 1 << level
        turned = self._nested(generators, drawn, state.moved(X, bit), level + 1)
        Y, along_x = turned.split(bit)
        along_y = field(state.moved(Y, bit)).split(bit)[1]
        return self.jets.plain["sub"](along_x, along_y)

    def span(self, state: np.ndarray) -> AbstractSpan:
        return Exactly(len(state))

    def directions(self, fields: np.ndarray) -> np.ndarray:
        return fields

    def relations(self, rows: np.ndarray) -> list[list[int]]:
        basis = modular.kernel(rows.astype(np.int64))
        return [v for v in map(modular.whole, basis) if v is not None]

    def vanish(self, rows: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        left = vectors.T.astype(np.int64) % modular.PRIME
        return ~np.any(modular.product(rows.astype(np.int64), left), axis=0)
