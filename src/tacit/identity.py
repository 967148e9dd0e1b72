"""What tells one value from another in every process: its parts, never its address."""

import dataclasses
import dis
import enum
import functools
import hashlib
import importlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import numpy as np

from .errors import DataError, with_article


def digest_of(value: Any) -> str:
    """A SHA-256 of all that `value` says, in hexadecimal.

    Arrays count by type, shape and bytes; modules and frozen dataclasses by their
    class and fields; numbers by what they are, so that 2 is 2.0. A function that can be
    imported counts by its name. One that cannot, a lambda or one of a script, counts
    by its code, its defaults and what it refers to outside itself: its digest is the
    same in every process of one version of Python.

    Raises `DataError` for what has no such identity, with the way to give it one.
    """
    return _hashed(_parts(value, ()))


def _hashed(parts: Iterator[bytes]) -> str:
    mark = hashlib.sha256()
    for part in parts:
        mark.update(len(part).to_bytes(8, "big"))  # or "ab", "c" would be "a", "bc"
        mark.update(part)
    return mark.hexdigest()


def _parts(x: Any, inside: tuple[int, ...]) -> Iterator[bytes]:
    """The parts of `x`, in order; `inside` are the functions it was found in."""
    if eqx.is_array(x) and not isinstance(x, np.generic):
        array = np.asarray(x)
        yield _said("array", array.dtype, array.shape)
        yield array.tobytes()
    elif isinstance(x, enum.Enum):
        yield _said("member", _name(type(x)), x.name)
    elif (
        x is None or x is ... or isinstance(x, bool | np.bool_ | str | bytes | complex)
    ):
        yield _said(type(x).__name__, x)
    elif isinstance(x, int | float | np.number):
        number = x.item() if isinstance(x, np.number) else x
        yield _said("number", int(number) if number == number // 1 else number)
    elif isinstance(x, tuple | list):
        yield _said("sequence", len(x))
        for each in x:
            yield from _parts(each, inside)
    elif isinstance(x, dict):
        yield _said("mapping", len(x))
        for key, each in sorted(x.items(), key=lambda item: repr(item[0])):
            yield from _parts(key, inside)
            yield from _parts(each, inside)
    elif isinstance(x, set | frozenset):
        yield _said("set", sorted(map(digest_of, x)))
    elif isinstance(x, type | types.ModuleType):
        yield _said("name", _name(x))
    elif dataclasses.is_dataclass(x):
        yield _said("object", _name(type(x)))
        for field in dataclasses.fields(x):
            yield _said("field", field.name)
            yield from _parts(getattr(x, field.name), inside)
    elif isinstance(x, functools.partial):
        yield _said("partial")
        yield from _parts((x.func, x.args, x.keywords), inside)
    elif isinstance(x, types.MethodType):
        yield _said("method", x.__name__)
        yield from _parts(x.__self__, inside)
    elif callable(x):
        yield from _function(x, inside)
    else:
        raise _nameless(x)


def _function(f: Callable, inside: tuple[int, ...]) -> Iterator[bytes]:
    if id(f) in inside:  # it calls itself
        yield _said("itself", len(inside) - inside.index(id(f)))
    elif _importable(f):
        yield _said("function", _name(f))
    elif isinstance(f, types.FunctionType):
        yield from _written(f, inside)
    elif callable(inner := getattr(f, "__wrapped__", None)):  # jit and its like
        yield _said("wrapped", _name(type(f)))
        yield from _function(inner, inside)
    else:
        raise _nameless(f)


def _written(f: types.FunctionType, inside: tuple[int, ...]) -> Iterator[bytes]:
    inside = (*inside, id(f))
    yield _said("code")
    yield from _code(f.__code__, inside)
    cells = [cell.cell_contents for cell in f.__closure__ or ()]
    reached = [f.__globals__[k] for k in _globals(f.__code__) if k in f.__globals__]
    kept = (f.__defaults__, f.__kwdefaults__, cells, reached)
    yield from _parts(kept, inside)


def _code(code: types.CodeType, inside: tuple[int, ...]) -> Iterator[bytes]:
    yield code.co_code
    yield _said(code.co_names, code.co_varnames, code.co_argcount)
    for constant in code.co_consts:
        nested = isinstance(constant, types.CodeType)
        yield from (_code if nested else _parts)(constant, inside)


def _globals(code: types.CodeType) -> list[str]:
    """The names that `code`, or code inside it, looks up outside."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found.update(_globals(constant))
    return sorted(found)


def _importable(f: Any) -> bool:
    """Whether its name leads to it in a process that has run nothing of one's own."""
    module, path = getattr(f, "__module__", None), getattr(f, "__qualname__", "")
    if module in (None, "__main__") or not path:
        return isinstance(f, np.ufunc)
    try:
        place = importlib.import_module(module)
        found = functools.reduce(getattr, path.split("."), place)
    except (ImportError, AttributeError):
        return False
    return found is f


def _name(x: Any) -> str:
    module = getattr(x, "__module__", None) or ""
    return f"{module}.{getattr(x, '__qualname__', getattr(x, '__name__', ''))}"


def _said(*words: object) -> bytes:
    return repr(words).encode()


def _nameless(x: Any) -> DataError:
    return DataError(
        f"{x!r}, {with_article(type(x).__name__)}, has no identity that another "
        "process would know it by. Give a function that can be imported, a "
        "functools.partial of one, a lambda, or a frozen dataclass whose fields say "
        "what it is."
    )
