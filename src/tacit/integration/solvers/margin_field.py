r"""The flow of a risk that falls for ever, in the clock that keeps it moving.

$d\sigma = \|\nabla_w R\|\,\|W\|^{L-2}\,dt$, where $\|W\|^2$ is the mean of the layers'
squared norms (and 1 more for a single layer): $\log\|w\|$ then grows like $L\sigma$,
however small the risk.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..._types import Scalar
from ...networks import AbstractLinearNetwork, Diagonal, TwoSided
from ...risk import Risk
from .tangent import flat_predictor, tangent_kernel


State = Float[Array, " P"]
FLOOR = 1e-8
"""Below this share of its layer a weight is held to an absolute error."""


class Tangent(NamedTuple):
    r"""The field at one state, linearised.

    `moved` is how the `velocity` moves the predictor, ``(D,)``. `log_pace` is
    $\log(dt / d\sigma)$ and `pace_slope` its slope along the flow. `stiff` is $s H$,
    with $H$ the Jacobian of the direction of the slope; `push` and `pull` multiply by
    $K$ and $K^\top$, and `kernel` is $K K^\top$, ``(D, D)``.
    """

    velocity: State
    moved: Float[Array, " D"]
    log_pace: Scalar
    pace_slope: Scalar
    kernel: Float[Array, "D D"]
    stiff: Float[Array, "D D"]
    push: Callable
    pull: Callable

    def solver(self, k: Scalar) -> tuple[Callable[[State], State], State]:
        r"""``r -> (I + k s K^T H K)^-1 r``, by Woodbury's identity, and `velocity` so.

        How that moves the predictor is known, so it takes fewer products.
        """
        inner = jnp.eye(len(self.stiff)) + k * (self.kernel @ self.stiff)
        core = k * jnp.linalg.solve(inner.T, self.stiff.T).T
        solved = self.velocity - self.pull(core @ self.moved)
        return lambda r: r - self.pull(core @ self.push(r)), solved


class MarginField:
    """What moves the parameters, raveled into a vector `y`, in this clock."""

    def __init__(self, risk: Risk, shape: Callable[[State], AbstractLinearNetwork]):
        self.risk, self.shape = risk, shape

    def velocity(self, y: State) -> State:
        r"""$dy / d\sigma$."""
        E, pull = self._predictor(y)
        push = -self._slope(E)
        return self._speed(y) / jnp.linalg.norm(push) * pull(push)

    def at(self, y: State) -> "Tangent":
        """The field at `y`, with its stiff part."""
        network = self.shape(y)
        E, push = jax.linearize(lambda y: flat_predictor(self.shape(y)), y)
        pull = jax.linear_transpose(push, y)
        (log_risk, slope), bend = jax.linearize(jax.value_and_grad(self._log_risk), E)
        H = jax.vmap(lambda along: bend(along)[1], out_axes=1)(jnp.eye(E.size))
        size, speed = jnp.linalg.norm(slope), self._speed(y)
        velocity = -speed / size * pull(slope)[0]
        kernel = tangent_kernel(network)
        moved = -speed / size * (kernel @ slope)
        # The slopes of log |dR/dw| and of the layers' norms, then of the risk.
        turn = slope @ H @ moved / size**2
        L = _degree(network)
        grow = (2 - L) * (y @ velocity) / (L * _size(y, L))
        pace = jnp.log(speed) - log_risk - jnp.log(size)
        pace_slope = grow - slope @ moved - turn
        return Tangent(
            velocity,
            moved,
            pace,
            pace_slope,
            kernel,
            speed / size * (H - jnp.outer(slope, slope @ H) / size**2),
            push,
            lambda u: pull(u)[0],
        )

    def error(self, y: State, err: State) -> Scalar:
        """The error of a step relative to what it changes.

        To every weight where weights keep their signs, else to whole layers.
        """
        network = self.shape(y)
        if isinstance(network, Diagonal | TwoSided):
            floor = FLOOR * jnp.linalg.norm(y) / jnp.sqrt(y.size)
            return jnp.sqrt(jnp.mean((err / jnp.maximum(jnp.abs(y), floor)) ** 2))
        pairs = zip(
            jax.tree.leaves(self.shape(err)), jax.tree.leaves(network), strict=True
        )
        whole = _size(y, _degree(network))
        shares = [
            jnp.sum(e**2) / jnp.maximum(jnp.sum(W**2), 1e-6 * whole) for e, W in pairs
        ]
        return jnp.sqrt(jnp.mean(jnp.stack(shares)))

    def _predictor(self, y):
        E, pull = jax.vjp(lambda y: flat_predictor(self.shape(y)), y)
        return E, lambda u: pull(u)[0]

    def _log_risk(self, E):
        return self.risk.log_criterion(self._unflat(E))

    def _slope(self, E):
        return jax.grad(self._log_risk)(E)

    def _unflat(self, E):
        return (
            E if E.size == self.risk.problem.d else E.reshape(-1, self.risk.problem.d)
        )

    def _speed(self, y):
        L = _degree(self.shape(y))
        return _size(y, L) ** (1 - L / 2)


def _degree(network: AbstractLinearNetwork) -> int:
    assert network.degree is not None  # the clock has seen to it
    return network.degree


def _size(y, L):
    """The layers' mean squared norm; 1 more for one layer, which may start at 0."""
    return jnp.sum(y**2) / L + float(L == 1)
