"""The rings in which functions are evaluated exactly."""

import abc
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..errors import DataError
from .modular import inverse, PRIME, product


class AbstractRing(abc.ABC):
    """Arrays of numbers that are added and multiplied without rounding."""

    name: ClassVar[str]
    """What its elements are called in a sentence."""

    plain: dict[str, Callable]
    """JAX's operations that it has, by name; each takes arrays."""

    shaped: dict[str, Callable]
    """Those that take their parameters as well, last."""

    @abc.abstractmethod
    def restructured(self, function: Callable, inputs: list, params: dict) -> Any:
        """`function`, which only moves entries about, of arrays and parameters."""

    @abc.abstractmethod
    def lift(self, values: np.ndarray) -> np.ndarray:
        """The elements that these float64 numbers are, exactly."""

    @abc.abstractmethod
    def holds(self, x: Any) -> bool:
        """Whether `x` is an array of elements, and not of plain indices."""


class Residues(AbstractRing):
    """Whole numbers modulo `PRIME`, kept as an unsigned 64-bit type of their own.

    The type tells them from indices, which JAX traces as signed numbers.
    """

    name: ClassVar[str] = "residues modulo a prime"

    def __init__(self):
        plain = {
            "add": operator.add,
            "add_any": operator.add,
            "sub": operator.sub,
            "mul": operator.mul,
            "neg": operator.neg,
            "square": lambda a: a * a,
            "div": lambda a, b: a * _power(b, -1),
            "select_n": lambda which, a, b: np.where(which, b, a),
        }
        self.plain = {name: _reduced(each) for name, each in plain.items()}
        self.shaped = {
            "integer_pow": _reduced(lambda a, params: _power(a, params["y"])),
            "reduce_sum": _reduced(lambda a, params: a.sum(axis=tuple(params["axes"]))),
            "dot_general": _reduced(partial(contracted, multiply=product)),
        }

    def lift(self, values: np.ndarray) -> np.ndarray:
        flat = [_residue(float(v)) for v in np.ravel(values)]
        return np.reshape(np.array(flat, np.uint64), np.shape(values))

    def restructured(self, function: Callable, inputs: list, params: dict) -> Any:
        return function(*inputs, params)

    def holds(self, x: Any) -> bool:
        return x.dtype == np.uint64


class Rationals(AbstractRing):
    """Fractions, with comparisons, and other functions where they are rational."""

    name: ClassVar[str] = "fractions"

    def __init__(self):
        at_zero = {"exp": 1, "tanh": 0, "sin": 0, "cos": 1, "logistic": Fraction(1, 2)}
        at_zero |= {"erf": 0, "log1p": 0, "expm1": 0, "atan": 0}
        plain = {
            "add": operator.add,
            "add_any": operator.add,
            "sub": operator.sub,
            "mul": operator.mul,
            "neg": operator.neg,
            "square": lambda a: a * a,
            "div": operator.truediv,
            "max": lambda a, b: np.where(a >= b, a, b),
            "min": lambda a, b: np.where(a <= b, a, b),
            "abs": np.abs,
            "gt": operator.gt,
            "lt": operator.lt,
            "ge": operator.ge,
            "le": operator.le,
            "eq": operator.eq,
            "ne": operator.ne,
            "sqrt": np.vectorize(_root, otypes=[object]),
            "sign": lambda a: np.where(a > 0, 1, np.where(a < 0, -1, 0)) + 0 * a,
            "select_n": lambda which, a, b: np.where(which, b, a),
            **{name: _only_at_zero(name, value) for name, value in at_zero.items()},
        }
        shaped = {
            "integer_pow": lambda a, params: a ** params["y"],
            "reduce_sum": lambda a, params: a.sum(axis=tuple(params["axes"])),
            "reduce_max": lambda a, params: a.max(axis=tuple(params["axes"])),
            "dot_general": partial(contracted, multiply=np.matmul),
        }
        self.plain = {name: _array(each) for name, each in plain.items()}
        self.shaped = {name: _array(each) for name, each in shaped.items()}

    def lift(self, values: np.ndarray) -> np.ndarray:
        # Infinity starts a maximum; in anything else it is caught as no fraction.
        each = (float(v) for v in np.ravel(values))
        found = [Fraction(v) if np.isfinite(v) else v for v in each]
        flat = np.array([*found, None])
        return np.reshape(flat[:-1], np.shape(values))

    def restructured(self, function: Callable, inputs: list, params: dict) -> Any:
        return function(*inputs, params)

    def holds(self, x: Any) -> bool:
        return x.dtype in (object, bool)


def _array(function: Callable) -> Callable:
    """A function whose result is an array, where NumPy would give a bare number."""
    return lambda *inputs: np.asarray(function(*inputs))


def _reduced(function: Callable) -> Callable:
    """A function of whole numbers as one of residues."""

    def applied(*inputs):
        arrays = [x.astype(np.int64) if hasattr(x, "astype") else x for x in inputs]
        return np.asarray(function(*arrays) % PRIME).astype(np.uint64)

    return applied


def _residue(value: float) -> int:
    """Every float is a whole number over a power of two, so it has a residue."""
    if not np.isfinite(value):
        raise DataError(f"{value} has no residue: the function is not finite.")
    above, below = value.as_integer_ratio()
    return above * inverse(below) % PRIME


def _power(a, exponent):
    if exponent < 0:
        a, exponent = _power(a, PRIME - 2), -exponent
    found = np.ones_like(a)
    while exponent:
        if exponent & 1:
            found = found * a % PRIME
        a, exponent = a * a % PRIME, exponent >> 1
    return found


def _root(x):
    above, below = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if above**2 != x.numerator or below**2 != x.denominator:
        raise DataError(f"the root of {x} is no fraction")
    return Fraction(above, below)


def _only_at_zero(name, value):
    def applied(a):
        if np.any(np.asarray(a) != 0):
            raise DataError(f"{name} is rational at 0 only")
        return np.full(np.shape(a), Fraction(value), dtype=object)

    return applied


def contracted(
    a: np.ndarray, b: np.ndarray, params: dict, multiply: Callable
) -> np.ndarray:
    """`jax.lax.dot_general` by `multiply`, which is a stacked matrix product."""
    (over_a, over_b), (batch_a, batch_b) = params["dimension_numbers"]
    free_a = [i for i in range(a.ndim) if i not in {*over_a, *batch_a}]
    free_b = [i for i in range(b.ndim) if i not in {*over_b, *batch_b}]
    batch = [a.shape[i] for i in batch_a]
    rows, columns = [a.shape[i] for i in free_a], [b.shape[i] for i in free_b]
    inner = math.prod(a.shape[i] for i in over_a)
    left = a.transpose(*batch_a, *free_a, *over_a)
    right = b.transpose(*batch_b, *over_b, *free_b)
    left = left.reshape(*batch, math.prod(rows), inner)
    right = right.reshape(*batch, inner, math.prod(columns))
    return np.asarray(multiply(left, right)).reshape(*batch, *rows, *columns)


def residues(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Residues drawn uniformly, in the type in which `Residues` keeps them."""
    return rng.integers(0, PRIME, shape).astype(np.uint64)
