"""One verdict, in the form that the terminal, the page and JSON all read."""

import dataclasses
import math
from collections.abc import Iterable

from ..claims.papers import each_source, Source
from ..claims.written import in_short
from ..display.notation import plain
from ..verdict import Outcome, Verdict


EXPECTED = {
    "witness": ("holds",),
    "foil": ("fails", "undecided", "does not apply"),
    "rival": ("fails",),
}
"""What must come out in each role, where the role decides it. A finding on anything
else is as expected unless the claim fails."""

MARKS = {"holds": "✓", "fails": "✗", "undecided": "?", "does not apply": "–"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was claimed, on what it was tried, and what came of it.

    `role` is ``witness``, ``foil``, ``rival`` or empty; `on` says in words which run it
    was. `statement` may hold notation (``$...$``). `distance` is how far what was
    `predicted` and `measured` are apart, `allowed` how far they may be on this run, and
    `nearest` how far off the nearest rival is, NaN where there is none. `why` says what
    an undecided finding needs; `sources` are the papers of `reference`, as data.
    """

    id: str
    name: str
    statement: str
    reference: str
    outcome: str
    distance: float | int
    allowed: float | int
    not_met: tuple[str, ...] = ()
    role: str = ""
    on: str = ""
    predicted: str = ""
    measured: str = ""
    nearest: float = math.nan
    why: str = ""
    diverged: bool = False
    sources: tuple[Source, ...] = ()

    @classmethod
    def of(cls, verdict: Verdict, *, role: str = "", on: str = "") -> "Finding":
        """The finding that `verdict` is, read off it and its claim."""
        claim, nearest = verdict.claim, verdict.nearest
        return cls(
            id=claim.id,
            name=type(claim).__name__,
            statement=claim.statement,
            reference=claim.reference,
            outcome=verdict.outcome.value,
            distance=float(verdict.distance),
            allowed=float(verdict.allowed),
            not_met=tuple(verdict.not_met),
            role=role,
            on=on,
            predicted=_in_short(verdict.predicted),
            measured=_in_short(verdict.furthest),
            nearest=nearest.distance if nearest else math.nan,
            why=verdict.why,
            diverged=verdict.diverged,
            sources=each_source(claim.source),
        )

    @classmethod
    def of_rivals(cls, verdict: Verdict, *, on: str = "") -> "list[Finding]":
        """One finding a rival: it fails if it lies beyond what is allowed."""
        true = cls.of(verdict, role="rival")
        return [
            dataclasses.replace(
                true,
                outcome=_outcome_of(verdict, each.distance).value,
                distance=each.distance,
                on=on or each.statement,
                predicted="",
                nearest=math.nan,
                why="",
            )
            for each in verdict.rivals
        ]

    @property
    def expected(self) -> bool:
        """Whether this is what must come out: foils and rivals must *not* hold."""
        elsewhere = ("holds", "undecided", "does not apply")
        return self.outcome in EXPECTED.get(self.role, elsewhere)

    @property
    def remark(self) -> str:
        """Why a foil that came out otherwise did, as far as that is known."""
        if self.role != "foil" or self.outcome != "holds" or self.on:
            return ""
        return (
            "the foil meets every hypothesis and the claim holds of it: it breaks "
            "nothing, or the claim does not need what it breaks"
        )

    @property
    def sees(self) -> float:
        """The smallest error of the prediction that this run would have shown."""
        return self.allowed + self.distance

    @property
    def mark(self) -> str:
        """One character for the outcome: ``✓``, ``✗``, ``?`` or ``–``."""
        return MARKS.get(self.outcome, "?")

    def to_json(self) -> dict[str, object]:
        """Plain values only; what is no finite number is null."""
        return {
            "id": self.id,
            "claim": self.name,
            "statement": plain(self.statement),
            "reference": self.reference,
            "role": self.role or None,
            "on": self.on or None,
            "outcome": self.outcome,
            "expected": self.expected,
            "predicted": self.predicted or None,
            "measured": self.measured or None,
            "distance": _finite(self.distance),
            "allowed": _finite(self.allowed),
            "sees": _finite(self.sees),
            "nearest_rival": _finite(self.nearest),
            "not_met": list(self.not_met),
            "why": self.why or None,
            "diverged": self.diverged,
            "sources": [
                {"paper": str(s.paper), "place": s.place or None, "status": s.status}
                for s in self.sources
            ],
        }


def _in_short(value: object) -> str:
    return "" if value is None else in_short(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _outcome_of(verdict: Verdict, distance: float) -> Outcome:
    """What comes out for a rival that lies at this distance."""
    if verdict.outcome is Outcome.NOT_APPLICABLE:
        return Outcome.NOT_APPLICABLE
    if not math.isfinite(distance):
        return Outcome.UNDECIDED
    return Outcome.FAILS if distance > verdict.allowed else Outcome.UNDECIDED


def as_findings(verdicts: "Iterable[Verdict | Finding]") -> list[Finding]:
    """Findings as they are, verdicts turned into findings."""
    return [v if isinstance(v, Finding) else Finding.of(v) for v in verdicts]
