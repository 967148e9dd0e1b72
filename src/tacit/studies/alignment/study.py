"""The study of alignment and margins, question by question."""

from typing import ClassVar

from ...reporting import About
from ..base import AbstractStudy, Question
from . import decades, depth, descent, layers, nonlinear, real


class Alignment(AbstractStudy):
    """Gradient descent aligns the layers of deep linear networks (Ji, Telgarsky)."""

    name: ClassVar[str] = "alignment"
    title: ClassVar[str] = "Alignment and margins of deep linear networks"
    reference: ClassVar[str] = "Ji and Telgarsky (2019), arXiv:1810.02032"
    lede: ClassVar[str] = (
        "Train a linear network of $L$ layers on data that a hyperplane separates. The "
        "risk goes to 0 and the norm to infinity; every layer comes to rank one, the "
        "layers align, and the predictor turns to the direction of largest margin. "
        "That is a theorem about the end of time, and here the end of time is reached: "
        "the flow is followed in the norm of the predictor, to $10^{30}$. Every "
        "statement below was computed for this page; where the truth departs from the "
        "paper's summary, it says so."
    )
    about: ClassVar[About] = About(
        optimised=r"the mean $R$ of $e^{-y_i\langle w, x_i\rangle}$, by gradient flow",
        network=r"fully connected and linear: $f(x) = W_L \cdots W_1 x$",
        symbols=(
            ("$L$", "depth: the number of layers"),
            ("$W_l$", "the matrix of layer $l$"),
            ("$w$", "the predictor, the product of the layers"),
            ("$R$", "the risk"),
            ("$z_i$", "a sample times its label, $y_i x_i$"),
            (r"$\gamma$", "the largest margin, of the direction $\\bar u$"),
            ("$S$", "the support vectors: the samples at that margin"),
            (r"$\rho_\infty$", r"what of $w$ stays across $\bar u$ in the end"),
            ("$t$", "flow time"),
        ),
        reference=reference,
    )

    def questions(self) -> tuple[Question, ...]:
        return (
            Question(
                "layers",
                "what several layers do and one does not",
                layers.ask,
                "Layers come to rank one and align, and faster than the paper "
                "bounds it; both come with a rate and its constant.",
            ),
            Question(
                "depth",
                "what depth changes of the way",
                depth.ask,
                "Every depth tried ends at the direction of largest margin; deeper "
                "is slower only where the support vectors do not span.",
            ),
            Question(
                "decades",
                "the margin over thirty decades",
                decades.ask,
                "What the margin lacks, times the norm, is one constant at "
                "every depth tried, over thirty decades.",
            ),
            Question(
                "descent",
                "descent with each rule for the step",
                descent.ask,
                "Rules for the step differ in how fast the norm grows, and in "
                "nothing else.",
            ),
            Question(
                "real",
                "real data, separable and not",
                real.ask,
                "Real data are mostly separable, their support vectors never "
                "span, and so depth costs speed.",
            ),
            Question(
                "nonlinear",
                "a ReLU network on digits",
                nonlinear.ask,
                "A ReLU network on digits does not come to rank one, from the "
                "usual start not even nearer to it.",
            ),
        )
