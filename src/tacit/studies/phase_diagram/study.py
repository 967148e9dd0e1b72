"""The study of where the flow of Deep LDA ends, as one sweep."""

from typing import ClassVar

from ..base import AbstractStudy, Question
from . import ends


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

    def questions(self) -> tuple[Question, ...]:
        return (Question("ends", "where the flow ends", ends.ask),)
