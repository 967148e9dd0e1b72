r"""Derivatives in a ring: numbers with infinitesimals whose squares are 0.

A function of sums and products of $x + \epsilon v$ is its value plus $\epsilon$ times
its derivative along $v$. Several infinitesimals give nested derivatives, so that one
trace of a vector field serves brackets of every depth.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .rings import AbstractRing, Residues


class Jet:
    """A number for every product of distinct infinitesimals; those left out are 0.

    Products are sets of bits: part 0 is the value, part 5 belongs to the infinitesimals
    number 0 and 2.
    """

    def __init__(self, parts: dict[int, np.ndarray]):
        self.parts = parts

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of every part."""
        return next(iter(self.parts.values())).shape

    @property
    def ndim(self) -> int:
        """The number of axes of every part."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers every part has."""
        return next(iter(self.parts.values())).size

    def moved(self, velocity: "Jet", bit: int) -> "Jet":
        """This plus `velocity` times the infinitesimal `bit`, which is new to both."""
        shifted = {mask | bit: part for mask, part in velocity.parts.items()}
        return Jet({**self.parts, **shifted})

    def split(self, bit: int) -> tuple["Jet", "Jet"]:
        """What does not hold the infinitesimal `bit`, and the factor of it."""
        still = {m: part for m, part in self.parts.items() if not m & bit}
        moving = {m ^ bit: part for m, part in self.parts.items() if m & bit}
        zero = {0: np.zeros_like(next(iter(self.parts.values())))}
        return Jet(still or zero), Jet(moving or zero)


class Jets(AbstractRing):
    """Residues with infinitesimals."""

    name: ClassVar[str] = Residues.name
    base: ClassVar[Residues] = Residues()

    def __init__(self):
        plain, shaped = self.base.plain, self.base.shaped
        linear = ("add", "add_any", "sub", "neg", "select_n")
        self.plain = {n: self._linear(plain[n]) for n in linear}
        self.plain["mul"] = self._bilinear(plain["mul"])
        self.plain["square"] = lambda a: self.plain["mul"](a, a)
        self.plain["div"] = lambda a, b: self.plain["mul"](a, self._inverse(b))
        self.shaped = {
            "reduce_sum": self._linear(shaped["reduce_sum"]),
            "dot_general": self._bilinear(shaped["dot_general"]),
            "integer_pow": lambda a, params: self._power(a, params["y"]),
        }

    def lift(self, values: np.ndarray) -> np.ndarray:
        return self.base.lift(values)

    def holds(self, x: Any) -> bool:
        return isinstance(x, Jet) or self.base.holds(x)

    def restructured(self, function: Callable, inputs: list, params: dict) -> Any:
        return self._linear(function)(*inputs, params)

    def _linear(self, function):
        """`function`, linear in what the ring holds, part by part."""

        def applied(*inputs):
            jets = [x for x in inputs if isinstance(x, Jet)]
            if not jets:
                return function(*inputs)
            masks = dict.fromkeys(m for jet in jets for m in jet.parts)
            if any(not isinstance(x, Jet) and _held(self, x) for x in inputs):
                masks[0] = None
            return Jet(
                {m: function(*(_part(self, x, m) for x in inputs)) for m in masks}
            )

        return applied

    def _bilinear(self, function):
        """A product, by all ways to share infinitesimals out between its factors."""
        add = self.base.plain["add"]

        def applied(a, b, *params):
            if not (isinstance(a, Jet) or isinstance(b, Jet)):
                return function(a, b, *params)
            found: dict[int, np.ndarray] = {}
            for m, left in _parts(a):
                for n, right in _parts(b):
                    if m & n:
                        continue
                    term = function(left, right, *params)
                    known = found.get(m | n)
                    found[m | n] = term if known is None else add(known, term)
            return Jet(found)

        return applied

    def _power(self, a, exponent):
        if not isinstance(a, Jet):
            return self.base.shaped["integer_pow"](a, {"y": exponent})
        if exponent < 0:
            return self._power(self._inverse(a), -exponent)
        multiply = self.plain["mul"]
        found = None
        for _ in range(exponent):
            found = a if found is None else multiply(found, a)
        if found is None:
            return np.ones(a.shape, np.uint64)
        return found

    def _inverse(self, a):
        r"""$1 / (v + n) = v^{-1} \sum_j (-n v^{-1})^j$, a sum that ends."""
        if not isinstance(a, Jet):
            return self.base.shaped["integer_pow"](a, {"y": -1})
        first = self.base.shaped["integer_pow"](a.parts[0], {"y": -1})
        rest = {m: part for m, part in a.parts.items() if m}
        found = Jet({0: first})
        if not rest:
            return found
        step = self.plain["mul"](self.plain["neg"](Jet(rest)), first)
        term = found
        for _ in range(max(rest).bit_length()):
            term = self.plain["mul"](term, step)
            if not term.parts:
                break
            found = self.plain["add"](found, term)
        return found


def _held(ring, x):
    return hasattr(x, "dtype") and ring.base.holds(x)


def _parts(x):
    return x.parts.items() if isinstance(x, Jet) else [(0, x)]


def _part(ring, x, mask):
    if isinstance(x, Jet):
        part = x.parts.get(mask)
        return np.zeros(x.shape, np.uint64) if part is None else part
    return np.zeros_like(x) if mask and _held(ring, x) else x
