"""What a function, class or object is told by, and what it leads to."""

import contextlib
import dataclasses
import enum
import functools
import importlib
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..identity import digest_of
from .asking import asked_by, imported_by
from .places import home_of, is_own, version_of


@dataclass(frozen=True)
class Link:
    """Something that is read by itself; of a module only what `names` are in it."""

    to: Any
    names: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[int, frozenset[str]]:
        """What tells it from others while it is held."""
        return id(self.to), self.names


Told = Iterator[bytes | Link]

HELD = ("fget", "fset", "fdel", "func", "__func__", "__wrapped__", "__self__")
"""Where wrappers keep what they wrap, but for their ``__dict__`` and their closure."""

MADE = frozenset(
    {
        "__dict__", "__weakref__", "__annotations__", "__dataclass_fields__",
        "__dataclass_params__", "__match_args__", "__abstractmethods__",
        "__abstractvars__", "__abstractclassvars__", "_abc_impl", "__parameters__",
        "__annotate__", "__annotate_func__",
    }
)  # fmt: skip
"""What a class gets while it is made."""


def generated(x: Any) -> bool:
    """Whether a dataclass wrote it: a class made anew brings its own."""
    code = getattr(x, "__code__", None)
    return code is not None and code.co_qualname.startswith("__create_fn__")


def read(link: Link) -> Told:
    """What is said of it: bytes of its own, and what it leads to, in order."""
    x = link.to
    if isinstance(x, types.ModuleType):
        yield from _module(x, link.names)
    elif isinstance(x, types.FunctionType) and is_own(x):
        yield from _function(x)
    elif isinstance(x, type):
        yield from _class(x)
    elif is_own(type(x)) or _is_bag(x):
        yield from _object(x)
    elif dataclasses.is_dataclass(x):
        yield _named(type(x))
        yield from _fields(x)
    else:
        yield _named(x if callable(x) else type(x))
        for name, each in _held(x):
            yield _said("holds", name)
            yield from value(each)


def value(x: Any, names: frozenset[str] = frozenset()) -> Told:
    """The same of a value: plain ones as they are, what is more by a link."""
    if isinstance(x, types.ModuleType):
        yield Link(x, names) if is_own(x) else _named(x)
    elif isinstance(x, type) or is_own(type(x)):
        yield Link(x) if is_own(x if isinstance(x, type) else type(x)) else _named(x)
    elif (
        x is None
        or x is ...
        or isinstance(x, bool | int | float | complex | str | bytes)
    ):
        yield _said(type(x).__name__, x)
    elif isinstance(x, jax.Array) and jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
        yield from value(jax.random.key_data(x))
    elif isinstance(x, np.ndarray) and x.dtype == object:
        yield from value(x.tolist(), names)
    elif eqx.is_array(x) or isinstance(x, np.generic | enum.Enum):
        yield digest_of(x).encode()
    elif isinstance(x, tuple | list):
        yield _said(type(x).__name__, len(x))
        for each in x:
            yield from value(each, names)
    elif isinstance(x, dict | types.MappingProxyType):
        yield _said("mapping", len(x))
        for key in sorted(x, key=_order):
            yield from value(key, names)
            yield from value(x[key], names)
    elif isinstance(x, set | frozenset):
        yield _said("set", len(x))
        for each in sorted(x, key=_order):
            yield from value(each, names)
    elif isinstance(x, functools.partial):
        yield _said("partial")
        yield from value((x.func, x.args, x.keywords), names)
    elif callable(x):
        yield _named(x) if _of_a_package(x) else Link(x)
    elif dataclasses.is_dataclass(x) or _held(x) or _is_bag(x):
        yield Link(x)
    else:
        text = repr(x)  # of a range, a path, a fraction; an address says nothing
        yield _named(type(x))
        yield b"" if " at 0x" in text else text.encode()


def _function(f: types.FunctionType) -> Told:
    yield _said("function", f.__qualname__)
    asked = asked_by(f.__code__)
    yield from _code(f.__code__)
    for name in asked.globals:
        if name in f.__globals__:
            yield _said("global", name)
            yield from value(f.__globals__[name], asked.names)
    for module in imported_by(f):
        yield from value(module, asked.names)
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not filled yet
            yield _said("closure", name)
            yield from value(cell.cell_contents, asked.names)
    yield from value((f.__defaults__, f.__kwdefaults__), asked.names)
    if "__wrapped__" in vars(f):
        yield from value(vars(f)["__wrapped__"])


def _class(cls: type) -> Told:
    yield _said("class", cls.__qualname__)
    yield from value((type(cls), cls.__bases__))
    for name, each in sorted(vars(cls).items()):
        bookkeeping = name.startswith("__") and not (callable(each) or _held(each))
        if name in MADE or generated(each) or bookkeeping:
            continue
        yield _said("attribute", name)
        yield from value(each)
    for field in vars(cls).get("__dataclass_fields__", {}).values():
        yield _said("field", field.name)
        yield from value((field.default, field.default_factory, field.metadata))


def _object(x: Any) -> Told:
    yield from value(type(x))
    if isinstance(x, tuple | list | set | frozenset | dict):
        plain = next(t for t in type(x).__mro__ if t.__module__ == "builtins")
        yield from value(plain(x))
    if dataclasses.is_dataclass(x):
        yield from _fields(x)
        return
    slots = {s for t in type(x).__mro__ for s in _words(vars(t).get("__slots__", ()))}
    state = {name: getattr(x, name) for name in slots if hasattr(x, name)}
    state |= getattr(x, "__dict__", {})
    for name, each in sorted(state.items()):
        yield _said("state", name)
        yield from value(each)


def _fields(x: Any) -> Told:
    for field in dataclasses.fields(x):
        yield _said("field", field.name)
        yield from value(getattr(x, field.name, None))


def _module(module: types.ModuleType, names: frozenset[str]) -> Told:
    """What is asked of a module by name; all of it where no name is known."""
    yield _said("module", module.__name__)
    asked = [name for name in names if name in vars(module)]
    for name in sorted(asked or (k for k in vars(module) if not k.startswith("__"))):
        yield _said("attribute", name)
        yield from value(vars(module)[name], names if asked else frozenset())


def _held(x: Any) -> list[tuple[str, Any]]:
    """What can be called of what a wrapper from elsewhere keeps."""
    kept: dict[str, Any] = {}
    for name in HELD:
        with contextlib.suppress(Exception):
            kept[name] = getattr(x, name)
    if not isinstance(x, types.BuiltinFunctionType | type):
        kept |= getattr(x, "__dict__", {})
    if isinstance(x, types.FunctionType):
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):
                kept[name] = cell.cell_contents
    return sorted(
        (name, each)
        for name, each in kept.items()
        if (callable(each) or type(each) is dict or is_own(type(each)))
        and each is not x
    )


def _is_bag(x: Any) -> bool:
    return isinstance(x, types.SimpleNamespace)


def _of_a_package(x: Any) -> bool:
    """Whether a callable is one that a package has under its name."""
    home = home_of(x)
    if isinstance(x, np.ufunc | types.BuiltinFunctionType) or is_own(x):
        return not is_own(x)
    try:
        place = importlib.import_module(home)
        found = functools.reduce(getattr, x.__qualname__.split("."), place)
    except (ImportError, AttributeError, ValueError):
        return False
    return found is x


def _code(code: types.CodeType) -> Told:
    yield code.co_code
    yield code.co_exceptiontable
    yield _said(code.co_names, code.co_varnames, code.co_argcount)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code(constant)
        else:
            yield from value(constant)


def _named(x: Any) -> bytes:
    name = getattr(x, "__qualname__", None) or getattr(x, "__name__", "")
    home = home_of(x)
    return _said("named", home, name or type(x).__qualname__, version_of(home))


def _order(x: Any) -> str:
    return str(_named(x)) if callable(x) else f"{type(x).__name__} {x!r}"


def _words(x: str | Iterable[str]) -> tuple[str, ...]:
    return (x,) if isinstance(x, str) else tuple(x)


def _said(*words: object) -> bytes:
    return repr(words).encode()
