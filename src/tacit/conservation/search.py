"""Laws by readable names: relations between quantities, tested at random states."""

import functools
import itertools
from collections.abc import Iterable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from .arithmetic import AbstractArithmetic
from .candidates import families, Family
from .closure import saturate
from .floating import Spectrum
from .generators import Generators
from .law import Law, Term
from .monomials import polynomials
from .parametrisation import reals
from .quantities import AbstractQuantity, Index


SPARE = 10
MOVES = 1e-6
"""A law counts as kept, in floating point, if less of its gradient is along a move."""
MIXED = 200
"""The most numbers of which all combinations are tried at once."""


class Search:
    """What has been found so far, and how many independent laws that is.

    A law is tested at states and generators drawn at random, modulo a prime where the
    network allows: an identity of polynomials that holds at `SPARE` such points is
    false with a probability below 1e-50.
    """

    def __init__(
        self, generators: Generators, arithmetic: AbstractArithmetic, seed: int
    ):
        self.generators, self.arithmetic = generators, arithmetic
        self.rng = np.random.default_rng([seed, 77])
        self.laws: list[Law] = []
        self.state = self._states(1)
        self.gradients = arithmetic.span(self.state[0])

    @property
    def count(self) -> int:
        """How many independent laws there are so far."""
        return self.gradients.rank

    def run(self, wanted: int, degree: int) -> list[Law]:
        """Look until `wanted` independent laws are found, or nothing is left to try."""
        layout, dynamics = self.generators.shape.layout, self.generators.dynamics
        for family in families(layout, dynamics):
            if self.count >= wanted:
                return self.laws
            if family:
                self._entry_by_entry(family)
        for family in _mixed(families(layout, dynamics)):
            if self.count >= wanted:
                return self.laws
            self._together(family)
        if self.count < wanted and not dynamics.moving:
            for quantity in polynomials(self, degree):
                self.keep((Term(1, quantity),), ((),), whole=True)
        return self.laws

    def keep(self, terms: Sequence[Term], entries: Iterable[Index], *, whole: bool):
        """Keep a law that was tested, if it adds to what is known."""
        law = Law(tuple(terms), tuple(entries), whole, 0)
        before, gradients = self.count, self._gradients(law)
        if not self.arithmetic.exact and not self._still(gradients):
            return
        self.gradients.add(gradients, 1)
        if grown := self.count - before:
            self.laws.append(Law(law.terms, law.entries, law.whole, grown))

    def slopes(
        self, quantities: Sequence[AbstractQuantity], samples: int
    ) -> np.ndarray:
        """How fast every quantity moves along generators: ``(samples, q, *shape)``."""
        drawn = self.arithmetic.draw(self.generators.drawn, samples, self.rng)
        states = self._states(samples)
        along = self.arithmetic.evaluated(self.generators.field, drawn, states)

        def slope(along, state):
            def values(state):
                at = self._view(state)
                return jnp.stack([q.value(at) for q in quantities])

            return jax.jvp(values, (state,), (along,))[1]

        directions = self.arithmetic.directions(along)
        found = self.arithmetic.evaluated(slope, directions, states)
        if self.arithmetic.exact:
            return found
        # A state where quantities are steep must not drown the others.
        anywhere = self.arithmetic.directions(self.rng.standard_normal(states.shape))
        steep = np.abs(self.arithmetic.evaluated(slope, anywhere, states))
        size = steep.reshape(samples, -1).max(axis=1)
        size = np.where(size > 0, size, 1.0)
        return found / size.reshape(-1, *[1] * (found.ndim - 1))

    def _entry_by_entry(self, family: Family):
        """Relations that add up like entries: one for all units, or for some."""
        slopes = self.slopes(family, len(family) + SPARE)
        shape, antisymmetric = family[0].shape, family[0].antisymmetric
        diagonal = [(i,) * len(shape) for i in range(shape[0])] if shape else [()]
        entries = [] if antisymmetric else list(diagonal)
        if len(shape) == 2:
            entries += itertools.combinations(range(shape[0]), 2)
        first = entries[-1] if len(shape) == 2 else entries[0]
        relations = self.arithmetic.relations(slopes[(..., *first)])
        for relation in relations:
            held = [i for i in entries if self._holds(slopes[(..., *i)], relation)]
            # Of matrices whole ones only: diagonals come as a family of their own.
            if held and (len(shape) < 2 or len(held) == len(entries)):
                terms = _terms(relation, family)
                self.keep(terms, held, whole=len(held) == len(entries))
        if len(shape) == 1 and not relations:
            for index in diagonal[1:]:
                for relation in self.arithmetic.relations(slopes[(..., *index)]):
                    self.keep(_terms(relation, family), (index,), whole=False)

    def _together(self, family: Family):
        """Relations between any entries of some quantities."""
        places = [(q, i) for q in family for i in np.ndindex(q.shape)]
        slopes = self.slopes(family, len(places) + SPARE)
        columns = np.stack(
            [
                slopes[(slice(None), k, *i)]
                for k, q in enumerate(family)
                for i in np.ndindex(q.shape)
            ],
            axis=1,
        )
        for relation in self.arithmetic.relations(columns):
            terms = [
                Term(factor, q, i)
                for factor, (q, i) in zip(relation, places, strict=True)
                if factor
            ]
            self.keep(terms, ((),), whole=True)

    def _holds(self, rows, relation):
        return bool(self.arithmetic.vanish(rows, np.array([relation]))[0])

    def _still(self, gradients) -> bool:
        """Whether no direction of training, however short its field, moves a law."""
        size = np.linalg.norm(gradients, axis=1)
        along = np.abs(gradients @ self._directions.T).max(axis=1, initial=0.0)
        return bool(np.all(along <= MOVES * size))

    @functools.cached_property
    def _directions(self) -> np.ndarray:
        span = Spectrum(self.state[0])
        saturate(self.generators, self.arithmetic, self.rng, self.state[0], span, 1)
        return span.rows

    def _states(self, count):
        return self.arithmetic.draw(reals(self.generators.size), count, self.rng)

    def _view(self, state):
        return self.generators.dynamics.view(self.generators.shape.layout, state)

    def _gradients(self, law):
        """The gradients of a law's entries at the state kept for this."""
        size = len(self.state[0])
        unit = np.eye(size).astype(self.state.dtype)

        def along(direction, state):
            return jax.jvp(lambda s: law.values(self._view(s)), (state,), (direction,))[
                1
            ]

        states = np.repeat(self.state, size, axis=0)
        return self.arithmetic.evaluated(along, unit, states).T


def _terms(relation, family):
    pairs = zip(relation, family, strict=True)
    return [Term(factor, quantity) for factor, quantity in pairs if factor]


def _mixed(every: Iterable[Family]) -> Iterable[Family]:
    """Small families of one number for each unit, whose units may be mixed."""
    for family in every:
        if (
            family
            and len(family[0].shape) == 1
            and len(family) * family[0].shape[0] <= MIXED
        ):
            yield family
