"""One verdict, in the form that the terminal, the page and JSON all read."""

import dataclasses
import math
import re
from collections.abc import Iterable

from ..verdict import Verdict
from .notation import plain


EXPECTED = {
    "witness": ("holds",),
    "foil": ("fails", "does not apply"),
    "rival": ("fails",),
}
"""What must come out in each role, where the role decides it. A finding on anything
else is as expected unless the claim fails."""

DIVERGED = "the run gets to its end"
"""How `tacit.check` words the hypothesis that every run must meet."""

MARKS = {"holds": "✓", "fails": "✗", "does not apply": "–"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was claimed, on what it was tried, and what came of it.

    `role` is ``witness``, ``foil``, ``rival`` or empty; `on` says in words which run it
    was. `statement` may hold notation (``$...$``).
    """

    id: str
    name: str
    statement: str
    reference: str
    outcome: str
    gap: float | int
    tolerance: float | int
    not_met: tuple[str, ...] = ()
    role: str = ""
    on: str = ""

    @classmethod
    def of(cls, verdict: Verdict, *, role: str = "", on: str = "") -> "Finding":
        """The finding that `verdict` is, read off it and its claim."""
        claim = verdict.claim
        return cls(
            id=claim.id,
            name=type(claim).__name__,
            statement=statement(type(claim)),
            reference=claim.reference,
            outcome=verdict.outcome.value,
            gap=float(verdict.gap),
            tolerance=float(claim.tolerance),
            not_met=tuple(verdict.not_met),
            role=role,
            on=on,
        )

    @property
    def expected(self) -> bool:
        """Whether this is what must come out: foils and rivals must *not* hold."""
        return self.outcome in EXPECTED.get(self.role, ("holds", "does not apply"))

    @property
    def diverged(self) -> bool:
        """Whether it is silent because the numbers gave out, not for a hypothesis."""
        return any(text.startswith(DIVERGED) for text in self.not_met)

    @property
    def mark(self) -> str:
        """One character for the outcome: ``✓``, ``✗`` or ``–``."""
        return MARKS.get(self.outcome, "?")

    def to_json(self) -> dict[str, object]:
        """Plain values only; a gap that is no number is null."""
        return {
            "id": self.id,
            "claim": self.name,
            "statement": plain(self.statement),
            "reference": self.reference,
            "role": self.role or None,
            "on": self.on or None,
            "outcome": self.outcome,
            "expected": self.expected,
            "gap": self.gap if math.isfinite(self.gap) else None,
            "tolerance": self.tolerance,
            "not_met": list(self.not_met),
        }


def as_findings(verdicts: "Iterable[Verdict | Finding]") -> list[Finding]:
    """Findings as they are, verdicts turned into findings."""
    return [v if isinstance(v, Finding) else Finding.of(v) for v in verdicts]


def statement(claim: type) -> str:
    """The first line of a claim's docstring: what it states."""
    return (claim.__doc__ or "").strip().split("\n")[0].strip()


def order(id: str) -> tuple[str, int, str]:
    """A key that sorts ``A1, A2, A10, B1`` as people do."""
    letters, digits, rest = re.fullmatch(r"(\D*)(\d*)(.*)", id).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return letters, int(digits or 0), rest
