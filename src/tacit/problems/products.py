"""Products with the scatter of a problem: all that a loss of scatters asks of data."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Contrast, Design, Matrix, Predictor


WHOLE = 8
"""Columns that a product takes at once; a remainder takes as long as a dozen more."""


class Dense(eqx.Module):
    r"""``(E S_w, E C)`` through $S_w$ as a matrix, at a cost of ``d²`` a row.

    $S_w$ and the contrast $C$ lie side by side, so that one product gives both.
    """

    joined: Float[Array, "d columns"]
    rank: int = eqx.field(static=True)

    @classmethod
    def of(cls, within: Matrix, contrast: Contrast) -> "Dense":
        """Both in one array, filled with zeros to whole vectors of the processor."""
        d, r = contrast.shape
        filling = jnp.zeros((d, -(d + r) % WHOLE))
        return cls(jnp.concatenate([within, contrast, filling], axis=1), r)

    def __call__(self, E: Predictor) -> tuple[Predictor, Matrix]:
        both, d = E @ self.joined, len(self.joined)
        return both[:, :d], both[:, d : d + self.rank]


class Tall(eqx.Module):
    r"""``(E S_w, E C)`` through the centred rows, at a cost of ``2nd`` a row."""

    rows: Design
    contrast: Contrast

    def __call__(self, E: Predictor) -> tuple[Predictor, Matrix]:
        return (E @ self.rows.T) @ self.rows, E @ self.contrast
