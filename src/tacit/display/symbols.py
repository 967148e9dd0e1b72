r"""The symbols of our prose, and what the code calls them.

One table, for the documentation and for the pages of the studies. A symbol is TeX as
`tacit.display.notation` reads it.
"""

from typing import NamedTuple


class Symbol(NamedTuple):
    """A symbol, what it stands for, and its name in the code if it has one."""

    tex: str
    meaning: str
    name: str = ""


SYMBOLS = (
    Symbol("n", "samples", "Problem.n"),
    Symbol("d", "features", "Problem.d"),
    Symbol("C", "classes", "Problem.classes"),
    Symbol("x_i", "a sample, of $d$ features; the rows of $X$", "Problem.X"),
    Symbol("y_i", "its label or target", "Problem.y"),
    Symbol(r"\delta", "difference of the class means", "Problem.delta"),
    Symbol("S_w", "scatter within the classes, over $n$"),
    Symbol("S_b", "scatter between the classes, over $n$"),
    Symbol("L", "layers of the network, its depth"),
    Symbol(r"\theta", "all parameters"),
    Symbol(r"\theta_l", "layer $l$ of a diagonal network", "networks.Diagonal.layers"),
    Symbol(
        "W_l", "layer $l$ of a fully connected network", "networks.DeepLinear.layers"
    ),
    Symbol(
        "w",
        "the predictor: the linear map that all layers make",
        "networks.AbstractLinearNetwork.predictor",
    ),
    Symbol(
        "E", "the same with several outputs", "networks.AbstractLinearNetwork.predictor"
    ),
    Symbol(r"\alpha", "scale of the start"),
    Symbol(r"\varepsilon", "size of the layers that start small"),
    Symbol("r", "how many layers start small"),
    Symbol("R", "the risk: the loss on the problem", "Risk.value"),
    Symbol("J", "Fisher's ratio, between over within", "observables.FisherRatio"),
    Symbol("g", "slope of the risk at the predictor, or its gradient"),
    Symbol("m_i", "margin of sample $i$, $y_i$ times the output"),
    Symbol(
        r"\gamma", "largest margin of a predictor of unit length", "oracles.max_margin"
    ),
    Symbol(r"\bar u", "the predictor that has it", "oracles.max_margin"),
    Symbol(
        r"\rho_\infty",
        r"what stays across $\bar u$ in the end",
        "oracles.residual_direction",
    ),
    Symbol("t", "flow time; the number of steps for flows that move in steps"),
    Symbol(r"\eta", "length of a step", "flows.Descent.step"),
    Symbol(r"\mu", "weight decay", "flows.GradientFlow.weight_decay"),
    Symbol(r"\lambda", "ridge of a loss; in the study of Adam, noise over gradient"),
    Symbol("b", "samples in a batch"),
    Symbol(r"\beta_1, \beta_2", "memories of Adam", "flows.Adam"),
    Symbol("B_i", r"age of a memory, $\beta_i/(1 - \beta_i)$"),
    Symbol(r"\sigma", "activation; singular value"),
    Symbol(r"\varphi", r"$z\sigma'(z) - \sigma(z)$, which decides its class"),
)
