"""Two-sided diagonal networks."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike

from .._types import float64, Vector
from ..errors import DataError, ShapeError
from .base import AbstractLinearNetwork, require_depth


class TwoSided(AbstractLinearNetwork):
    r"""The network $w = u^L - v^L$, powers taken entry by entry; `u`, `v` ``(d,)``.

    Raises `ShapeError` if the two disagree and `DataError` for a depth below 1 or
    entries that are not finite.
    """

    u: Vector = eqx.field(converter=float64)
    v: Vector = eqx.field(converter=float64)
    depth: int = eqx.field(default=2, static=True)

    def __check_init__(self):
        if self.u.ndim != 1 or not self.u.size or self.u.shape != self.v.shape:
            raise ShapeError(
                f"TwoSided needs u and v of one shape (d,); got {self.u.shape} and "
                f"{self.v.shape}.",
                about="u",
            )
        require_depth(type(self), self.depth)

    @classmethod
    def balanced(cls, d: int, *, alpha: float, depth: int = 2) -> "TwoSided":
        """Start at ``u = v = alpha``, so that the predictor starts at zero."""
        side = jnp.full(d, float(alpha))
        return cls(side, side, depth)

    @classmethod
    def at(cls, w0: ArrayLike, *, kappa: float) -> "TwoSided":
        r"""Depth 2, started at the predictor `w0` with $u_i v_i = \kappa > 0$."""
        w = np.asarray(w0, float)
        if not kappa > 0:
            raise DataError(
                f"kappa is the product u_i v_i, above 0; got {kappa}.", about="kappa"
            )
        larger = np.sqrt((np.abs(w) + np.hypot(w, 2 * kappa)) / 2)
        smaller = kappa / larger
        return cls(np.where(w < 0, smaller, larger), np.where(w < 0, larger, smaller))

    @property
    def layers(self) -> list[Vector]:
        """The two sides."""
        return [self.u, self.v]

    @property
    def features(self) -> int:
        return len(self.u)

    @property
    def degree(self) -> int:
        return self.depth

    def predictor(self) -> Vector:
        return self.u**self.depth - self.v**self.depth
