"""Sections for the members of the families.

A loss, a flow or an observable that is added to its family can be named in a spec at
once: its arguments are the keys. A class of one's own is named by where it is.
"""

import inspect
import typing
from collections.abc import Callable
from typing import Any, Literal, TYPE_CHECKING

from pydantic import BeforeValidator

from .. import flows, losses, networks, observables
from .arguments import AbstractMember, from_arguments, wants_a_flow
from .own import own
from .sections import by_kind


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
        wants_a_flow(hints.get(name))
        for name, argument in inspect.signature(member).parameters.items()
        if argument.default is inspect.Parameter.empty
    )


def spelt_out(given: Any) -> Any:
    """A name alone, as the table that it stands for."""
    return {"kind": given} if isinstance(given, str) else given


NETWORKS = members_of(networks, networks.AbstractNetwork)

if TYPE_CHECKING:
    Loss = Flow = Observable = AbstractMember
else:
    Loss = by_kind(
        "loss", members_of(losses, losses.AbstractLoss), own=own(losses.AbstractLoss)
    )
    Flow = by_kind(
        "flow", members_of(flows, flows.AbstractFlow), own=own(flows.AbstractFlow)
    )
    _KNOWN = members_of(observables, observables.AbstractObservable)
    _SINGLE = {name: kind for name, kind in _KNOWN.items() if not kind.maker.dims}
    Observable = typing.Annotated[
        by_kind("observable of one number", _SINGLE), BeforeValidator(spelt_out)
    ]
