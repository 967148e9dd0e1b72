"""How much effort the compiler makes."""

from collections.abc import Callable
from typing import TypeVar

import equinox as eqx


F = TypeVar("F", bound=Callable)

SWIFT = {"xla_backend_optimization_level": 1}
"""Options of `jax.jit` with which a function compiles in three quarters of the time and
is as fast (but not the moves of a descent, which take an eighth longer); JAX takes them
only where no other function is traced."""


def swift_jit(function: F) -> F:
    """`equinox.filter_jit` for what is compiled anew for every shape of a run."""
    return eqx.filter_jit(function, compiler_options=SWIFT)  # pyright: ignore
