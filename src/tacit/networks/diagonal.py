"""Diagonal linear networks."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from .._types import float64, Layers, Vector
from ..errors import DataError, ShapeError, Way
from .base import AbstractLayered, AbstractLinearNetwork, require_depth


class Diagonal(AbstractLinearNetwork, AbstractLayered):
    r"""The diagonal network $w = \theta_1 \odot \dots \odot \theta_L$.

    `layers` is ``(L, d)``. Raises `ShapeError` for another shape and `DataError` for
    entries that are not finite.
    """

    layers: Layers = eqx.field(converter=float64)

    def __check_init__(self):
        if self.layers.ndim != 2 or 0 in self.layers.shape:
            raise ShapeError(
                f"Diagonal needs layers of shape (L, d) with L, d at least 1; got "
                f"{self.layers.shape}. A single layer is ",
                Way("layers[None]", "[[...]]"),
                ".",
                about="layers",
            )

    @classmethod
    def balanced(cls, w0: ArrayLike, *, depth: int) -> "Diagonal":
        r"""Start with $|\theta_l| = |w_0|^{1/L}$ in every layer, signs in the first.

        Raises `DataError` for a depth below 1, and for an entry of `w0` that is zero
        when ``depth >= 2``: such a coordinate has gradient zero for ever.
        """
        w = np.asarray(w0, float)
        require_depth(cls, depth)
        if w.ndim != 1:
            raise ShapeError(
                f"the start is a vector (d,); got shape {w.shape}.", about="w0"
            )
        dead = np.flatnonzero(w == 0)
        if depth > 1 and len(dead):
            raise DataError(
                f"the start is 0 in {len(dead)} of {len(w)} coordinates, the first is "
                f"number {dead[0]}: with {depth} balanced layers they would never "
                "move, and their sign decides the limit. Start them at a small number "
                "of the sign you mean, or use depth 1.",
                about="w0",
            )
        layers = np.tile(np.abs(w) ** (1 / depth), (depth, 1))
        layers[0] *= np.sign(w)
        return cls(layers)

    @property
    def features(self) -> int:
        return self.layers.shape[1]

    @property
    def degree(self) -> int:
        return len(self.layers)

    def imbalance(self) -> Float[Array, "pairs d"]:
        r"""$\theta_{l+1,i}^2 - \theta_{l,i}^2$, conserved under any loss."""
        upper, lower = self.layers[1:], self.layers[:-1]
        return (upper - lower) * (upper + lower)

    def predictor(self) -> Vector:
        if isinstance(self.layers, Tracer):
            return jnp.prod(self.layers, axis=0)
        # Of numbers by NumPy: JAX would compile the product for every shape.
        return float64(np.prod(np.asarray(self.layers), axis=0))
