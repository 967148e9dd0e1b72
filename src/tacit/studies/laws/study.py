"""The study of conservation laws, question by question."""

from typing import ClassVar

from ...reporting import About
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
    about: ClassVar[About] = About(
        optimised="any loss of a kind, named in the table, by flow and by steps",
        network="those of the table; along runs, one of leaky rectifiers",
        symbols=(
            ("law", "a function of the parameters that training does not change"),
            (r"$\theta_l, W_l$", "the weights of layer $l$: a vector, a matrix"),
            ("$b_l$", "its biases"),
            ("certified", "as many formulas as the count leaves room for"),
            ("drift", "how far a law has moved, relative to its size"),
            (r"$\eta$", "the step of descent"),
        ),
        reference=reference,
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question(
                "table",
                "how many laws there are, and which",
                tables.ask,
                "All laws of the networks in the table are found, and most of "
                "them proved to be all there are.",
            ),
            Question(
                "drift",
                "how far they drift, and how far they should",
                drifts.ask,
                "The flow keeps them, steps move them by an amount that is "
                "predicted, and Adam keeps none.",
            ),
        )
