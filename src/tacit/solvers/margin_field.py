r"""The flow of a risk that falls for ever, in the clock that keeps it moving.

$d\sigma = \|\nabla_w R\|\,\|W\|^{L-2}\,dt$, where $\|W\|^2$ is the mean of the layers'
squared norms: $\log\|w\|$ then grows like $L\sigma$, however small the risk.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Scalar
from ..networks import AbstractLinearNetwork, Diagonal, TwoSided
from ..risk import Risk
from .tangent import degree, flat_predictor, tangent_kernel


State = Float[Array, " P"]
FLOOR = 1e-8
"""Below this share of its layer a weight is held to an absolute error."""


class MarginField:
    """Velocity, stiff part and clock at the parameters `y`, raveled into a vector."""

    def __init__(self, risk: Risk, shape: Callable[[State], AbstractLinearNetwork]):
        self.risk, self.shape = risk, shape

    def velocity(self, y: State) -> State:
        r"""$dy / d\sigma$."""
        E, pull = self._predictor(y)
        push = -self._slope(E)
        return self._speed(y) / jnp.linalg.norm(push) * pull(push)

    def log_pace(self, y: State) -> tuple[Scalar, Scalar]:
        r"""$\log(dt / d\sigma)$ and its slope along the flow."""

        def pace(y):
            E = flat_predictor(self.shape(y))
            push = jnp.linalg.norm(self._slope(E))
            log_risk = self.risk.log_criterion(self._unflat(E))
            return jnp.log(self._speed(y)) - log_risk - jnp.log(push)

        return jax.jvp(pace, (y,), (self.velocity(y),))

    def solver(self, y: State) -> Callable[[Scalar], Callable[[State], State]]:
        r"""``solver(y)(k)(r)`` is $(I + k\,s\,K^\top H K)^{-1} r$, by Woodbury.

        $-s K^\top H K$ is the stiff part of the Jacobian at `y`; $H$ is that of the
        normalised slope, ``(D, D)``.
        """
        network = self.shape(y)
        E, pull = self._predictor(y)
        _, push = jax.linearize(lambda y: flat_predictor(self.shape(y)), y)
        slope, M = self._slope(E), tangent_kernel(network)
        size = jnp.linalg.norm(slope)
        H = jax.jacfwd(self._slope)(E) / size
        H = H - jnp.outer(slope, slope @ H) / size**2
        s = self._speed(y)

        def at(k):
            inner = jnp.eye(E.size) + k * s * (M @ H)
            core = k * s * jnp.linalg.solve(inner.T, H.T).T
            return lambda r: r - pull(core @ push(r))

        return at

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
        whole = jnp.sum(y**2) / degree(network)
        shares = [
            jnp.sum(e**2) / jnp.maximum(jnp.sum(W**2), 1e-6 * whole) for e, W in pairs
        ]
        return jnp.sqrt(jnp.mean(jnp.stack(shares)))

    def _predictor(self, y):
        E, pull = jax.vjp(lambda y: flat_predictor(self.shape(y)), y)
        return E, lambda u: pull(u)[0]

    def _slope(self, E):
        return self.risk.log_slope(self._unflat(E)).ravel()

    def _unflat(self, E):
        return (
            E if E.size == self.risk.problem.d else E.reshape(-1, self.risk.problem.d)
        )

    def _speed(self, y):
        L = degree(self.shape(y))
        return (jnp.sum(y**2) / L) ** (1 - L / 2)
