"""A residual block."""

from collections.abc import Callable

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Matrix, Vector
from ...errors import ShapeError
from ...networks import AbstractNetwork
from ...networks.activations import activation_of


class Residual(AbstractNetwork):
    r"""$x + V\sigma(Ux)$, with $U$ ``(h, d)`` and $V$ ``(d, h)``.

    Raises `ShapeError` where they disagree.
    """

    U: Matrix = eqx.field(converter=float64)
    V: Matrix = eqx.field(converter=float64)
    activation: str | Callable = eqx.field(default="relu", static=True)

    def __check_init__(self):
        if self.U.shape != self.V.shape[::-1]:
            raise ShapeError(
                f"Residual: U is (h, d) and V (d, h); got {self.U.shape} and "
                f"{self.V.shape}."
            )

    @classmethod
    def gaussian(
        cls, d: int, h: int, *, activation: str | Callable = "relu", seed: int = 0
    ) -> "Residual":
        """Independent normal entries, of variance one over the columns."""
        rng = np.random.default_rng(seed)
        U = rng.standard_normal((h, d)) / np.sqrt(d)
        return cls(U, rng.standard_normal((d, h)) / np.sqrt(h), activation)

    @property
    def features(self) -> int:
        """How long an input is."""
        return self.U.shape[1]

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        return x + self.V @ activation_of(self.activation)(self.U @ x)
