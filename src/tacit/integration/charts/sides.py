"""The conserved pairing of the two sides of a two-sided network."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import Vector
from ...networks import AbstractNetwork, TwoSided
from ...risk import Risk
from ..fields import AbstractField, Gradient
from .base import AbstractChart, Coordinates


class Sides(AbstractChart):
    r"""`d` unknowns for $w = u^L - v^L$, from what `u` and `v` conserve together.

    $L = 2$: $|u_i v_i| = \kappa_i$ is constant; $y = \tfrac12\log|u/v|$, with
    $\dot y = -2g$.
    $L \ge 3$: $a + b = c$ is constant with $a = |u|^{2-L}$, $b = |v|^{2-L}$;
    $y = \log(a/b)$. Both for any loss, for entries that are not zero; for odd $L$ the
    two sides must have equal signs.
    """

    fields: ClassVar[tuple[type[AbstractField], ...]] = (Gradient,)
    signs: tuple[Vector, Vector]
    constant: Vector
    depth: int = eqx.field(static=True)

    @classmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        del risk
        if not isinstance(network, TwoSided) or network.depth < 2:
            return False
        sign_u, sign_v = np.sign(network.u), np.sign(network.v)
        alike = network.depth % 2 == 0 or np.all(sign_u == sign_v)
        return bool(alike and np.all(sign_u != 0) and np.all(sign_v != 0))

    @classmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "Sides":
        del risk
        assert isinstance(network, TwoSided)
        u, v, L = network.u, network.v, network.depth
        pair = u * v if L == 2 else jnp.abs(u) ** (2 - L) + jnp.abs(v) ** (2 - L)
        return cls((jnp.sign(u), jnp.sign(v)), jnp.abs(pair), L)

    def enter(self, network: AbstractNetwork) -> Coordinates:
        assert isinstance(network, TwoSided)
        ratio = np.log(np.abs(np.asarray(network.u) / np.asarray(network.v)))
        return ratio / 2 if self.depth == 2 else (2 - self.depth) * ratio

    def leave(self, y: Coordinates) -> TwoSided:
        if self.depth == 2:
            root = jnp.sqrt(self.constant)
            u, v = root * jnp.exp(y), root * jnp.exp(-y)
        else:
            power = -1 / (self.depth - 2)
            u = (self.constant * jax.nn.sigmoid(y)) ** power
            v = (self.constant * jax.nn.sigmoid(-y)) ** power
        return TwoSided(self.signs[0] * u, self.signs[1] * v, self.depth)

    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[float, float]:
        del network, atol  # an error in y is a relative one in u and v already
        return 0.0, rtol

    def velocity(self, field: AbstractField, y: Vector) -> Float[Array, " d"]:
        slope = field.risk.slope(self.leave(y).predictor())
        if self.depth == 2:
            return -2 * slope
        L = self.depth
        spread = jax.nn.sigmoid(y) * jax.nn.sigmoid(-y)
        return L * (L - 2) * self.signs[0] ** L * slope / (self.constant * spread)
