"""Gated linear units."""

from collections.abc import Callable

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Matrix, Vector
from ...errors import ShapeError
from ...networks import AbstractNetwork
from ...networks.activations import activation_of


class Gated(AbstractNetwork):
    r"""$V\,(\sigma(Wx) \odot Ux)$, with $\sigma$ = SiLU what is called SwiGLU.

    $W, U$ are ``(h, d)`` and $V$ is ``(k, h)`` (Shazeer 2020, arXiv:2002.05202).
    Raises `ShapeError` where they disagree.
    """

    W: Matrix = eqx.field(converter=float64)
    U: Matrix = eqx.field(converter=float64)
    V: Matrix = eqx.field(converter=float64)
    activation: str | Callable = eqx.field(default="silu", static=True)

    def __check_init__(self):
        if self.W.shape != self.U.shape or self.V.shape[1] != len(self.W):
            raise ShapeError(
                "Gated: W and U are (h, d) and V is (k, h); got "
                f"{self.W.shape}, {self.U.shape} and {self.V.shape}."
            )

    @classmethod
    def gaussian(
        cls,
        d: int,
        h: int,
        k: int,
        *,
        activation: str | Callable = "silu",
        seed: int = 0,
    ) -> "Gated":
        """Independent normal entries, of variance one over the columns."""
        rng = np.random.default_rng(seed)
        W, U = rng.standard_normal((2, h, d)) / np.sqrt(d)
        return cls(W, U, rng.standard_normal((k, h)) / np.sqrt(h), activation)

    @property
    def features(self) -> int:
        """How long an input is."""
        return self.W.shape[1]

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        return self.V @ (activation_of(self.activation)(self.W @ x) * (self.U @ x))
