"""Logarithmic coordinates of balanced diagonal networks."""

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import Vector
from ...networks import AbstractNetwork, Diagonal
from ...risk import Risk
from ..fields import AbstractField, Gradient
from .base import AbstractChart


class Softmax(AbstractChart):
    r"""$|w_i|^{2/L} = Q\,\mathrm{softmax}(z)_i$ for a balanced start, $L \ge 2$.

    For a loss free of scale $Q = \sum_i |w_i|^{2/L}$ is constant, and so is every
    layer's norm (it is $\sqrt Q$); signs never change. Both hold by construction, and a
    weight of $10^{-100}$ keeps its relative accuracy.
    $\dot z_i = -2 s_i q_i^{L/2-1} g_i$ with $q = |w|^{2/L}$, $g$ the slope at $w$.
    """

    fields: ClassVar[tuple[type[AbstractField], ...]] = (Gradient,)
    signs: Float[Array | np.ndarray, "L d"]
    sign: Float[Array | np.ndarray, " d"]
    total: Float[Array | np.ndarray, ""]

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
        # NumPy's: a chart is laid for every run, and these go straight into one call.
        signs, total = np.sign(layers), np.asarray(np.sum(layers[0] ** 2))
        return cls(signs, signs.prod(axis=0), total)

    def enter(self, network: AbstractNetwork) -> Vector:
        assert isinstance(network, Diagonal)
        z = 2 * jnp.log(jnp.abs(network.layers[0]))
        return z - jnp.max(z)

    def leave(self, y: Vector) -> Diagonal:
        size = jnp.sqrt(self.total * jax.nn.softmax(y))
        return Diagonal(self.signs * size[None])

    def velocity(self, field: AbstractField, y: Vector) -> Float[Array, " d"]:
        # The slope has degree -1, so q need not be normalised before it is taken; the
        # sum of exp(y) is conserved as well, so nothing overflows. Of exp(y / 2) and
        # its square the compiler would make two exponentials.
        q = jnp.exp(y)
        power = jnp.asarray(self.sign) * jnp.sqrt(q) ** (len(self.signs) - 2)
        pace = -2 * jnp.sum(q) / self.total
        return pace * power * field.risk.slope(power * q)

    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[float, float]:
        del network, atol  # an error in y is a relative one in w already
        return 0.0, rtol
