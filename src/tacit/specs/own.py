"""Classes of one's own in a spec: ``kind = "package.module:Class"``."""

import inspect
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ValidationError

from ..errors import DataError
from ..own_code import class_at
from .arguments import AbstractMember, from_arguments
from .sections import refuse, refuse_all


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
    try:
        found = class_at(place, base)
    except DataError as error:
        refuse(str(error), "kind")
    if found.__module__.startswith("tacit."):
        refuse(f'{place} is of tacit: say kind = "{found.__name__}".', "kind")
    if "kind" in inspect.signature(found).parameters:
        refuse(f"{place} has an argument `kind`, which a spec cannot give.", "kind")
    return found
