"""JSON Schemas of what the command line prints under ``--json``, a file a verb.

Another version of a record, which a reader would notice, is another file.
"""

import importlib.resources
import json
from typing import Any

from ...errors import NotFoundError


HEAD = ("schema", "tacit", "study")
"""What a line of a ledger has and a verdict inside a record has not."""


def schema(name: str) -> dict[str, Any]:
    """The schema of a record, by the verb that prints it.

    ``"verdict"`` is that of a line of a ledger. Complete in itself: a verdict inside a
    record is one of its definitions. Raises `NotFoundError` for another name.
    """
    if name not in names():
        raise NotFoundError("schema", name, names())
    found = _read(name)
    if '"#/$defs/verdict"' in json.dumps(found):
        found.setdefault("$defs", {})["verdict"] = _verdict()
    return found


def names() -> list[str]:
    """The records that have one."""
    files = importlib.resources.files(__name__).iterdir()
    return sorted(f.name[: -len("-1.json")] for f in files if f.name.endswith(".json"))


def _read(name: str) -> dict[str, Any]:
    file = importlib.resources.files(__name__) / f"{name}-1.json"
    return json.loads(file.read_text(encoding="utf-8"))


def _verdict() -> dict[str, Any]:
    """A line of a ledger, without what says whose ledger it is."""
    line = _read("verdict")
    facts = {k: v for k, v in line["properties"].items() if k not in HEAD}
    required = [name for name in line["required"] if name not in HEAD]
    kept = {k: line[k] for k in ("type", "additionalProperties", "allOf")}
    return {**kept, "required": required, "properties": facts}
