"""The version of the code behind a result: another version is another result.

Two things count. tacit itself, by the text of every file that can change a number, with
the version of JAX; and what the user wrote, by the code of the classes and functions
that a run is made of. A digest of an experiment names those, but not what they do.
"""

import dataclasses
import functools
import hashlib
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax

import tacit

from ..errors import DataError
from ..identity import code_of, digest_of
from .travel import generated


HOME = Path(tacit.__file__).parent
ASIDE = (
    "bridges/", "cli/", "display/", "reporting/", "studies/", "sweeps/engine/",
    "sweeps/store/", "web/",
)  # fmt: skip
"""Parts of tacit that no run goes through."""


@functools.cache
def salt() -> str:
    """A SHA-256 of tacit's own files and the version of JAX, in hexadecimal."""
    mark = hashlib.sha256(jax.__version__.encode())
    for file in sorted(HOME.rglob("*.py")):
        place = file.relative_to(HOME).as_posix()
        if not place.startswith(ASIDE):
            mark.update(place.encode())
            mark.update(file.read_bytes())
    return mark.hexdigest()


def own_code(thing: Any) -> str:
    """A SHA-256 of the user's code that `thing` is made of; empty if there is none."""
    found = sorted({_code(each) for each in set(_parts(thing)) if _is_own(each)})
    return hashlib.sha256("".join(found).encode()).hexdigest() if found else ""


def _parts(x: Any) -> Iterator[Any]:
    """The classes and functions in a value."""
    if isinstance(x, tuple | list | set | frozenset):
        for each in x:
            yield from _parts(each)
    elif isinstance(x, dict):
        yield from _parts(tuple(x.values()))
    elif isinstance(x, functools.partial):
        yield from _parts((x.func, x.args, x.keywords))
    elif isinstance(x, type):
        yield from (each for each in x.__mro__ if each is not object)
    elif isinstance(x, types.FunctionType):
        yield x
    elif dataclasses.is_dataclass(x):
        yield from _parts(type(x))
        for field in dataclasses.fields(x):
            yield from _parts(getattr(x, field.name, None))


def _is_own(x: Any) -> bool:
    return _is_users(x.__module__ or "__main__")


@functools.cache
def _is_users(module: str) -> bool:
    """Whether a module is neither Python's nor of an installed package, nor ours."""
    if module.split(".")[0] in ("tacit", *sys.stdlib_module_names):
        return module == "__main__"
    file = getattr(sys.modules.get(module), "__file__", None)
    if module == "__main__" or file is None:
        return True
    installed = {sysconfig.get_paths()[key] for key in ("purelib", "platlib")}
    return not any(Path(place) in Path(file).parents for place in installed)


@functools.lru_cache(maxsize=1024)
def _code(x: Any) -> str:
    if not isinstance(x, type):
        return code_of(x)
    told = [x.__qualname__]
    for name, each in sorted(vars(x).items()):
        function = _function(each)
        if function is not None:
            told += [name, code_of(function)]
        elif not name.startswith("__"):
            told += [name, _identity(each)]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()


def _function(x: Any) -> types.FunctionType | None:
    """The function in a method of whatever kind, but not one that was generated."""
    for inner in ("fget", "__func__"):
        x = getattr(x, inner, x)
    return x if isinstance(x, types.FunctionType) and not generated(x) else None


def _identity(x: Any) -> str:
    try:
        return digest_of(x)
    except DataError:  # a descriptor, say: it is known by its class
        return type(x).__qualname__
