"""Verdicts as a ledger: JSON Lines under a published schema, for other tools."""

import importlib.metadata
import json
from collections.abc import Iterable

from .findings import Finding


SCHEMA = "tacit.verdict/1"


def lines(findings: Iterable[Finding], *, study: str | None = None) -> str:
    """One line a finding, each as `tacit.reporting.schemas` describes a "verdict"."""
    head = {
        "schema": SCHEMA,
        "tacit": importlib.metadata.version("tacit"),
        "study": study,
    }
    return "".join(
        json.dumps(head | each.to_json(), ensure_ascii=False, allow_nan=False) + "\n"
        for each in findings
    )
