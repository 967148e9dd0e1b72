"""Logarithmic coordinates of balanced diagonal networks."""

from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..._assembled import assembled
from ..._types import float64, Vector
from ...networks import AbstractNetwork, Diagonal
from ...risk import Risk
from ..fields import AbstractField, Gradient
from .base import AbstractChart, Coordinates, present


class Softmax(AbstractChart):
    r"""$|w_i|^{2/L} = Q\,\mathrm{softmax}(z)_i$ for a balanced start, $L \ge 2$.

    For a loss free of scale $Q = \sum_i |w_i|^{2/L}$ is constant, and so is every
    layer's norm (it is $\sqrt Q$); signs never change. Both hold by construction, and a
    weight of $10^{-100}$ keeps its relative accuracy.
    $\dot z_i = -2 s_i q_i^{L/2-1} g_i$ with $q = |w|^{2/L}$, $g$ the slope at $w$.

    `rows` has $L$ as numbers. In the common form `signs` is None; it leaves for the
    single layer with the same predictor.
    """

    fields: ClassVar[tuple[type[AbstractField], ...]] = (Gradient,)
    signs: Float[Array | np.ndarray, "L d"] | None
    sign: Float[Array | np.ndarray, " d"]
    total: Float[Array | np.ndarray, ""]
    rows: Bool[Array | np.ndarray, " B"]

    @property
    def common(self) -> "Softmax":
        return assembled(Softmax, **(vars(self) | {"signs": None}))

    @property
    def leave_numbers(self) -> "Callable[[Softmax, Coordinates], Diagonal] | None":
        # Compiled, every depth would be a shape of its own.
        return None if self.signs is None else _leave_numbers

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
        parts = {"signs": signs, "sign": signs.prod(axis=0), "total": total}
        return assembled(cls, **parts, rows=present(len(layers)))

    def enter(self, network: AbstractNetwork) -> Coordinates:
        assert isinstance(network, Diagonal)
        z = 2 * np.log(np.abs(np.asarray(network.layers)[0]))
        return z - np.max(z)

    def leave(self, y: Coordinates) -> Diagonal:
        size = jnp.sqrt(self.total * jax.nn.softmax(y))
        if self.signs is not None:
            return Diagonal(self.signs * size[None])
        layers = jnp.where(self.rows[:, None], size[None], 1.0)
        return Diagonal((self.sign * jnp.prod(layers, axis=0))[None])

    def velocity(self, field: AbstractField, y: Vector) -> Float[Array, " d"]:
        # The slope has degree -1, so q need not be normalised before it is taken; the
        # sum of exp(y) is conserved as well, so nothing overflows. Without the barrier
        # the compiler makes of every square of an exponential one more exponential; and
        # the sum is one of exponentials, not of squares, which side by side would be
        # rounded otherwise than alone.
        q = jax.lax.optimization_barrier(jnp.exp(y))
        layer, others = jnp.sqrt(q), jnp.sum(self.rows) - 2
        power = jnp.asarray(self.sign) * _power(layer, others, len(self.rows) - 2)
        pace = -2 * jnp.sum(q) / self.total
        return pace * power * field.risk.slope(power * q)

    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[float, float]:
        del network, atol  # an error in y is a relative one in w already
        return 0.0, rtol


def _leave_numbers(chart: Softmax, y: Coordinates) -> Diagonal:
    z = np.asarray(y)
    q = np.exp(z - np.max(z))
    size = np.sqrt(np.asarray(chart.total) * (q / np.sum(q)))
    return assembled(Diagonal, layers=float64(np.asarray(chart.signs) * size[None]))


def _power(base: Vector, exponent: Int[Array, ""], most: int) -> Vector:
    """`base` to a whole `exponent` from 0 to `most`, squared as for a fixed one."""
    found = jnp.ones_like(base)
    for bit in range(most.bit_length()):
        found = jnp.where((exponent >> bit) & 1 == 1, found * base, found)
        base = base * base
    return found
