"""What pydantic has found wrong with a spec, in the words of this package."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError


WORDS = {
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "finite_number": "should be finite",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "less_than": "should be below {lt}",
    "less_than_equal": "should be at most {le}",
    "greater_than": "should be above {gt:g}",
    "greater_than_equal": "should be at least {ge:g}",
    "int_from_float": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_type": "should be a whole number",
    "model_type": "should be a table of keys and values",
    "string_type": "should be text",
    "tuple_type": "should be a list",
}
"""What is said for each kind of mistake that pydantic has a name for."""


def mistakes(error: ValidationError) -> list[tuple[str, str]]:
    """Every mistake: its place in the file, and what is wrong there."""
    found = error.errors(include_url=False)
    return [_mistake(each) for outer in found for each in _inner(outer)]


def _inner(each: Any) -> list:
    """The mistakes that one of them holds, from where they were found: or itself."""
    if each["type"] != "several":
        return [each]
    inner = each["ctx"]["found"]
    return [one | {"loc": (*each["loc"], *one["loc"])} for one in inner]


def _mistake(each: Any) -> tuple[str, str]:
    kind, context, place = each["type"], each.get("ctx", {}), _place(each["loc"])
    if kind == "refused":
        return _place([*filter(None, (place, context["key"]))]), context["text"]
    if kind == "missing":
        return place, "missing, and it has no default."
    text = str(WORDS.get(kind, each["msg"])).format(**context)
    return place, f"{text}; got {_short(each['input'])}."


def _place(steps: Sequence) -> str:
    """Keys and indices, without the tags in ``<>`` that tell unions apart."""
    named = [step for step in steps if not str(step).startswith("<")]
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in named)
    return "".join(parts).removeprefix(".")


def _short(given: Any) -> str:
    text = str(given).lower() if isinstance(given, bool) else repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."
