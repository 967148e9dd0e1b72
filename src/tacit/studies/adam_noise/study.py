"""The study of Adam's memory and noise, question by question."""

from typing import ClassVar

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

    def questions(self) -> tuple[Question, ...]:
        return (
            Question("closeness", "how close the iteration stays", closeness.ask),
            Question("maps", "what memory does, by memory and batch", maps.ask),
            Question("paired", "training with memory and without", paired.ask),
            Question("validation", "validation loss on digits", validation.ask),
            Question("formula", "the formula, and what is true beyond it", formula.ask),
        )
