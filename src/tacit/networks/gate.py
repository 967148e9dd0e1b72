"""Diagonal networks that gate every feature instead of adding them up."""

import equinox as eqx
import jax.numpy as jnp

from .._types import float64, Layers, Square
from ..errors import ShapeError, Way
from .base import AbstractLinearNetwork


class Gate(AbstractLinearNetwork):
    r"""The map $x \mapsto w \odot x$, $w = \theta_1 \odot \dots \odot \theta_L$.

    One output for every feature; `layers` is ``(L, d)``. Raises `ShapeError` for
    another shape and `DataError` for entries that are not finite.
    """

    layers: Layers = eqx.field(converter=float64)

    def __check_init__(self):
        if self.layers.ndim != 2 or 0 in self.layers.shape:
            raise ShapeError(
                f"Gate needs layers of shape (L, d) with L, d at least 1; got "
                f"{self.layers.shape}. A single layer is ",
                Way("layers[None]", "[[...]]"),
                ".",
                about="layers",
            )

    @property
    def features(self) -> int:
        return self.layers.shape[1]

    @property
    def degree(self) -> int:
        return len(self.layers)

    def predictor(self) -> Square:
        return jnp.diag(jnp.prod(self.layers, axis=0))
