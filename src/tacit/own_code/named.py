"""A class of one's own by where it is: ``package.module:Class``."""

import functools
import importlib
import inspect
import re

from ..errors import DataError


PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
"""A module and a class in it, as entry points of Python packages name them."""


def class_at(place: str, base: type) -> type:
    """The class at `place`, such as ``"mine.losses:Huber"``: a finished `base`.

    The module is imported. Raises `DataError` where `place` is no place, the module
    cannot be imported or has no such class, and where that is no `base`, or abstract.
    """
    module, _, name = place.partition(":")
    if not PLACE.fullmatch(place):
        raise DataError(f'should be a name or "package.module:Class"; got {place!r}.')
    try:
        found = functools.reduce(
            getattr, name.split("."), importlib.import_module(module)
        )
    except AttributeError:
        raise DataError(f"the module {module} has no {name}.") from None
    except Exception as error:  # whatever a module of one's own may raise
        raise DataError(
            f"importing {module} raises {type(error).__name__}: {error}. A module is "
            "found if it is installed or in a folder of PYTHONPATH."
        ) from error
    if not isinstance(found, type) or not issubclass(found, base):
        family = ".".join(base.__module__.split(".")[:2])
        raise DataError(f"{place} is no subclass of {family}.{base.__name__}.")
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        raise DataError(f"{place} is abstract: it does not define {missing}.")
    return found
