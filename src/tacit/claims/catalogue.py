"""The claims there are, found by name or by ID."""

import contextlib
import inspect
from collections.abc import Sequence

from .. import claims
from ..errors import DataError, KindError, NotFoundError
from ..own_code import class_at
from .base import AbstractClaim
from .ids import order


Named = AbstractClaim | type[AbstractClaim] | str
"""A claim, or what stands for it: its class, its name, its ID, or where it is."""


def every_claim() -> list[type[AbstractClaim]]:
    """The concrete claims, in the order of their IDs."""
    members = [getattr(claims, name) for name in claims.__all__]
    kinds = [
        kind
        for kind in members
        if isinstance(kind, type)
        and issubclass(kind, AbstractClaim)
        and not kind.__name__.startswith("Abstract")
    ]
    return sorted(kinds, key=lambda kind: (order(kind.id), kind.__name__))


def find_claims(
    name: str, known: Sequence[type[AbstractClaim]]
) -> list[type[AbstractClaim]]:
    """The claim called `name`, or all with that ID; capitals do not matter.

    One of one's own goes by where it is, ``package.module:Class``, which is imported.
    Raises `NotFoundError`, with the nearest name, where there is none, and `DataError`
    where there is no claim of one's own at that place.
    """
    if ":" in name:
        return [_own(name)]
    wanted = name.casefold()
    found = [k for k in known if wanted in (k.__name__.casefold(), k.id.casefold())]
    if not found:
        like_an_id = any(letter.isdigit() for letter in name)
        choices = (kind.id if like_an_id else kind.__name__ for kind in known)
        more = "One of yours goes by where it is, package.module:Class."
        raise NotFoundError("claim", name, dict.fromkeys(choices), more=more)
    return found


def as_claim(given: Named) -> AbstractClaim:
    """The claim that is meant by itself, its class, its name, its ID, or where it is.

    Raises `NotFoundError` for a name that no claim has, `KindError` for what is no
    claim at all, and `DataError` for a claim of one's own with an ID of the library's.
    """
    if isinstance(given, str):
        given = find_claims(given, every_claim())[0]
    if isinstance(given, type) and issubclass(given, AbstractClaim):
        with contextlib.suppress(TypeError):  # abstract, or made of something
            given = given()
    if not isinstance(given, AbstractClaim):
        raise KindError("a claim", given, AbstractClaim, "tacit.claims")
    _require_own_id(type(given))
    return given


def _own(place: str) -> type[AbstractClaim]:
    try:
        kind = class_at(place, AbstractClaim)
    except DataError as error:
        raise DataError(f"no claim at {place}: {error}") from error
    try:
        inspect.signature(kind).bind()
    except TypeError as error:
        raise DataError(
            f"the claim at {place} cannot be made of nothing: {error}. Give its fields "
            "defaults, or make one in Python, which tacit.check takes as it is."
        ) from error
    _require_own_id(kind)
    return kind


def _require_own_id(kind: type[AbstractClaim]) -> None:
    """Raise `DataError` if a claim of one's own would pass for another by its ID."""
    if kind.__module__.split(".")[0] == __name__.split(".")[0]:
        return
    same = [each for each in every_claim() if each.id == kind.id]
    if same and not issubclass(kind, tuple(same)):
        raise DataError(
            f"the claim {kind.__name__} has the ID {kind.id}, which is that of "
            f"{same[0].__name__}; give it one that `tacit claims` does not list.",
            about="id",
        )
