"""Names picked out of those there are."""

from collections.abc import Iterable

from ..errors import NotFoundError


def named(what: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """`names`, each of them in `known`; raises `NotFoundError` for one that is not."""
    known = list(known)
    for name in names:
        if name not in known:
            raise NotFoundError(what, name, known)
    return list(names)
