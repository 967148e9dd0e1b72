"""Networks, losses and motions by name, for the command line and for tables."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import flows, losses
from ..errors import DataError, NotFoundError
from ..networks import AbstractNetwork, ConvLinear, DeepLinear, Diagonal, MLP, TwoSided
from .architectures import (
    Attention,
    Convolution,
    Experts,
    Gated,
    Normalised,
    Residual,
)
from .dynamics import Momentum
from .metrics import Multiplicative


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of network: what its widths mean, and how one is drawn from them."""

    widths: str
    example: tuple[int, ...]
    make: Callable[..., AbstractNetwork]
    words: tuple[str, ...] = ()
    """Which of `activation`, `biases`, `heads` and `rotary` it takes."""


def _layers(cls):
    def make(d, depth):
        return cls(np.random.default_rng(0).uniform(0.5, 1.5, (depth, d)))

    return make


def _two_sided(d, depth):
    u, v = np.random.default_rng(0).uniform(0.5, 1.5, (2, d))
    return TwoSided(u, v, depth)


def _mlp(*widths, activation="relu", biases=False):
    return MLP.he_normal(widths, activation=activation, biases=biases)


KINDS: dict[str, Kind] = {
    "deep-linear": Kind(
        "input, hidden ..., output", (3, 4, 2), lambda *w: DeepLinear.gaussian(w)
    ),
    "mlp": Kind("input, hidden ..., output", (2, 3, 2), _mlp, ("activation", "biases")),
    "diagonal": Kind("features, depth", (3, 2), _layers(Diagonal)),
    "two-sided": Kind("features, depth", (3, 2), _two_sided),
    "conv-linear": Kind("features, depth", (4, 2), _layers(ConvLinear)),
    "attention": Kind(
        "model width, head width", (2, 2), Attention.gaussian, ("heads", "rotary")
    ),
    "gated": Kind("input, hidden, output", (2, 2, 2), Gated.gaussian, ("activation",)),
    "experts": Kind(
        "input, hidden, output", (2, 2, 2), Experts.gaussian, ("activation",)
    ),
    "convolution": Kind(
        "channels, width", (2, 2), Convolution.gaussian, ("activation",)
    ),
    "residual": Kind("input, hidden", (2, 3), Residual.gaussian, ("activation",)),
    "normalised": Kind(
        "input, hidden, output", (2, 2, 2), Normalised.gaussian, ("activation",)
    ),
}

FLOWS: dict[str, Any] = {
    "gradient-flow": flows.GradientFlow(),
    "weight-decay": flows.GradientFlow(weight_decay=0.1),
    "momentum": Momentum(),
    "multiplicative": Multiplicative(),
    "adam": flows.Adam(),
}


def network_of(
    name: str, widths: Sequence[int] | None = None, **words: Any
) -> AbstractNetwork:
    """The network of this kind; `widths` are those of the example if there are none.

    Raises `NotFoundError` for an unknown kind and `DataError` for widths or words that
    it does not take.
    """
    if name not in KINDS:
        raise NotFoundError("network", name, KINDS)
    kind = KINDS[name]
    given = {word: value for word, value in words.items() if value not in (None, False)}
    if foreign := set(given) - set(kind.words):
        takes = ", ".join(kind.words) or "none of them"
        raise DataError(f"{name} takes no {foreign.pop()}; it takes {takes}.")
    sizes = tuple(widths or kind.example)
    few = len(sizes) < 2 if "..." in kind.widths else len(sizes) != len(kind.example)
    if few or min(sizes) < 1:
        raise DataError(
            f"{name} takes widths {kind.widths}, whole numbers above 0, such as "
            f"{','.join(map(str, kind.example))}; got {','.join(map(str, sizes))}."
        )
    return kind.make(*sizes, **given)


def loss_of(name: str) -> losses.AbstractLoss:
    """The loss of this name: ``ratio-trace`` is `losses.RatioTrace()`."""
    known = {
        _kebab(n): getattr(losses, n) for n in losses.__all__ if "Abstract" not in n
    }
    if name not in known:
        raise NotFoundError("loss", name, known)
    return known[name]()


def flow_of(name: str) -> Any:
    """The motion of this name."""
    if name not in FLOWS:
        raise NotFoundError("flow", name, FLOWS)
    return FLOWS[name]


def _kebab(name: str) -> str:
    parts = "".join(f" {c.lower()}" if c.isupper() else c for c in name).split()
    return "-".join(parts)
