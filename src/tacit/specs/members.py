"""Sections for the members of the families, read off their constructors.

A loss, a flow or an observable that is added to its family can be named in a spec at
once: its arguments are the keys.
"""

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TYPE_CHECKING

import numpy as np
from pydantic import BeforeValidator, create_model, model_validator

from .. import flows, losses, networks, observables
from ..errors import TacitError
from ..integration import clocks
from ..problems import Problem
from .sections import (
    AbstractSection,
    by_kind,
    Count,
    first_named,
    in_words,
    Natural,
    Number,
    Numbers,
    refuse,
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
            text = in_words(error)
            refuse(text, first_named(text, self.arguments))
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
    hints, arguments = typing.get_type_hints(maker), {}
    fields: dict[str, Any] = dict(tag)
    for name, argument in inspect.signature(maker).parameters.items():
        required = argument.default is inspect.Parameter.empty
        if not required and _wants_a_flow(hints.get(name)):
            continue
        admitted, arguments[name] = _admitted(name, hints.get(name))
        default = ... if required else argument.default
        fields[name] = (admitted if default is not None else admitted | None), default
    section: Any = create_model(maker.__name__, __base__=base, **fields)
    section.maker, section.arguments = maker, arguments
    return section


def members_of(family: Any, base: type) -> dict[str, Any]:
    """A section for every concrete member of `family` that is a `base`, by name."""
    known = {name: getattr(family, name) for name in family.__all__}
    return {
        name: from_arguments(member, AbstractMember, kind=(Literal[name], ...))
        for name, member in known.items()
        if isinstance(member, type)
        and issubclass(member, base)
        and not name.startswith("Abstract")
        and not _is_made_of_a_flow(member)
    }


def _is_made_of_a_flow(member: Callable[..., Any]) -> bool:
    """Whether a flow must be given to it: one inside another is not for a file."""
    hints = typing.get_type_hints(member)
    return any(
        _wants_a_flow(hints.get(name))
        for name, argument in inspect.signature(member).parameters.items()
        if argument.default is inspect.Parameter.empty
    )


def _wants_a_flow(hint: Any) -> bool:
    return any(
        isinstance(arm, type) and issubclass(arm, flows.AbstractFlow)
        for arm in _arms(hint)
    )


def _admitted(name: str, hint: Any) -> tuple[Any, Callable[[Any], Any]]:
    """What a file may hold where `hint` is wanted, and how that is made of it."""
    if name == "seed":
        return Natural, int
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
            return Numbers, lambda tables: [np.asarray(x) for x in tables]
        if kind is Callable:
            return SCHEDULE, lambda schedule: schedule.build()
    return Numbers, np.asarray


def _arms(hint: Any) -> tuple:
    union = isinstance(hint, types.UnionType)
    return typing.get_args(hint) if union else (hint,)


def _spelt_out(given: Any) -> Any:
    return {"kind": given} if isinstance(given, str) else given


PLAIN: dict[Any, Any] = {bool: Truth, int: Whole, float: Number, str: str}
SCHEDULE: Any = from_arguments(
    flows.PowerDecay, AbstractMember, kind=(Literal["PowerDecay"], ...)
)
NETWORKS = members_of(networks, networks.AbstractNetwork)

if TYPE_CHECKING:
    Loss = Flow = Observable = AbstractMember
else:
    Loss = by_kind("loss", members_of(losses, losses.AbstractLoss))
    Flow = by_kind("flow", members_of(flows, flows.AbstractFlow))
    _KNOWN = members_of(observables, observables.AbstractObservable)
    _SINGLE = {name: kind for name, kind in _KNOWN.items() if not kind.maker.dims}
    Observable = typing.Annotated[
        by_kind("observable of one number", _SINGLE), BeforeValidator(_spelt_out)
    ]
