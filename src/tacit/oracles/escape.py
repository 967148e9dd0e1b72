"""When a network with small layers leaves the saddle: the law with its prefactor."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from .._types import require_float64
from ..errors import CapabilityError, DataError
from ..losses import AbstractLoss, Squared
from ..networks import AbstractNetwork, Chain, MLP
from ..networks.activations import called
from ..problems import Problem
from ..saddles import Leading, pull_of, share, small_layers, span, unequal, unfolded
from .activation import activation_class
from .base import AbstractAnswer
from .escape_conditions import (
    indices,
    require_below,
    require_signal,
    require_slope,
)
from .escape_order import added


class EscapeTime(AbstractAnswer):
    r"""The time of the leading-order flow from the start to its level.

    `value` ``()`` is the time until the geometric mean of the norms of the `small`
    layers is the level; it grows as $\varepsilon^{-p}$ with $p$ `power`. `rate` is $K$
    in $\dot X = K X^{p+1}$: that of the layers where the start is `aligned`, each
    pulled along itself, else the largest there is. `corrected` is the time to the next
    order, of the activation and of the squared loss, known for a `Chain` whose layers
    are all small and alike; else NaN.

    `residual` says how far the velocity of the law is from that of the network at the
    start, where the time is spent, and how much of the time the other layers, which the
    law takes for fixed, take or save as they grow with the small ones: it vanishes with
    the small layers.
    """

    value: Float[np.ndarray, ""]
    residual: float
    rate: float
    power: int
    small: tuple[int, ...]
    aligned: bool
    corrected: float
    level: float
    network: MLP
    loss: AbstractLoss

    def certificate(self, problem: Problem) -> float:
        slopes = _slopes(self.network, self.loss, problem).weights
        law = Leading.of(self.network, self.loss, problem, self.small)
        told, found = law.pulls(law.start), [-np.asarray(slopes[i]) for i in self.small]
        if self.power > max(len(self.small) - 2, 0):  # the read-out is slaved
            gain = np.linalg.norm(law.start[0])
            told = [self.rate * gain ** (self.power + 1) * W / gain for W in law.start]
            told, found = told[:-1], found[:-1]
        off = sum(np.sum((a - b) ** 2) for a, b in zip(told, found, strict=True))
        return math.sqrt(off / sum(np.sum(a**2) for a in told)) + self._given(law)

    def _given(self, law: Leading) -> float:
        r"""What the growth of the fixed layers makes of the time.

        The flow keeps the differences of squares, near enough, so a layer of norm $c$
        grows by $X^2 / 2c^2$ of itself while the small ones grow to $X$.
        """
        weights = [float(np.sum(np.asarray(W) ** 2)) for W in self.network.weights]
        fixed = [c for i, c in enumerate(weights) if i not in self.small]
        norms = [np.linalg.norm(W) for W in law.start]
        low = float(np.exp(np.mean(np.log(norms))))
        grown = sum(self.level**2 / (2 * c) for c in fixed)
        power = max(self.power, len(self.small) - 2) if len(self.small) > 1 else -1
        return grown * share(low, self.level, power, 2) if fixed else 0.0


@eqx.filter_jit
def _slopes(network: MLP, loss: AbstractLoss, problem: Problem) -> MLP:
    """The gradient of the risk at `network`."""

    def risk(network):
        outputs = jax.vmap(network)(problem.X)
        return loss(outputs, problem.targets, problem.weights)

    return jax.grad(risk)(network)


def escape_time(
    network: AbstractNetwork,
    risk: Any,
    level: float,
    *,
    small: Sequence[int] | None = None,
) -> EscapeTime:
    r"""When training of `network` down `risk` leaves the saddle, to leading order.

    The end is where the geometric mean of the Frobenius norms of the small layers is
    `level`. `small` are their indices; without it they are the layers below the widest
    gap in the spectral norms if that exceeds 3, else all, which is a guess: random
    layers that were shrunk alike may be further apart than that. From
    aligned layers of equal norm $\varepsilon$ the time is $(\theta-\varepsilon)/K$,
    $\log(\theta/\varepsilon)/K$ and
    $(\varepsilon^{2-r}-\theta^{2-r})/((r-2)K)$ for $r = 1$, 2 and more small layers
    (Rawal and DeWeese 2026, arXiv:2605.01288, Theorem 6 and Proposition 23 of version
    1; $K$ derived for any place of the small layers); from unequal ones a
    quadrature, and from layers that are not aligned the leading-order flow itself.

    For an `MLP` without biases or a `Chain`, any loss that is a function of outputs.
    Raises `DataError`, naming the reason, where the law does not apply: no slope at 0,
    a kink at 0 below a small layer, no signal, a level below the start, or not below
    the layers that are taken for fixed.
    """
    require_float64("escape_time")
    net = _plain(network)
    problem, loss = risk.problem, risk.loss
    small = small_layers(net.weights) if small is None else indices(small, net)
    kind = activation_class(net.activation)
    above = small[0] < len(net.weights) - 1
    if above:
        require_slope(net, kind.alpha)
    law = Leading.of(net, loss, problem, small)
    require_signal(law, problem)
    norms = np.array([np.linalg.norm(W) for W in law.start])
    if not np.all(norms > 0):
        raise DataError(
            f"escape_time: layer {small[int(norms.argmin())] + 1} is 0, so the small "
            "layers have no geometric mean that grows. Start it off 0."
        )
    start = float(np.exp(np.mean(np.log(norms))))
    if not start < level < math.inf:
        raise DataError(
            f"escape_time: level = {level:g} is no number above the geometric mean "
            f"{start:.3g} of the small layers at the start."
        )
    require_below(level, net, small)
    if above and kind.taylor[0] != 0:
        answer = _slaved(network, net, risk, law, float(kind.taylor[0]), level)
    else:
        answer = _unhindered(network, net, risk, law, small, level)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _plain(network):
    """The network as an `MLP` without biases."""
    if isinstance(network, Chain):
        return unfolded(network)
    if not isinstance(network, MLP):
        raise CapabilityError(escape_time, network, MLP)
    if network.biases is not None:
        raise DataError(
            "escape_time: with biases the saddle is another one and no law is known. "
            "Give an MLP without them."
        )
    return network


def _unhindered(network, net, risk, law, small, level):
    rate, r = law.along(), len(small)
    if rate is not None and rate <= 0:
        raise DataError(
            "escape_time: the start points away from the signal, so the small layers "
            "shrink. Flip the sign of one."
        )
    norms = np.array([np.linalg.norm(W) for W in law.start])
    corrected = math.nan
    if rate is None:
        value = law.time(level)
    elif np.ptp(norms) <= 1e-12 * norms[0]:
        value = span(norms[0], level, r - 2) / rate
        whole = isinstance(network, Chain) and r == len(net.weights)
        if whole and isinstance(risk.loss, Squared):
            corrected = value + added(network, risk, norms[0], level) / rate
    else:
        value = unequal(norms, level) / rate
    found = law.fastest if rate is None else rate
    return EscapeTime(
        np.asarray(value), math.nan, float(found), max(r - 2, 0), small,
        rate is not None, float(corrected), float(level), net, risk.loss,
    )  # fmt: skip


def _slaved(network, net, risk, law, at_zero, level):
    r"""The law where $\sigma(0) \ne 0$ and the read-out follows the constant feature.

    With targets of mean 0 the read-out of a `Chain` is held at $aP/\sigma(0)^2$, $P$
    the product of the other gains and $aP$ the signal, so $\dot X$ is of degree 2r - 3.
    """
    gains = np.array([np.linalg.norm(W) for W in law.start])
    r, pull = len(gains), pull_of(risk.loss, risk.problem)
    centred = abs(pull.sum()) <= 1e-9 * np.abs(pull).sum()
    even = np.ptp(gains) <= 1e-12 * gains[0]
    whole = isinstance(network, Chain) and r == len(net.weights) and r > 1
    if not (whole and even and centred and isinstance(risk.loss, Squared)):
        raise DataError(
            f"escape_time: activation {called(network.activation)} is not 0 at 0. The "
            "law is then known for a Chain whose layers are all small and alike, "
            "squared loss and targets of mean 0. Centre it: lambda z: s(z) - s(0)."
        )
    a = law.along() or 0.0
    held = a / (network.width * at_zero**2)
    rate, p = a * held, 2 * r - 4
    # At the level the read-out is held X^(r-1), not X.
    end = (level**r / held) ** (1 / (2 * r - 2))
    read_out = held * gains[0] ** (r - 1)
    slaved = MLP.symmetric(
        np.asarray(network.first), np.append(gains[1:-1], read_out),
        width=network.width, activation=network.activation,
    )  # fmt: skip
    value = span(gains[0], end, p) / rate
    return EscapeTime(
        np.asarray(value), math.nan, rate, p, tuple(range(r)), True, math.nan,  # noqa: FBT003
        float(level), slaved, risk.loss,
    )  # fmt: skip
