"""Products with the scatter of a problem: all that a loss of scatters asks of data."""

import equinox as eqx
from jaxtyping import Array, Float

from .._types import Contrast, Design, Matrix, Predictor


class Dense(eqx.Module):
    r"""``(E S_w, E C)`` through $S_w$ as a matrix, at a cost of ``d²`` a row.

    $S_w$ and the contrast $C$ lie side by side, so that one product gives both.
    """

    joined: Float[Array, "d columns"]

    def __call__(self, E: Predictor) -> tuple[Predictor, Matrix]:
        both = E @ self.joined
        return both[:, : len(self.joined)], both[:, len(self.joined) :]


class Tall(eqx.Module):
    r"""``(E S_w, E C)`` through the centred rows, at a cost of ``2nd`` a row."""

    rows: Design
    contrast: Contrast

    def __call__(self, E: Predictor) -> tuple[Predictor, Matrix]:
        return (E @ self.rows.T) @ self.rows, E @ self.contrast
