"""What was compiled or remembered of code that has since been written anew."""

import functools
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import jax

from .graph import own_code, roots
from .places import is_own


F = TypeVar("F", bound=Callable)

_LAST: "weakref.WeakKeyDictionary[Any, str]" = weakref.WeakKeyDictionary()
_TO_CLEAR: list[Callable[[], object]] = [jax.clear_caches]


def forget_if_changed(*things: Any) -> None:
    """Drop what is compiled if code of one's own in `things` is not what it was.

    A class whose methods call a function of another cell of a notebook is the same
    class when that cell is run again, and JAX would go on with what it has compiled.
    """
    changed = False
    for root in {each for each in roots(things) if is_own(each)}:
        code = own_code(root)
        changed |= _LAST.get(root, code) != code
        _LAST[root] = code
    if changed:
        for clear in _TO_CLEAR:
            clear()


def remembered(maxsize: int) -> Callable[[F], F]:
    """`functools.lru_cache` that `forget_if_changed` empties."""

    def decorate(function: F) -> F:
        cached = functools.lru_cache(maxsize=maxsize)(function)
        _TO_CLEAR.append(cached.cache_clear)
        return cached  # pyright: ignore[reportReturnType]

    return decorate
