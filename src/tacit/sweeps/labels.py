"""What the values of an axis are called in a table."""

import enum
import functools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..identity import digest_of


MOST = 40
"""Characters that an object's own words may take before its class has to do."""


def labels_of(values: Sequence[Any]) -> list[Any]:
    """A label for each of `values`, no two alike: numbers as they are, others in words.

    Where one is no number all are text, so that a column has one type.
    """
    distinct: dict[str, Any] = {}
    marks = [digest_of(value) for value in values]
    for mark, value in zip(marks, values, strict=True):
        distinct.setdefault(mark, value)
    if all(_is_number(value) for value in distinct.values()):
        return list(values)
    words = {mark: _words(value) for mark, value in distinct.items()}
    count = Counter(words.values())
    told = {
        mark: word if count[word] == 1 else f"{word} ({mark[:6]})"
        for mark, word in words.items()
    }
    return [told[mark] for mark in marks]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool | enum.Enum)


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, enum.Enum):
        return value.name
    name = getattr(value, "__name__", None)
    if isinstance(name, str):  # a class, a function, a module
        return name
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        return value["kind"]
    if isinstance(value, functools.partial):
        return f"partial {_words(value.func)}"
    text = repr(value)
    return text if len(text) <= MOST and " at 0x" not in text else type(value).__name__
