"""The activations of PyTorch that are known, as modules, functions and methods."""

from typing import Any

from .backend import torch


nn = torch.nn
F = torch.nn.functional
IDENTITY, UNKNOWN = "identity", ""

MODULES: dict[type, str] = {
    nn.ELU: "elu",
    nn.GELU: "gelu",
    nn.Identity: IDENTITY,
    nn.LeakyReLU: "leaky_relu",
    nn.Mish: "mish",
    nn.PReLU: "prelu",
    nn.ReLU: "relu",
    nn.SELU: "selu",
    nn.Sigmoid: "sigmoid",
    nn.SiLU: "silu",
    nn.Softplus: "softplus",
    nn.Softsign: "softsign",
    nn.Tanh: "tanh",
}
"""What a module of exactly this type computes, entry by entry."""

FUNCTIONS: dict[Any, str] = {
    F.elu: "elu",
    F.gelu: "gelu",
    F.leaky_relu: "leaky_relu",
    F.mish: "mish",
    F.relu: "relu",
    F.selu: "selu",
    F.sigmoid: "sigmoid",
    F.silu: "silu",
    F.softplus: "softplus",
    F.softsign: "softsign",
    F.tanh: "tanh",
    torch.relu: "relu",
    torch.sigmoid: "sigmoid",
    torch.sin: "sin",
    torch.cos: "cos",
    torch.erf: "erf",
    torch.exp: "exp",
    torch.square: "square",
    torch.tanh: "tanh",
}
METHODS = {"relu", "sigmoid", "tanh", "sin", "cos", "erf", "exp", "square"}
METHODS |= {name + "_" for name in ("relu", "sigmoid", "tanh")}

HOMOGENEOUS = frozenset({"relu", "leaky_relu", "prelu"})
"""Those with $s(cz) = c\\,s(z)$ for $c > 0$."""

SETTINGS = {
    "elu": ("alpha", 1.0),
    "leaky_relu": ("negative_slope", 0.01),
    "gelu": ("approximate", "none"),
    "softplus": ("beta", 1.0),
}
"""The setting of an activation, and its value where nothing is said."""


def activation_at(node: torch.fx.Node, module: nn.Module | None) -> tuple[str, Any]:
    """The name and the setting of the activation at a node; `UNKNOWN` for none.

    `module` is the node's, if it is one.
    """
    if module is not None:
        name = MODULES.get(type(module), UNKNOWN)
    elif node.op == "call_function":
        name = FUNCTIONS.get(node.target, UNKNOWN)
    else:
        named = node.op == "call_method" and node.target in METHODS
        name = str(node.target).rstrip("_") if named else UNKNOWN
    if name not in SETTINGS:
        return name, None
    word, usual = SETTINGS[name]
    if module is not None:
        return name, getattr(module, word, usual)
    given = node.kwargs.get(word, node.args[1] if len(node.args) > 1 else usual)
    return name, given
