"""Facts of a family that a member may state otherwise."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar


T = TypeVar("T")


class Fact(Generic[T]):
    """What holds of an object unless its class says otherwise.

    By a field or a property of the same name; a property here would forbid the field,
    and a value here would become the default of the field.
    """

    def __init__(self, default: Callable[[Any], T]):
        self.default = default

    def __get__(self, one: Any, kind: type) -> T:
        if one is None:
            raise AttributeError(f"a fact of every {kind.__name__}, not of the class")
        return self.default(one)
