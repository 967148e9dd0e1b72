"""The layers of a diagonal network in a stack of a fixed height."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ...networks import AbstractNetwork, Diagonal
from ...risk import Risk
from ..fields import AbstractField, Gradient
from .base import AbstractChart, atol_from, DEEPEST, present


class Stack(AbstractChart):
    """The plain parameters of a diagonal network, below layers of 1 that do not move.

    Networks of up to `DEEPEST` layers have coordinates of one shape ``(DEEPEST, d)``:
    what is compiled for one depth serves the others. `depth` is None in the common
    form, which leaves for the single layer with the same predictor.
    """

    fields: ClassVar[tuple[type[AbstractField], ...]] = (Gradient,)
    rows: Bool[Array | np.ndarray, " B"]
    depth: int | None = eqx.field(static=True)

    @property
    def common(self) -> "Stack":
        return Stack(self.rows, None)

    @classmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        del risk
        return isinstance(network, Diagonal) and network.depth <= DEEPEST

    @classmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "Stack":
        del risk
        return cls(present(network.depth), network.depth)

    def enter(self, network: AbstractNetwork) -> Float[np.ndarray, "B d"]:
        layers = np.asarray(network.layers)
        y = np.ones((len(self.rows), layers.shape[1]))
        y[: len(layers)] = layers
        return y

    def leave(self, y: Float[Array | np.ndarray, "B d"]) -> Diagonal:
        if self.depth is None:
            return Diagonal(jnp.prod(self._layers(y), axis=0)[None])
        return Diagonal(y[: self.depth])

    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[float, np.ndarray]:
        # The error is a mean over all coordinates, and those of no layer have none.
        share = float(np.sqrt(np.mean(self.rows)))
        fine = atol_from(network) if atol is None else atol
        each = np.where(self.rows, share * fine, np.inf)
        return share * rtol, np.repeat(each, np.asarray(network.layers).shape[1])

    def velocity(
        self, field: AbstractField, y: Float[Array, "B d"]
    ) -> Float[Array, "B d"]:
        layers = self._layers(y)
        # Every layer times all others at once: a derivative of a product of so many
        # would be compiled for longer than all else.
        itself = jnp.eye(len(self.rows), dtype=bool)[:, :, None]
        others = jnp.prod(jnp.where(itself, 1.0, layers[None]), axis=1)
        slope = field.risk.slope(jnp.prod(layers, axis=0))
        return jnp.where(self.rows[:, None], -slope[None] * others, 0.0)

    def _layers(self, y):
        return jnp.where(self.rows[:, None], y, 1.0)
