"""The study of Deep LDA, question by question."""

from typing import ClassVar

from ...reporting import About
from ..base import AbstractStudy, Question
from . import (
    additive,
    balance,
    conserved,
    depth,
    nonlinear,
    path,
    signs,
    singular,
    three_classes,
)


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
    about: ClassVar[About] = About(
        optimised=r"$-\log J$, $J = w^\top S_b w / w^\top S_w w$, by gradient flow",
        network=r"$w^\top x$ with $w = \theta_1 \odot \dots \odot \theta_L$, diagonal",
        symbols=(
            ("$L$", "depth: the number of layers"),
            (r"$\theta_l$", "the weights of layer $l$, one a feature"),
            ("$w$", "the predictor, the product of the layers"),
            ("$J$", "the Fisher ratio: between-class over within-class scatter"),
            ("$S_w, S_b$", "the scatter within the classes, and between them"),
            (r"$\delta$", "the difference of the two class means"),
            ("plain LDA", r"the direction $S_w^{-1}\delta$, the best there is"),
            ("balanced", "all layers start equal in magnitude"),
            (r"$\kappa$", "the product of the two sides of a weight $u^2 - v^2$"),
            ("$d, n$", "features, samples"),
            ("$t$", "flow time"),
        ),
        reference=reference,
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question(
                "conserved",
                "what is conserved and what is not",
                conserved.ask,
                "The gradient flow keeps the norm of every layer, and from "
                "balance the $(2/L)$-quasi-norm of $w$; nothing that moves in "
                "steps does.",
            ),
            Question(
                "additive",
                "how additive becomes multiplicative",
                additive.ask,
                "The more layers, the faster large weights move beside small "
                "ones; but what is given up is given up more slowly.",
            ),
            Question(
                "depth",
                "what depth does to weak features",
                depth.ask,
                "On the way depth makes sparser; in the limit all depths from "
                "two on are one and the same.",
            ),
            Question(
                "signs",
                "sign-locking and the exact limit",
                signs.ask,
                "From balance no weight changes sign, so the limit is the "
                "best discriminant in the orthant of the start, at every "
                "depth from two on.",
            ),
            Question(
                "balance",
                "what happens off balance",
                balance.ask,
                "Off balance signs do change, and the network ends at plain "
                "LDA, whatever its depth.",
            ),
            Question(
                "singular",
                "more features than samples",
                singular.ask,
                "Where $S_w$ is singular depth decides the limit, and adds a "
                "little sparsity.",
            ),
            Question(
                "path",
                "the two-sided network as a sparse path",
                path.ask,
                "From one feature the two-sided network takes the others in "
                "one after another; from the usual small start it follows one "
                "layer instead.",
            ),
            Question(
                "three_classes",
                "three classes",
                three_classes.ask,
                "With several outputs the symmetries of the objective decide: "
                "rows come to the plane of the best discriminants, at any "
                "depth.",
            ),
            Question(
                "nonlinear",
                "networks with activations",
                nonlinear.ask,
                "Whatever the activation, the flow keeps the norm of the last "
                "layer, and steps that shorten fast enough keep it within a "
                "bound stated before.",
            ),
        )
