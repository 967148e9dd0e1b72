"""The study of where the flow of Deep LDA ends, as one sweep."""

from typing import ClassVar

from ...reporting import About
from ..base import AbstractStudy, Question
from . import ends, escapes


class PhaseDiagram(AbstractStudy):
    """Which starts of a diagonal network end in the orthant limit (after Li 2026)."""

    name: ClassVar[str] = "phase-diagram"
    title: ClassVar[str] = "Where deep LDA ends"
    reference: ClassVar[str] = "after Li (2026), arXiv:2603.02622"
    lede: ClassVar[str] = (
        "From a balanced start a diagonal network of two layers and more ends in the "
        "best discriminant of its orthant: no weight changes sign. How far from "
        "balance does that go on, at which depth, and how does it depend on the number "
        "of samples? One sweep answers, with a fresh draw of the data at every seed."
    )

    about: ClassVar[About] = About(
        optimised=r"$-\log J$ of two classes, by gradient flow; in the last section "
        "the squared error",
        network="diagonal, of $L$ layers; in the last section fully connected ones, "
        "with layers of interchangeable units",
        symbols=(
            ("$J$", "the variance between the classes over that within"),
            ("$L$", "how many layers"),
            ("imbalance", "by how much all layers but one start larger than that one"),
            ("orthant limit", "the best discriminant with the signs of the start"),
            ("share", "of the draws of the data, those that end there"),
            ("$r$", "how many layers start small, at a saddle"),
        ),
        reference=reference,
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question(
                "ends",
                "where the flow ends",
                ends.ask,
                "Balanced, it ends in the orthant limit at every depth; far from "
                "balance it leaves the orthant.",
            ),
            Question(
                "escapes",
                "how long a saddle holds it",
                escapes.ask,
                "For a time that is a power of the size of the small layers, and the "
                "power counts them.",
            ),
        )
