"""The study of Deep LDA, question by question."""

from typing import ClassVar

from ..base import AbstractStudy, Question
from . import additive, balance, conserved, depth, path, signs, singular, three_classes


class DeepLDA(AbstractStudy):
    """Implicit bias in deep LDA (Li 2026)."""

    name: ClassVar[str] = "deep-lda"
    title: ClassVar[str] = "Implicit bias in deep LDA"
    reference: ClassVar[str] = "Li (2026), arXiv:2603.02622"
    lede: ClassVar[str] = (
        "Train a diagonal linear network of $L$ layers on the objective of linear "
        "discriminant analysis, which does not care about scale. Which discriminant "
        "does the gradient flow prefer, and what does depth change? Every statement "
        "below is a program that was run for this page: its hypotheses were checked, "
        "its prediction computed exactly, its verdict printed."
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question("conserved", "what is conserved and what is not", conserved.ask),
            Question("additive", "how additive becomes multiplicative", additive.ask),
            Question("depth", "what depth does to weak features", depth.ask),
            Question("signs", "sign-locking and the exact limit", signs.ask),
            Question("balance", "what happens off balance", balance.ask),
            Question("singular", "more features than samples", singular.ask),
            Question("path", "the two-sided network as a sparse path", path.ask),
            Question("three_classes", "three classes", three_classes.ask),
        )
