"""The study of the escape from saddles, question by question."""

from typing import ClassVar

from ...reporting import About
from ..base import AbstractStudy, Question
from . import curves, deepest, departures, exponents, identity, printed, real, symmetric


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
        "not fitted. What the paper prints otherwise is said as plainly, and tried as "
        "a rival that has to fail. Numbers of theorems and figures are those of "
        "version 1 of the paper, read in full; there is a later version."
    )
    about: ClassVar[About] = About(
        optimised="half the mean squared error $R$, by gradient flow",
        network=r"fully connected: $f(x) = W_L\,\sigma(W_{L-1} \cdots \sigma(W_1 x))$",
        symbols=(
            ("$L$", "depth: the number of layers"),
            ("$W_l$", "the matrix of layer $l$"),
            (r"$\sigma$", "the activation"),
            (r"$\varphi$", r"$z\sigma'(z) - \sigma(z)$, 0 for a homogeneous one"),
            (
                "class",
                "A: $\\varphi = 0$. B, C: by the order of $\\varphi$ at 0. "
                "D: $\\sigma(0) \\ne 0$",
            ),
            ("$r$", "how many layers start small"),
            (r"$\varepsilon$", "the size at which they start"),
            (r"$\tau$", "the time to escape"),
            ("$K$", "the rate of the law, computed from the data"),
            ("$X_l$", "the gain of a layer whose units are all alike"),
        ),
        reference=reference,
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question(
                "identity",
                "how the balance of the layers moves",
                identity.ask,
                "The balance of the layers moves exactly as the paper says, "
                "and stays where the activation is of class A.",
            ),
            Question(
                "symmetric",
                "the authors' experiment",
                symmetric.ask,
                "The law holds with a prefactor that is computed, not fitted; "
                "its constant is a Hermite coefficient.",
            ),
            Question(
                "exponents",
                "how long it waits at the saddle",
                exponents.ask,
                "The exponent counts the layers that start small, not the "
                "depth, on the symmetric manifold and from random starts.",
            ),
            Question(
                "deepest",
                "the paper's deepest networks",
                deepest.ask,
                "Where the paper's fits miss its law, differences at smaller "
                "starts meet it.",
            ),
            Question(
                "curves",
                "what a plateau looks like",
                curves.ask,
                "In units of the time to escape all plateaus are one curve.",
            ),
            Question(
                "printed",
                "what is printed otherwise",
                printed.ask,
                "What version 1 prints otherwise fails; the claims beside it hold.",
            ),
            Question(
                "departures",
                "where the law is another one",
                departures.ask,
                r"Activations with $\sigma(0) \ne 0$ and monomials obey other "
                "laws, and the symmetric manifold repels.",
            ),
            Question(
                "real",
                "plateaus on real data",
                real.ask,
                "The law holds on real data as it stands.",
            ),
        )
