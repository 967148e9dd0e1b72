"""The claims there are, found by name or by ID."""

from collections.abc import Iterable, Sequence

from .. import claims
from ..claims import AbstractClaim
from ..errors import NotFoundError
from .findings import order


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

    Raises `NotFoundError`, with the nearest name, where there is none.
    """
    wanted = name.casefold()
    found = [k for k in known if wanted in (k.__name__.casefold(), k.id.casefold())]
    if not found:
        like_an_id = any(letter.isdigit() for letter in name)
        choices = (kind.id if like_an_id else kind.__name__ for kind in known)
        raise NotFoundError("claim", name, dict.fromkeys(choices))
    return found


def named(what: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """`names`, each of them in `known`; raises `NotFoundError` for one that is not."""
    known = list(known)
    for name in names:
        if name not in known:
            raise NotFoundError(what, name, known)
    return list(names)
