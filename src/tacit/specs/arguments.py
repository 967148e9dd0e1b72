"""Sections whose keys are the arguments of a constructor."""

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import create_model, model_validator

from .. import flows
from ..errors import TacitError
from ..integration import clocks
from ..problems import Problem
from .sections import (
    AbstractSection,
    Anything,
    Count,
    Natural,
    Number,
    Numbers,
    refuse,
    Tables,
    told,
    Truth,
    Whole,
)


class AbstractMember(AbstractSection):
    """A member of a family: `kind` is its name, the other keys are its arguments."""

    maker: ClassVar[Callable[..., Any]]
    arguments: ClassVar[dict[str, Callable[[Any], Any]]]

    def build(self, problem: Problem | None = None) -> Any:
        """The member itself, whatever the problem."""
        del problem
        return made(self)

    @model_validator(mode="after")
    def _can_be_built(self) -> Any:
        try:
            self.build()
        except (TacitError, ValueError) as error:
            text, about = told(error)
            refuse(text, about if about in self.arguments else "")
        return self


def made(section: Any) -> Any:
    """What the maker of a section from `from_arguments` makes of its keys."""
    given = {
        name: (getattr(section, name), to) for name, to in section.arguments.items()
    }
    words = {name: None if x is None else to(x) for name, (x, to) in given.items()}
    return type(section).maker(**words)


def from_arguments(maker: Callable[..., Any], base: Any, **tag: Any) -> Any:
    """A section with the key `tag` and the arguments of `maker`."""
    hints, arguments = _hints(maker), {}
    fields: dict[str, Any] = dict(tag)
    for name, argument in inspect.signature(maker).parameters.items():
        required = argument.default is inspect.Parameter.empty
        if argument.kind in SPREAD or not (required or _sayable(argument, hints)):
            continue
        admitted, arguments[name] = _admitted(name, hints.get(name))
        default = ... if required else argument.default
        fields[name] = (admitted if default is not None else admitted | None), default
    section: Any = create_model(maker.__name__, __base__=base, **fields)
    section.maker, section.arguments = maker, arguments
    return section


def _hints(maker):
    """What the arguments of `maker` want, those of a constructor written out too."""
    wanted = typing.get_type_hints(maker)
    if isinstance(maker, type):
        wanted = typing.get_type_hints(maker.__init__) | wanted
    return wanted


def _sayable(argument, hints):
    """Whether a file could hold this default: if not, it is left as it is."""
    if wants_a_flow(hints.get(argument.name)):
        return False
    return isinstance(argument.default, PLAIN_DEFAULTS)


def wants_a_flow(hint: Any) -> bool:
    """Whether an argument of this hint takes a flow."""
    return any(
        isinstance(arm, type) and issubclass(arm, flows.AbstractFlow)
        for arm in _arms(hint)
    )


def _admitted(name: str, hint: Any) -> tuple[Any, Callable[[Any], Any]]:
    """What a file may hold where `hint` is wanted, and how that is made of it."""
    if name == "seed":
        return Natural, int
    if hint is None or hint in UNSAID:
        return Anything, lambda given: given
    for arm in _arms(hint):
        if isinstance(arm, type) and issubclass(arm, clocks.AbstractClock):
            return str, str  # by its name
        if arm in PLAIN:  # also of "a name or a function": no file holds a function
            counts = arm is int and name == "depth"
            return (Count if counts else PLAIN[arm]), arm
        kind = typing.get_origin(arm)
        if kind is tuple:
            return arm, tuple
        if kind is list:
            return Tables, lambda tables: [np.asarray(x) for x in tables]
        if kind is Callable:
            return SCHEDULE, lambda schedule: schedule.build()
    return Numbers, np.asarray


def _arms(hint: Any) -> tuple:
    union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if union else (hint,)


UNSAID = (Any, object, dict, list, tuple)
"""Hints that leave open what is in it."""

SPREAD = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
PLAIN_DEFAULTS = (bool, int, float, str, tuple, list, type(None))
PLAIN: dict[Any, Any] = {bool: Truth, int: Whole, float: Number, str: str}
SCHEDULE: Any = from_arguments(
    flows.PowerDecay, AbstractMember, kind=(Literal["PowerDecay"], ...)
)
