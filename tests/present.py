"""What a type allows to be absent, and a test knows to be there."""

from typing import TypeVar


T = TypeVar("T")


def present(value: T | None) -> T:
    """`value`, such as the samples of a problem that has some."""
    assert value is not None
    return value
