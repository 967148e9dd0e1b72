"""Logarithmic coordinates of balanced diagonal networks."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._types import float64, Layers, Scalar, Vector
from ..networks import AbstractNetwork, Diagonal
from ..risk import Risk
from .base import AbstractChart


class Softmax(AbstractChart):
    r"""$|w_i|^{2/L} = Q\,\mathrm{softmax}(z)_i$ for a balanced start, $L \ge 2$.

    For a loss free of scale $Q = \sum_i |w_i|^{2/L}$ is constant, and so is every
    layer's norm (it is $\sqrt Q$); signs never change. Both hold by construction, and a
    weight of $10^{-100}$ keeps its relative accuracy.
    $\dot z_i = -2 s_i q_i^{L/2-1} g_i$ with $q = |w|^{2/L}$, $g$ the slope at $w$.
    """

    signs: Layers
    total: Scalar

    @classmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        if not isinstance(network, Diagonal) or network.depth < 2:
            return False
        size = np.abs(np.asarray(network.layers))
        # Layers equal to rounding count as tied; see SmallestLayer for the others.
        tied = np.ptp(size, axis=0) <= 4 * np.finfo(float).eps * size.max(axis=0)
        return bool(risk.loss.scale_free and np.all(tied) and np.all(size > 0))

    @classmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "Softmax":
        del risk
        assert isinstance(network, Diagonal)
        layers = np.asarray(network.layers)
        return cls(float64(np.sign(layers)), float64(np.sum(layers[0] ** 2)))

    def enter(self, network: AbstractNetwork) -> Vector:
        assert isinstance(network, Diagonal)
        z = 2 * jnp.log(jnp.abs(network.layers[0]))
        return z - jnp.max(z)

    def leave(self, y: Vector) -> Diagonal:
        size = jnp.sqrt(self.total * jax.nn.softmax(y))
        return Diagonal(self.signs * size[None])

    def field(self, risk: Risk, y: Vector) -> Float[Array, " d"]:
        # In logarithms: of q ** 0 at a q that underflows the derivative is not finite.
        log_q = jnp.log(self.total) + jax.nn.log_softmax(y)
        half, sign = len(self.signs) / 2, jnp.prod(self.signs, axis=0)
        slope = risk.slope(sign * jnp.exp(half * log_q))
        return -2 * sign * jnp.exp((half - 1) * log_q) * slope
