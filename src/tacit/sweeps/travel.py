"""What goes to another process: functions and classes of a script or a notebook too.

cloudpickle takes them by value. It cannot do so for a class of equinox, whose
constructor is fixed while the class is made: it comes out without one. Such a class is
made anew there from its fields, and given its methods once it exists.
"""

import dataclasses
import functools
import importlib
import io
import pickle
import sys
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import cloudpickle
import equinox as eqx

from ..errors import DataError
from ..own_code.reading import generated, MADE


def packed(what: str, thing: Any) -> bytes:
    """`thing` as bytes for another process; `DataError`, with the reason, if it cannot.

    `what` is how the error calls it.
    """
    out = io.BytesIO()
    try:
        with _by_value():
            _Pickler(out).dump(thing)
        # What is half a pickle shows when it is read: a lock, a file, a socket.
        pickle.loads(out.getvalue())
    except Exception as error:  # pickling calls methods of one's own
        raise DataError(
            f"{what} cannot travel to another process: {type(error).__name__}: "
            f"{error}. Make what it needs inside the function, or give numbers, names "
            "and functions; open files, locks and connections stay where they are."
        ) from error
    return out.getvalue()


def unpacked(data: bytes) -> Any:
    """What was `packed`. Reading runs code: only bytes of one's own."""
    return pickle.loads(data)


class _Pickler(cloudpickle.Pickler):
    """cloudpickle, with equinox's classes that cannot be imported made anew."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type(eqx.Module)) and not _importable(obj):
            return _made_anew(obj)
        return super().reducer_override(obj)


@contextmanager
def _by_value() -> Iterator[None]:
    """While in here what stands in a module that no import found goes by value.

    A script that `runpy` runs is in `sys.modules` meanwhile, of this process alone.
    """
    found = [m for m in [*sys.modules.values()] if _is_loose(m)]
    for module in found:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in found:
            cloudpickle.unregister_pickle_by_value(module)


def _is_loose(module: Any) -> bool:
    """Whether a module is a file that was run and not imported."""
    if not isinstance(module, ModuleType):
        return False
    told = vars(module)  # to ask a lazy module for more would import it
    return (
        told.get("__spec__") is None
        and str(told.get("__file__")).endswith(".py")
        and sys.modules.get(module.__name__) is module
        and module.__name__ != "__main__"
    )


def _importable(cls: type) -> bool:
    home = sys.modules.get(cls.__module__)
    if cls.__module__ == "__main__" or _is_loose(home):
        return False
    try:
        module = importlib.import_module(cls.__module__)
        found = functools.reduce(getattr, cls.__qualname__.split("."), module)
    except (ImportError, AttributeError):
        return False
    return found is cls


def _made_anew(cls: Any) -> tuple:
    """How pickle says: call `_new_class`, then give it the methods by `_with`.

    The methods come second because they may refer to the class itself.
    """
    own = {k: v for k, v in vars(cls).items() if k not in MADE and not generated(v)}
    fields = {
        name: _arguments(field)
        for name, field in cls.__dataclass_fields__.items()
        if name in cls.__annotations__ and field._field_type is dataclasses._FIELD  # pyright: ignore
    }
    annotations = {k: _bare(v) for k, v in cls.__annotations__.items()}
    methods = {k: v for k, v in own.items() if k not in fields and _calls(v)}
    rest = {k: v for k, v in own.items() if k not in fields and k not in methods}
    head = (cls.__name__, cls.__bases__, fields, annotations, rest, tuple(methods))
    return _new_class, (type(cls), *head), methods, None, None, _with


def _new_class(meta, name, bases, fields, annotations, rest, methods):
    namespace = dict(rest)
    namespace["__annotations__"] = annotations
    namespace |= {k: dataclasses.field(**v) for k, v in fields.items() if v}
    namespace |= dict.fromkeys(methods, _to_come)
    return meta(name, bases, namespace)


def _with(cls, methods):
    for name, method in methods.items():
        setattr(cls, name, method)
    return cls


def _to_come(self, *args, **kwargs):
    """Stands for a method until it arrives."""
    raise NotImplementedError


def _calls(x: Any) -> bool:
    return callable(x) or isinstance(x, property | classmethod | staticmethod)


def _arguments(field: dataclasses.Field) -> dict[str, Any]:
    """What `dataclasses.field` was called with, as far as it was not left out."""
    given = {
        "default": field.default,
        "default_factory": field.default_factory,
        "init": field.init,
        "kw_only": field.kw_only,
        "metadata": dict(field.metadata),
    }
    usual = {"init": True, "kw_only": False, "metadata": {}}
    return {
        k: v
        for k, v in given.items()
        if v is not dataclasses.MISSING and (k not in usual or v != usual[k])
    }


def _bare(annotation: Any) -> Any:
    """The annotation as far as it decides whether this is a field; shapes are heavy."""
    if isinstance(annotation, str):
        return annotation
    kept = (typing.ClassVar, eqx.AbstractVar, eqx.AbstractClassVar)
    origin = typing.get_origin(annotation)
    if origin in kept:
        return origin[typing.Any]  # pyright: ignore
    return annotation if annotation in kept else typing.Any
