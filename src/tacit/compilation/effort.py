"""How much effort the compiler makes."""

import os
from collections.abc import Callable
from typing import TypeVar

import equinox as eqx


F = TypeVar("F", bound=Callable)

LEVEL = "xla_backend_optimization_level"
SWIFT = {} if LEVEL in os.environ.get("XLA_FLAGS", "") else {LEVEL: 1}
"""Options of `jax.jit` with which a function compiles in four fifths of the time and
is as fast (but not the moves of a descent, which take an eighth longer). JAX takes them
only where no other function is traced; a level that the user has set stays."""


def swift_jit(function: F) -> F:
    """`equinox.filter_jit` for what is compiled anew for every shape of a run."""
    return eqx.filter_jit(function, compiler_options=SWIFT)  # pyright: ignore
