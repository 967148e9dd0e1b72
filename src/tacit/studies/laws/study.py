"""The study of conservation laws, question by question."""

from typing import ClassVar

from ..base import AbstractStudy, Question
from . import drifts, tables


class ConservedLaws(AbstractStudy):
    """Laws of networks, losses and optimisers: counted, and followed along runs."""

    name: ClassVar[str] = "laws"
    title: ClassVar[str] = "What training conserves"
    reference: ClassVar[str] = "Marcotte, Gribonval and Peyré (2023), arXiv:2307.00144"
    lede: ClassVar[str] = (
        "A law is a function of the parameters that training does not change, whatever "
        "the data. Here they are not looked up but found: the gradients that a network "
        "and a loss allow span a Lie algebra, its dimension is computed modulo a "
        "prime, and what it leaves free is written out. Then each is held against "
        "runs: the flow keeps it, steps move it by an amount that is predicted, and "
        "Adam keeps nothing."
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question("table", "how many laws there are, and which", tables.ask),
            Question(
                "drift", "how far they drift, and how far they should", drifts.ask
            ),
        )
