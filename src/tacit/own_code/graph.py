"""One digest of everything that is reached, whatever leads back to itself."""

import contextlib
import dataclasses
import functools
import hashlib
import types
from collections.abc import Iterator
from typing import Any

from .places import is_own
from .reading import Link, read, value


ROUNDS = 8
"""How far around it a function is known by what it reaches. What is further away counts
too, but not which way leads there."""


def own_code(thing: Any) -> str:
    """A SHA-256 of the user's code that `thing` is made of; empty if there is none.

    It is the same in every process that has the same code, and however often one
    function is there: what is reached is a graph with cycles, whose nodes are known by
    what they say, and then `ROUNDS` times by what those they lead to are known by.
    """
    nodes = _reached(thing)
    known = {key: _hash(b"".join(words)) for key, (_, words, _) in nodes.items()}
    for _ in range(ROUNDS):
        known = {
            key: _hash(known[key] + b"".join(known[each.key] for each in links))
            for key, (_, _, links) in nodes.items()
        }
    own = {known[key] for key, (link, _, _) in nodes.items() if _counts(link.to)}
    return _hash(b"".join(sorted(own))).hex() if own else ""


def roots(x: Any) -> Iterator[Any]:
    """The classes and functions in a value."""
    if isinstance(x, tuple | list | set | frozenset):
        for each in x:
            yield from roots(each)
    elif isinstance(x, dict):
        yield from roots(tuple(x.values()))
    elif isinstance(x, functools.partial):
        yield from roots((x.func, x.args, x.keywords))
    elif dataclasses.is_dataclass(x) and not isinstance(x, type):
        yield type(x)
        held = object.__getattribute__  # a module's own takes four times as long
        for name in _names(type(x)):
            with contextlib.suppress(AttributeError):  # it was never set
                yield from roots(held(x, name))
    elif callable(x):
        yield x


@functools.lru_cache(maxsize=1024)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _reached(thing: Any) -> dict[Any, tuple[Link, list[bytes], list[Link]]]:
    """Everything that the roots lead to: what it says, and what it leads to."""
    nodes: dict[Any, tuple[Link, list[bytes], list[Link]]] = {}
    first = (part for root in roots(thing) for part in value(root))
    waiting = [part for part in first if isinstance(part, Link)]
    while waiting:
        link = waiting.pop()
        if link.key in nodes:
            continue
        words: list[bytes] = []
        links: list[Link] = []
        for part in read(link):
            told = b"leads on" if isinstance(part, Link) else part
            words.append(len(told).to_bytes(8, "big") + told)
            if isinstance(part, Link):
                links.append(part)
        nodes[link.key] = link, words, links
        waiting += links
    return nodes


def _counts(x: Any) -> bool:
    callables = type | types.FunctionType | types.ModuleType
    return is_own(x if isinstance(x, callables) else type(x))


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
