"""Classes of one's own in a spec: ``kind = "package.module:Class"``."""

import functools
import importlib
import inspect
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ValidationError

from .arguments import AbstractMember, from_arguments
from .sections import refuse, refuse_all


PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
"""A module and a class in it, as entry points of Python packages name them."""


def own(base: type) -> Any:
    """A section for a class of one's own that is a `base`. To be used as a type.

    The class is imported, and the other keys are the arguments of its constructor. Its
    section says `kind` by the name under which Python knows the class, so that two ways
    to it are one.
    """

    def section(given: Any) -> Any:
        if isinstance(given, BaseModel):
            return given
        found = _found(given["kind"], base)
        kind = f"{found.__module__}:{found.__qualname__}"
        try:
            kept = from_arguments(found, AbstractMember, kind=(Literal[kind], ...))
            return kept.model_validate(given | {"kind": kind})
        except ValidationError as error:
            refuse_all(error)
        except Exception as error:  # whatever a constructor of one's own may raise
            refuse(f"{kind} raises {type(error).__name__}: {error}".replace("\n", " "))

    return Annotated[Any, AfterValidator(section)]


def _found(place: str, base: type) -> type:
    """The class at `place`, which is a finished `base` and none of tacit's."""
    module, _, name = place.partition(":")
    if not PLACE.fullmatch(place):
        refuse(f'should be a name or "package.module:Class"; got {place!r}.', "kind")
    try:
        found = functools.reduce(
            getattr, name.split("."), importlib.import_module(module)
        )
    except AttributeError:
        refuse(f"the module {module} has no {name}.", "kind")
    except Exception as error:  # whatever a module of one's own may raise
        refuse(
            f"importing {module} raises {type(error).__name__}: {error}. A module is "
            "found if it is installed or in a folder of PYTHONPATH.",
            "kind",
        )
    wanted = f"{base.__module__.split('.')[0]}.{base.__module__.split('.')[1]}"
    if not isinstance(found, type) or not issubclass(found, base):
        refuse(f"{place} is no subclass of {wanted}.{base.__name__}.", "kind")
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        refuse(f"{place} is abstract: it does not define {missing}.", "kind")
    if found.__module__.startswith("tacit."):
        refuse(f'{place} is of tacit: say kind = "{found.__name__}".', "kind")
    if "kind" in inspect.signature(found).parameters:
        refuse(f"{place} has an argument `kind`, which a spec cannot give.", "kind")
    return found
