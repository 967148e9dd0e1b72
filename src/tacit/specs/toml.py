"""Writing TOML, which the standard library only reads."""

import json
from collections.abc import Mapping
from typing import Any


def as_toml(table: Mapping[str, Any]) -> str:
    """`table` as text: plain values first, then a section for every table in it.

    What a section holds is written in one line. None is left out.
    """
    sections = {key: each for key, each in table.items() if isinstance(each, dict)}
    lines = _lines({key: x for key, x in table.items() if key not in sections})
    for name, section in sections.items():
        lines += ["", f"[{name}]", *_lines(section)]
    return "\n".join([*lines, ""]).lstrip("\n")


def _lines(table):
    return [f"{key} = {_value(x)}" for key, x in table.items() if x is not None]


def _value(x):
    if isinstance(x, dict):
        return "{ " + ", ".join(_lines(x)) + " }"
    if isinstance(x, list):
        return f"[{', '.join(map(_value, x))}]"
    if isinstance(x, str):  # JSON's escapes are TOML's; one more must not stand bare
        return json.dumps(x, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(x, allow_nan=False)
