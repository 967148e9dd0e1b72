"""The study of the escape from saddles, question by question."""

from typing import ClassVar

from ..base import AbstractStudy, Question
from . import curves, departures, exponents, identity, real, symmetric


class SaddleEscape(AbstractStudy):
    """Deep nonlinear networks from small initialisation (Rawal and DeWeese 2026)."""

    name: ClassVar[str] = "saddle-escape"
    title: ClassVar[str] = "Escape from the saddle of small initialisation"
    reference: ClassVar[str] = "Rawal and DeWeese (2026), arXiv:2605.01288"
    lede: ClassVar[str] = (
        "Start a deep network with small weights and it stands at a saddle: nothing "
        "happens for a long time, then everything at once. How long is a power of the "
        "size of the start, and the power counts the layers that start small, not the "
        "depth. Below, the exact identity behind it is checked to rounding, and the "
        "time to escape over three decades against a law whose prefactor is computed, "
        "not fitted. What does not reproduce is said as plainly. Of the paper the "
        "abstract and the authors' public write-up were at hand, so no theorem of it "
        "is cited by number."
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question("identity", "how the balance of the layers moves", identity.ask),
            Question("symmetric", "the authors' experiment", symmetric.ask),
            Question("exponents", "how long it waits at the saddle", exponents.ask),
            Question("curves", "what a plateau looks like", curves.ask),
            Question("departures", "what does not reproduce", departures.ask),
            Question("real", "plateaus on real data", real.ask),
        )
