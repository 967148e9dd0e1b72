"""What every section of a spec is, and the numbers and keys one may hold."""

import contextlib
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, NoReturn, TypeAlias, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    model_validator,
    Tag,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from ..errors import NotFoundError, SpecError, TacitError


class AbstractSection(BaseModel):
    """A table of a spec: its keys are the fields, and no others.

    To add one: subclass, declare the fields, and name it where sections of its kind
    are told apart.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False
    )
    known_as: ClassVar[dict[str, str]] = {}
    """The keys for arguments that go by another name in Python."""

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, given: Any) -> Any:
        known = list(cls.model_fields)
        for key in given if isinstance(given, dict) else ():
            if key not in known:
                refuse(str(NotFoundError("key", str(key), known)), key)
        return given


NUMERIC = re.compile(r"[-+]?[\d._]+([eE][-+]?\d+)?")
"""Text that would pass for a number."""

OWN = "own"
"""The tag of a class of one's own, among the names of a family."""

MOST = 1_000_000
"""The most records, layers or units that a file may ask for: a slip of the keyboard is
refused before memory is asked for it."""


def refuse(text: str, key: object = "") -> NoReturn:
    """Say from within a validator what is wrong, in `key` of the value at hand."""
    raise PydanticCustomError("refused", "{text}", {"text": text, "key": key})


def refuse_all(error: ValidationError) -> NoReturn:
    """Say from within a validator what another one has found in the value at hand."""
    found = [dict(each) for each in error.errors(include_url=False)]
    raise PydanticCustomError("several", "{found}", {"found": found})


@contextlib.contextmanager
def placed(
    section: str, keys: Mapping[str, str] = MappingProxyType({}), otherwise: str = ""
) -> Iterator:
    """Turn what goes wrong inside into a `SpecError` that names the place.

    That is the one of `keys` for the argument that the error is `about`, or
    `otherwise`.
    """
    try:
        yield
    except SpecError:
        raise
    except (TacitError, ValueError) as error:
        text, about = told(error)
        key = keys.get(about, otherwise)
        raise SpecError([(f"{section}.{key}" if key else section, text)]) from error


def keys_of(section: AbstractSection) -> dict[str, str]:
    """The keys of a section, by the names of the arguments that they are for."""
    return {key: key for key in type(section).model_fields} | section.known_as


def told(error: Exception) -> tuple[str, str]:
    """What `error` says in a spec, and the argument that it is about."""
    if isinstance(error, TacitError):
        return error.in_spec(), error.about
    return " ".join(str(error).splitlines()), ""


def by_kind(
    what: str, members: Mapping[str, Any], key: str = "kind", own: Any = None
) -> Any:
    """The one of `members` that the value at `key` names. To be used as a type.

    A value with a colon is for `own`, if there is one.
    """

    def chosen(given: Any) -> Any:
        kind = _table(given).get(key)
        return OWN if own and isinstance(kind, str) and ":" in kind else kind

    def check(given: Any) -> Any:
        kind = _table(given).get(key)
        if kind is None:
            refuse(f"missing; it is one of {', '.join(members)}.", key)
        if kind not in members and chosen(given) != OWN:
            refuse(str(NotFoundError(what, str(kind), members)), key)
        return given

    every = members if own is None else {**members, OWN: own}
    return _either(every, chosen, check)


def by_key(what: str, members: Mapping[str, Any]) -> Any:
    """The one of `members` whose key is there. To be used as a type."""

    def keys(given: Any) -> list[str]:
        table = _table(given)
        return [key for key in members if table.get(key) is not None]

    def check(given: Any) -> Any:
        if len(keys(given)) != 1:
            has = " and ".join(keys(given)) or "none of them"
            refuse(f"{what} has exactly one of {', '.join(members)}; got {has}.")
        return given

    return _either(members, lambda given: keys(given)[0], check)


def _either(members: Mapping[str, Any], choose: Callable, check: Callable) -> Any:
    if len(members) == 1:
        return Annotated[next(iter(members.values())), BeforeValidator(check)]
    tags = {key: f"<{key}>" for key in members}  # such as no key of a file can be
    tagged = tuple(Annotated[kind, Tag(tags[key])] for key, kind in members.items())
    union = Union[tagged]  # noqa: UP007
    chosen = Discriminator(lambda given: tags[choose(given)])
    return Annotated[union, chosen, BeforeValidator(check)]


def _table(given: Any) -> dict:
    if not isinstance(given, dict | BaseModel):
        refuse("should be a table of keys and values.")
    return given if isinstance(given, dict) else dict(given)


def _a_number(value: Any) -> Any:
    if isinstance(value, bool):
        refuse(f"should be a number; got {str(value).lower()}.")
    if isinstance(value, str) and NUMERIC.fullmatch(value.strip()):
        refuse(f"should be a number; got the text {value!r}. Leave the quotes out.")
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        refuse("should be a number up to 1.8e308.")
    return value


def as_numbers(value: Any) -> Any:
    """Numbers as floats and lists of them as tuples, to any depth."""
    if isinstance(value, list | tuple):
        return tuple(as_numbers(entry) for entry in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(f"should hold numbers only; one entry is {value!r}.")
    try:
        number = float(value)
    except OverflowError:
        refuse("should hold numbers up to 1.8e308 only.")
    if not math.isfinite(number):
        refuse("should hold finite numbers only.")
    return number


def as_array(value: Any) -> Any:
    """Numbers as `as_numbers` has them, in rows of one length to any depth."""
    numbers = as_numbers(value)
    _shape(numbers)
    return numbers


def _shape(numbers: Any) -> tuple[int, ...]:
    if not isinstance(numbers, tuple):
        return ()
    shapes = {_shape(entry) for entry in numbers}
    if len(shapes) > 1:
        refuse("the rows have different lengths.")
    inner = shapes.pop() if shapes else ()
    return len(numbers), *inner


def entries(least: int) -> AfterValidator:
    """Asks for that many entries, once each of them is right."""

    def check(given: tuple) -> tuple:
        if len(given) < least:
            refuse(f"should have {least} or more entries; got {len(given)}.")
        return given

    return AfterValidator(check)


def _as_written(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        refuse("should be text, finite numbers, true or false, or lists and tables.")
    return value


Truth = Annotated[bool, Field(strict=True)]
Number = Annotated[float, BeforeValidator(_a_number)]
Whole = Annotated[int, BeforeValidator(_a_number)]
Natural = Annotated[Whole, Field(ge=0, lt=2**63)]
Count = Annotated[Whole, Field(ge=1, le=MOST)]
Positive = Annotated[Number, Field(gt=0)]
Anything = Annotated[Any, AfterValidator(_as_written)]
"""What an argument may be given that does not say what it wants."""
Numbers: TypeAlias = Annotated[Any, AfterValidator(as_array)]
"""A number, or lists of numbers in lists, as arrays are written."""
Tables: TypeAlias = Annotated[tuple[Numbers, ...], BeforeValidator(as_numbers)]
"""A list of arrays, each of a shape of its own."""
