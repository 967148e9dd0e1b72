"""The study of alignment and margins, question by question."""

from typing import ClassVar

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

    def questions(self) -> tuple[Question, ...]:
        return (
            Question("layers", "what several layers do and one does not", layers.ask),
            Question("depth", "what depth changes of the way", depth.ask),
            Question("decades", "the margin over thirty decades", decades.ask),
            Question("descent", "descent with each rule for the step", descent.ask),
            Question("real", "real data, separable and not", real.ask),
            Question("nonlinear", "a ReLU network on digits", nonlinear.ask),
        )
