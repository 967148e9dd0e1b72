"""What a paper states and what was found of it, gathered from findings."""

import collections
from collections.abc import Sequence
from typing import NamedTuple

from ..claims.ids import order
from .findings import Finding


HEADINGS = {
    "quoted": "As the paper states it",
    "corrected": "With a slip of the paper mended",
    "derived": "Derived here, in the paper's setting",
}
"""Of each status of a source (`claims.papers.STATUS`), in the order of the page."""

PRECEDENCE = ("corrected", "quoted", "derived")
"""Which status decides where a claim stands that has several sources in the paper."""

VERBS = {
    "holds": "holds on",
    "fails": "fails on",
    "undecided": "is undecided on",
    "does not apply": "does not apply to",
}


class Stated(NamedTuple):
    """A statement, by claim: where the paper has it, and what was `found` of it.

    `printed` is what came of the sentence as it is printed, where a slip was mended.
    """

    id: str
    place: str
    statement: str
    found: str
    printed: str


def stated(
    findings: Sequence[Finding], reference: str
) -> list[tuple[str, list[Stated]]]:
    """What rests on the paper `reference`, by status: a heading and its statements.

    A claim that mends a slip stands there, else where it is quoted, if it is.
    """
    groups: dict[str, dict[str, list[Finding]]] = {status: {} for status in HEADINGS}
    for each in sorted(findings, key=lambda f: order(f.id)):
        statuses = [s.status for s in each.sources if str(s.paper) == reference]
        if statuses:
            first = next(status for status in PRECEDENCE if status in statuses)
            groups[first].setdefault(each.name, []).append(each)
    return [
        (HEADINGS[status], [_stated(each, reference) for each in claims.values()])
        for status, claims in groups.items()
        if claims
    ]


def _stated(findings: list[Finding], reference: str) -> Stated:
    one = findings[0]
    here = [s for s in one.sources if str(s.paper) == reference]
    printed = [f for f in findings if f.role == "rival"]
    mended = any(s.status == "corrected" for s in here)
    own = [s for s in here if s.status != "derived"] or here
    return Stated(
        one.id,
        "; ".join(filter(None, (s.place for s in own))),
        one.statement,
        _counted([f for f in findings if f.role not in ("foil", "rival")]),
        _counted(printed) if mended else "",
    )


def _counted(findings: list[Finding]) -> str:
    """How often which outcome was found, in words."""
    counts = collections.Counter(f.outcome for f in findings)
    told = [f"{VERBS[each]} {counts[each]}" for each in VERBS if counts[each]]
    if told:  # only the first says of what
        told[0] += " run" if told[0].endswith(" 1") else " runs"
    return ", ".join(told)
