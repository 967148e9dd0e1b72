r"""The dimension of the Lie algebra that the generators close to.

Where ranks are locally constant, brackets of depth n have a local basis; if one more
depth adds nothing to their span, no further depth does, since $[X, fY] = (Xf) Y +
f [X, Y]$ (Frobenius). Brackets are multilinear, so random generators suffice.
"""

from typing import NamedTuple

import jax
import numpy as np

from ..errors import DataError
from .arithmetic import AbstractArithmetic, AbstractSpan
from .generators import Generators
from .parametrisation import reals


SPARE = 12
LOST = 1e-11
"""A singular value above this part of the largest is no rounding."""
DEEPEST = 8


class Closure(NamedTuple):
    """What the generators span, brackets and all."""

    size: int
    """How many numbers a state has."""

    ranks: tuple[int, ...]
    """The rank after every depth, the last one twice: that is the stall."""

    gap: tuple[float, float] | None
    """The singular values on both sides of the cut, relative; None if exact."""

    @property
    def rank(self) -> int:
        """The dimension of the closure."""
        return self.ranks[-1]

    @property
    def clear(self) -> bool:
        """Whether no singular value is near the cut."""
        return self.gap is None or self.gap[1] < LOST


def closure(
    generators: Generators, arithmetic: AbstractArithmetic, seeds: tuple[int, ...]
) -> Closure:
    """The closure at a random point, the largest over `seeds`."""
    found = [_once(generators, arithmetic, seed) for seed in seeds]
    return max(found, key=lambda each: each.rank)


def closure_at(
    generators: Generators, arithmetic: AbstractArithmetic, theta: np.ndarray, seed: int
) -> Closure:
    """The closure at these parameters, with the clock at a random time."""
    rng = np.random.default_rng(seed)
    state = arithmetic.draw(reals(generators.size), 1, rng)[0]
    state[: len(theta)] = arithmetic.lift(theta)
    return _at(generators, arithmetic, state, rng)


def _once(generators, arithmetic, seed) -> Closure:
    rng = np.random.default_rng(seed)
    state = arithmetic.draw(reals(generators.size), 1, rng)[0]
    return _at(generators, arithmetic, state, rng)


def _at(generators, arithmetic, state, rng) -> Closure:
    size = generators.size
    span, ranks = arithmetic.span(state), []
    for depth in range(1, DEEPEST + 1):
        saturate(generators, arithmetic, rng, state, span, depth)
        ranks.append(span.rank)
        stalled = depth > 1 and ranks[-1] == ranks[-2]
        if stalled or span.rank == size:
            return Closure(size, tuple(ranks), span.gap)
    raise DataError(
        f"brackets of depth {DEEPEST} still add to the span, of ranks {ranks}: the "
        "field is too deep to close here."
    )


def saturate(
    generators: Generators,
    arithmetic: AbstractArithmetic,
    rng: np.random.Generator,
    state: np.ndarray,
    span: AbstractSpan,
    depth: int,
) -> None:
    """Add to `span`, at `state`, brackets of one depth until the rank stops growing.

    Polynomials fall into no proper subspan but by accident, so that more of them than
    the rank can grow by are enough at once. With kinks whole regions may fall there.
    """
    many = (depth,)
    shapes = jax.tree.map(
        lambda s: jax.ShapeDtypeStruct(many + s.shape, s.dtype), generators.drawn
    )
    size = len(state)
    while span.rank < size:
        before = span.rank
        count = size - before + SPARE
        drawn = arithmetic.draw(shapes, count, rng)
        states = np.repeat(state[None], count, axis=0)
        span.add(arithmetic.brackets(generators, drawn, states), depth)
        if arithmetic.exact or span.rank == before:
            return
