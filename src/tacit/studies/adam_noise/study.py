"""The study of Adam's memory and noise, question by question."""

from typing import ClassVar

from ...reporting import About
from ..base import AbstractStudy, Question
from . import closeness, formula, maps, paired, validation


class AdamNoise(AbstractStudy):
    """Memory and mini-batch noise: the implicit bias of Adam (Cattaneo, Shigida)."""

    name: ClassVar[str] = "adam-noise"
    title: ClassVar[str] = "Memory and mini-batch noise in Adam"
    reference: ClassVar[str] = "Cattaneo and Shigida (2026), arXiv:2602.01642"
    lede: ClassVar[str] = (
        "An optimiser with memory moves along gradients that were taken elsewhere. To "
        "second order in the step it is an iteration *without* memory and a correction "
        "that can be computed, and read as a penalty or a reward. On the whole sample "
        r"Adam's correction rewards a large 1-norm of the gradient when $\beta_2 > "
        r"\beta_1$. What does the noise of mini-batches change? Part of the answer is "
        "true of a formula only; this page says which part, and measures the rest."
    )
    about: ClassVar[About] = About(
        optimised="a mean loss $R$ over samples, by Adam on mini-batches",
        network="two layers of tanh units, and a scalar model for the formula",
        symbols=(
            (r"$\eta$", "the step"),
            (
                r"$\beta_1, \beta_2$",
                "the memories of the mean gradient and of its square",
            ),
            ("$B_i$", r"the age of a memory, $\beta_i/(1 - \beta_i)$"),
            ("$b$", "samples in a batch"),
            ("$g, |g|_1$", "the gradient and its 1-norm"),
            (r"$\mathrm{tr} H$", "the sharpness: the trace of the Hessian"),
            (r"$\lambda$", "the noise of a batch's gradient over its square"),
            ("Main", "the move if all gradients had been taken here"),
            ("correction", "what having taken them elsewhere adds, to first order"),
            ("±", "half a 95 % interval over starts"),
        ),
        reference=reference,
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question(
                "closeness",
                "how close the iteration stays",
                closeness.ask,
                "The correction is right: with it the memoryless iteration is "
                "closer by one order of the step.",
            ),
            Question(
                "maps",
                "what memory does, by memory and batch",
                maps.ask,
                "A longer second memory raises the 1-norm of the gradient at "
                "every batch size; sharpness does turn, on average.",
            ),
            Question(
                "paired",
                "training with memory and without",
                paired.ask,
                "In training noise damps what the second memory does to the "
                "1-norm, and does not reverse it.",
            ),
            Question(
                "validation",
                "validation loss on digits",
                validation.ask,
                r"Which $\beta_2$ is best on digits is an observation and no "
                "theorem; the shift that the paper expects is looked for, and "
                "its size given with an interval.",
            ),
            Question(
                "formula",
                "the formula, and what is true beyond it",
                formula.ask,
                "The reversal of the 1-norm is a property of the second-order "
                "formula; beyond it there is none.",
            ),
        )
