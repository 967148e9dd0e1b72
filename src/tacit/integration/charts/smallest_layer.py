"""The smallest layer of every coordinate of a diagonal network."""

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..._types import Layers, Scalar, Vector
from ...networks import AbstractNetwork, Diagonal
from ...risk import Risk
from ..fields import AbstractField, Gradient
from .base import AbstractChart, ATOL, Coordinates


class SmallestLayer(AbstractChart):
    r"""Any diagonal network, any loss: $x_i$ is the layer of least magnitude.

    $\theta_{l,i}^2 - x_i^2 = c_{l,i}$ is constant, so the other layers are
    $\pm\sqrt{x_i^2 + c_{l,i}}$ and $\dot x_i = -g_i \prod_{\text{others}}$:
    `d` unknowns in place of ``L d``.

    * Where the smallest is unique, $x_i$ may cross zero; it is integrated as it is.
    * Where two or more layers tie, it cannot, and $\log|x_i|$ is integrated: in $x_i$ a
      step would carry it across, and it would grow in the wrong orthant.
    * A coordinate with two layers at zero never moves.

    For a loss free of scale $\sum_i x_i^2$ is constant too; then `y` is projected on
    that sphere, and the norm of every layer is exact.
    """

    fields: ClassVar[tuple[type[AbstractField], ...]] = (Gradient,)
    signs: Layers
    offsets: Layers
    smallest: Bool[Array, "L d"]
    partner: Bool[Array, "L d"]
    tied: Bool[Array, " d"]
    frozen: Bool[Array, " d"]
    radius: Scalar | None

    @classmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        del risk
        return isinstance(network, Diagonal)

    @classmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "SmallestLayer":
        assert isinstance(network, Diagonal)
        layers = np.asarray(network.layers)
        size = np.abs(layers)
        least = size.min(axis=0)
        level = size - least <= 4 * np.finfo(float).eps * least
        tied = level.sum(axis=0) >= 2
        offsets = np.where(level, 0.0, (size - least) * (size + least))
        rows = np.arange(len(size))[:, None]
        smallest = rows == size.argmin(axis=0)[None]
        partner = tied[None] & (rows == (level & ~smallest).argmax(axis=0)[None])
        radius = jnp.asarray(np.linalg.norm(least)) if risk.loss.scale_free else None
        return cls(
            jnp.asarray(np.where(layers < 0, -1.0, 1.0)),
            jnp.asarray(offsets),
            jnp.asarray(smallest),
            jnp.asarray(partner),
            jnp.asarray(tied & (least > 0)),
            jnp.asarray(tied & (least == 0)),
            radius if radius is not None and radius > 0 else None,
        )

    def enter(self, network: AbstractNetwork) -> Coordinates:
        assert isinstance(network, Diagonal)
        smallest, tied = np.asarray(self.smallest), np.asarray(self.tied)
        x = np.sum(np.where(smallest, np.asarray(network.layers), 0), axis=0)
        return np.where(tied, np.log(np.where(tied, np.abs(x), 1.0)), x)

    def leave(self, y: Coordinates) -> Diagonal:
        return Diagonal(self._layers(self._x(y)[0]))

    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[np.ndarray, np.ndarray]:
        assert isinstance(network, Diagonal)
        size = np.abs(np.asarray(network.layers))
        least = np.min(size, axis=0, where=size > 0, initial=1.0)
        fine = ATOL * least if atol is None else np.full(len(least), atol)
        tied = np.asarray(self.tied)  # their coordinate is a logarithm
        return np.where(tied, 0.0, rtol), np.where(tied, rtol, fine)

    def velocity(self, field: AbstractField, y: Vector) -> Float[Array, " d"]:
        x, stretch = self._x(y)
        layers = self._layers(x)
        others = jnp.prod(jnp.where(self.smallest, 1.0, layers), axis=0)
        # Over x without a division: x and a layer that ties with it may underflow.
        pair = jnp.prod(
            jnp.where(self.smallest | self.partner, self.signs, 1.0), axis=0
        )
        rest = jnp.prod(jnp.where(self.smallest | self.partner, 1.0, layers), axis=0)
        slope = field.risk.slope(x * others)
        move = -slope * jnp.where(self.tied, pair * rest, others * stretch)
        return jnp.where(self.frozen, 0.0, move)

    def _x(self, y: Coordinates) -> tuple[Vector, Scalar]:
        """The smallest layer at `y`, and how much longer `y` is than it should be."""
        sign = jnp.sum(jnp.where(self.smallest, self.signs, 0), axis=0)
        raw = jnp.where(self.tied, sign * jnp.exp(jnp.where(self.tied, y, 0.0)), y)
        if self.radius is None:
            return raw, jnp.ones(())
        stretch = jnp.sqrt(jnp.sum(raw**2)) / self.radius
        return raw / stretch, stretch

    def _layers(self, x: Vector) -> Layers:
        # sqrt(x² + 0) would underflow at 1e-154; |x| does not.
        far = jnp.sqrt(jnp.where(self.offsets > 0, x[None] ** 2 + self.offsets, 1.0))
        size = jnp.where(self.offsets > 0, far, jnp.abs(x)[None])
        return jnp.where(self.smallest, x[None], self.signs * size)
