"""Compiled calls whose modules are taken apart once.

Taking modules apart at every call and comparing what they hold takes longer than a
step of a few features.
"""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax

from ..compilation import SWIFT


@jax.tree_util.register_static
class _Fixed:
    """What of a tree is not an array, hashed once."""

    def __init__(self, content: tuple):
        self.content, self.mark = content, hash(content)

    def __hash__(self) -> int:
        return self.mark

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, _Fixed) and self.content == other.content
        return self is other or same


_ARRAY = object()
"""Stands where an array was taken out."""


def bound(function: Callable, *parts: Any) -> Callable:
    """`function` compiled, as a function of what comes after `parts`.

    Arrays in `parts` are traced and everything else in them is fixed; what comes after
    is trees of arrays. Calls with like parts share a compilation.
    """
    arrays, fixed = _apart(parts)

    def call(*rest: Any) -> Any:
        return _together(*_called(function, arrays, fixed, rest))

    return call


@functools.partial(jax.jit, static_argnums=0, compiler_options=SWIFT)
def _called(function, arrays, fixed, rest):
    return _apart(function(*_together(arrays, fixed), *rest))


def _apart(tree):
    leaves, shape = jax.tree.flatten(tree)
    arrays = [leaf for leaf in leaves if eqx.is_array(leaf)]
    kept = tuple(_ARRAY if eqx.is_array(leaf) else leaf for leaf in leaves)
    return arrays, _Fixed((kept, shape))


def _together(arrays, fixed):
    leaves, shape = fixed.content
    left = iter(arrays)
    filled = [next(left) if leaf is _ARRAY else leaf for leaf in leaves]
    return jax.tree.unflatten(shape, filled)
