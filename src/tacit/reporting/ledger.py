"""Verdicts as a ledger: JSON Lines under a published schema, for other tools."""

import importlib.metadata
import importlib.resources
import json
from collections.abc import Iterable
from typing import Any

from .findings import Finding


SCHEMA = "tacit.verdict/1"


def lines(findings: Iterable[Finding], *, study: str | None = None) -> str:
    """One line a finding, each an object that `schema` describes."""
    head = {
        "schema": SCHEMA,
        "tacit": importlib.metadata.version("tacit"),
        "study": study,
    }
    return "".join(
        json.dumps(head | each.to_json(), ensure_ascii=False, allow_nan=False) + "\n"
        for each in findings
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    file = importlib.resources.files("tacit.reporting") / "schemas" / "verdict-1.json"
    return json.loads(file.read_text(encoding="utf-8"))
