"""When a network with small layers leaves the saddle: the law with its prefactor."""

import dataclasses
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.integrate import quad
from scipy.optimize import brentq

from .._types import require_float64
from ..errors import CapabilityError, DataError
from ..losses import AbstractLoss, Squared
from ..networks import AbstractNetwork, Chain, MLP
from ..networks.activations import called, kinked, values_and_slopes
from ..problems import Problem
from ..saddles import Leading, pull_of, small_layers
from .activation import activation_class
from .base import AbstractAnswer


class EscapeTime(AbstractAnswer):
    r"""The time of the leading-order flow from the start to its level.

    `value` ``()`` is the time until the geometric mean of the norms of the `small`
    layers is the level; it grows as $\varepsilon^{-p}$ with $p$ `power`. `rate` is $K$
    in $\dot X = K X^{p+1}$: that of the layers where the start is `aligned`, each
    pulled along itself, else the largest there is. `corrected` is the time to the next
    order, known for a `Chain` whose layers are all small and alike; else NaN.

    `residual` says how far the velocity of the law is from that of the network at the
    start, where the time is spent: it vanishes with the small layers.
    """

    value: Float[np.ndarray, ""]
    residual: float
    rate: float
    power: int
    small: tuple[int, ...]
    aligned: bool
    corrected: float
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
        return math.sqrt(off / sum(np.sum(a**2) for a in told))


@eqx.filter_jit
def _slopes(network: MLP, loss: AbstractLoss, problem: Problem) -> MLP:
    """The gradient of the risk at `network`."""

    def risk(network):
        outputs = jax.vmap(network)(problem.X)
        return loss(outputs, problem.targets, problem.weights)

    return jax.grad(risk)(network)


def escape_time(network: AbstractNetwork, risk: Any, level: float) -> EscapeTime:
    r"""When training of `network` down `risk` leaves the saddle, to leading order.

    The end is where the geometric mean of the Frobenius norms of the small layers is
    `level`; small are the layers below the widest gap in the norms, else all. From
    aligned layers of equal norm $\varepsilon$ the time is $(\theta-\varepsilon)/K$,
    $\log(\theta/\varepsilon)/K$ and
    $(\varepsilon^{2-r}-\theta^{2-r})/((r-2)K)$ for $r = 1$, 2 and more small layers
    (Rawal and DeWeese 2026, arXiv:2605.01288; $K$ derived); from unequal ones a
    quadrature, and from layers that are not aligned the leading-order flow itself.

    For an `MLP` without biases or a `Chain`, any loss that is a function of outputs.
    Raises `DataError`, naming the reason, where the law does not apply: no slope at 0,
    a kink at 0 below a small layer, no signal, a level below the start.
    """
    require_float64("escape_time")
    net = _plain(network)
    problem, loss, small = risk.problem, risk.loss, small_layers(net.weights)
    at_zero, slope = (float(v) for v in values_and_slopes(net.sigma, jnp.zeros(())))
    above = small[0] < len(net.weights) - 1
    _require_slope(network, net, slope, above=above)
    law = Leading.of(net, loss, problem, small)
    _require_signal(law, problem)
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
    if above and abs(at_zero) > 1e-12:
        answer = _slaved(network, net, risk, law, at_zero, level)
    else:
        answer = _unhindered(network, net, risk, law, small, level)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _plain(network):
    """The network as an `MLP` without biases."""
    if isinstance(network, Chain):
        return MLP.symmetric(
            np.asarray(network.first), np.asarray(network.gains),
            width=network.width, activation=network.activation,
        )  # fmt: skip
    if not isinstance(network, MLP):
        raise CapabilityError(escape_time, network, MLP)
    if network.biases is not None:
        raise DataError(
            "escape_time: with biases the saddle is another one and no law is known. "
            "Give an MLP without them."
        )
    return network


def _require_slope(network, net, slope, *, above):
    name = called(network.activation)
    if above and kinked(net.sigma):
        raise DataError(
            f"escape_time: activation {name} has a kink at 0, where the small units "
            "are, so no linear map describes them. Use a smooth one, or measure."
        )
    if above and abs(slope) < 1e-12:
        raise DataError(
            f"escape_time: activation {name} has slope 0 at 0, so the law with the "
            "power r - 2 does not apply; the time grows with the degree of the output "
            "in the small layers, less 2."
        )


def _require_signal(law, problem):
    scale = np.linalg.norm(np.asarray(problem.targets)) / math.sqrt(problem.n)
    if not law.fastest > 1e-12 * scale:
        raise DataError(
            "escape_time: the targets carry no signal that the small layers see "
            f"(K = {law.fastest:.1e}): to leading order the saddle is never left."
        )


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
        value = _power_law(norms[0], level, r - 2) / rate
        if isinstance(network, Chain) and r == len(net.weights):
            c, q = _next_order(network, risk)
            value_next = c * _power_law(norms[0], level, r - 1 - q)
            corrected = value + value_next / rate
    else:
        value = _unequal(norms, level) / rate
    found = law.fastest if rate is None else rate
    return EscapeTime(
        np.asarray(value), math.nan, float(found), max(r - 2, 0), small,
        rate is not None, float(corrected), net, risk.loss,
    )  # fmt: skip


def _power_law(low, high, p):
    """The integral of $y^{-p-1}$ from `low` to `high`."""
    if p == 0:
        return math.log(high / low)
    return (low**-p - high**-p) / p


def _unequal(norms, level):
    """The time from unequal layers at rate 1: their squares keep their differences."""
    low, rest = norms.min() ** 2, norms**2 - norms.min() ** 2
    r = len(norms)

    def excess(s):
        return np.sum(np.log(low * math.exp(s) + rest)) - 2 * r * math.log(level)

    top = brentq(excess, 0.0, 2 * math.log(level / norms.min()) + 1e-9)

    def density(s):
        x = low * math.exp(s)
        return 0.5 * x / math.sqrt(np.prod(x + rest))

    return quad(density, 0.0, top, epsabs=0, epsrel=1e-11, limit=400)[0]


def _next_order(chain, risk):
    """The relative coefficient of the next order and the order `q` it belongs to."""
    kind, L = activation_class(chain.activation), len(chain.weights)
    if kind.q is None:
        return 0.0, 2
    first, pull = np.asarray(chain.first), pull_of(risk.loss, risk.problem)[:, 0]
    u = np.asarray(risk.problem.X) @ first / np.linalg.norm(first)
    u = u / math.sqrt(chain.width)
    moments = (pull @ u**kind.q) / (pull @ u)
    share = kind.taylor[kind.q] / kind.alpha * (L + kind.q - 1) / L
    return float(-share * moments), kind.q


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
    value = _power_law(gains[0], end, p) / rate
    return EscapeTime(
        np.asarray(value), math.nan, rate, p, tuple(range(r)), True, math.nan,  # noqa: FBT003
        slaved, risk.loss,
    )  # fmt: skip
