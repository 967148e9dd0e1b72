"""The two sides of the imbalance identity, in all its forms, at a random network."""

import functools
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import Scalar
from ...losses import AbstractLoss, AbstractPointwiseLoss, CrossEntropy, Squared
from ...networks import MLP
from ...problems import Problem
from ...risk import Risk
from ...saddles import leftover, signals


SEED = 1010
SAMPLES, WIDTHS = 23, (5, 5, 5, 3)


class Residuals(NamedTuple):
    """The largest residuals of an activation over losses, networks and biases.

    `layers`, `neurons` and `entries` are those of the norms, the single units and the
    Gram matrices; `ignored` is what is left if the balance is taken to be conserved.
    """

    layers: float
    biased: float
    neurons: float
    entries: float
    ignored: float


class LogCosh(AbstractPointwiseLoss):
    r"""$\log\cosh(p - y)$: a loss that is not among ours."""

    attained: ClassVar[bool] = True

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        off = output - target
        return jnp.sum(jnp.logaddexp(off, -off) - jnp.log(2.0))


def problems() -> list[tuple[AbstractLoss, Problem]]:
    """A sample for each loss: three numbers or three classes."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((SAMPLES, WIDTHS[0]))
    numbers = np.sin(X[:, :3] + X[:, 1:4])
    return [
        (Squared(), Problem(X, numbers)),
        (LogCosh(), Problem(X, numbers)),
        (CrossEntropy(), Problem(X, np.arange(SAMPLES) % 3)),
    ]


@functools.cache
def residuals(activation: str) -> Residuals:
    """The largest residuals of all forms of the identity."""
    worst = np.zeros(5)
    networks = [drawn(activation, biased=biased) for biased in (False, True)]
    risks = [Risk(problem, loss) for loss, problem in problems()]
    for network, every in zip(networks, _sides(networks, risks), strict=True):
        for sides in every:
            layers, *rest = _residuals(network, sides)
            both = (layers, 0.0) if network.biases is None else (0.0, layers)
            worst = np.maximum(worst, (*both, *rest))
    return Residuals(*(float(each) for each in worst))


class Sides(NamedTuple):
    """The gradient, and what the layers see: ``(n, n_l)`` for every layer but the last.

    `returned` comes back from above, `slopes` are those of the loss in `before`.
    """

    gradient: MLP
    returned: list
    slopes: list
    before: list
    after: list
    left: list


@eqx.filter_jit
def _sides(networks: list[MLP], risks: list[Risk]) -> list[list[Sides]]:
    return [[_both(network, risk) for risk in risks] for network in networks]


def _both(network, risk):
    flow = signals(network, risk.loss, risk.problem)
    return Sides(
        risk.gradient(network),
        flow.returned(network),
        flow.slopes,
        flow.before[:-1],
        [network.sigma(z) for z in flow.before[:-1]],
        [leftover(network, z) for z in flow.before[:-1]],
    )


def drawn(activation: str, *, biased: bool) -> MLP:
    """Random layers of ordinary size, with random biases or with none."""
    rng = np.random.default_rng(SEED)
    sizes = list(zip(WIDTHS[1:], WIDTHS, strict=False))
    weights = [0.7 * rng.standard_normal(size) / size[1] ** 0.5 for size in sizes]
    shifts = [0.3 * rng.standard_normal(m) for m, _ in sizes] if biased else None
    return MLP(weights, activation, shifts)


def _residuals(network: MLP, sides: Sides):
    """The residuals of the norms, the units, the Gram matrices; and of no right side.

    The left sides are derivatives of the balance along the gradient of the risk, which
    knows nothing of layers; the right sides come from signals inside the network.
    """
    W, G = _arrays(network.weights), _arrays(sides.gradient.weights)
    b, g = (_arrays(each.biases or ()) for each in (network, sides.gradient))
    parts = zip(*(_arrays(each) for each in sides[1:]), strict=False)
    off = np.zeros(4)
    for i, (back, below, z, h, left) in enumerate(parts):
        change = _twice(W[i] @ G[i].T) - _twice(W[i + 1].T @ G[i + 1])
        if b:
            change += _twice(np.outer(b[i], g[i]))
        units = 2 * np.sum(back * left, axis=0)
        told = _twice(below.T @ z - back.T @ h)
        gaps = (
            abs(np.trace(change) - units.sum()),
            np.abs(np.diag(change) - units).max(),
            np.abs(change - told).max(),
            abs(np.trace(change)),
        )
        norm = np.linalg.norm
        size = norm(W[i]) * norm(G[i]) + norm(W[i + 1]) * norm(G[i + 1])
        off = np.maximum(off, np.array(gaps) / size)
    return tuple(off)


def _arrays(leaves):
    return [np.asarray(each) for each in leaves]


def _twice(matrix):
    """The matrix and its transpose: the derivative of a Gram matrix."""
    return matrix + matrix.T
