"""Products with the scatter of a problem: all that a loss of scatters asks of data."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from .._types import Contrast, Design, float64, Matrix, Predictor


WHOLE = 8
"""Columns that a product takes at once; a remainder takes as long as a dozen more."""


JOINED = 512
"""Features up to which a copy of the scatter costs less than a second product."""


class Dense(eqx.Module):
    r"""``(E S_w, E C)`` through $S_w$ as a matrix, at a cost of ``d²`` a row.

    In a small one $S_w$ and the contrast $C$ lie side by side in `matrix`, so that one
    product gives both. A large one is the matrix that it was given, and `contrast`.
    """

    matrix: Float[Array, "d columns"]
    contrast: Contrast | None
    rank: int = eqx.field(static=True)

    @classmethod
    def of(cls, within: Matrix, contrast: Contrast) -> "Dense":
        """Side by side they are filled with zeros to whole vectors of the processor."""
        d, r = contrast.shape
        if d > JOINED:
            return cls(within, contrast, r)
        filling = np.zeros((d, -(d + r) % WHOLE))
        # Of numbers by NumPy: JAX would compile it for every shape.
        joined = np.concatenate([within, contrast, filling], axis=1)
        return cls(float64(joined), None, r)

    def __call__(self, E: Predictor) -> tuple[Predictor, Matrix]:
        both, d = E @ self.matrix, len(self.matrix)
        if self.contrast is not None:
            return both, E @ self.contrast
        return both[:, :d], both[:, d : d + self.rank]


class Tall(eqx.Module):
    r"""``(E S_w, E C)`` through the centred rows, at a cost of ``2nd`` a row."""

    rows: Design
    contrast: Contrast

    def __call__(self, E: Predictor) -> tuple[Predictor, Matrix]:
        return (E @ self.rows.T) @ self.rows, E @ self.contrast
