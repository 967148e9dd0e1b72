"""Where the risk of a margin loss runs away to: the recession of its rows."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from ..errors import DataError


NEAR = 1e-9
"""A product of unit rows and directions below this is 0."""


def recession(
    rows: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, " d"] | None, Bool[np.ndarray, " n"]]:
    """A `w` with no ``z_i . w`` below 0 and as many as can be above it, and which are.

    `rows` are of length 1, or 0. There is one such set of rows (Albert and Anderson
    1984, Biometrika 71:1): it holds all of them where the data are separated
    completely, some where they are so quasi-completely, and none where they overlap,
    and then there is no `w`. By a linear program; on the rows that stay at 0 the `w` is
    put there to rounding.
    """
    n, d = rows.shape
    least = hstack([csr_array(-rows), eye_array(n)], format="csr")  # s_i <= z_i . w
    found = linprog(
        np.r_[np.zeros(d), -np.ones(n)], A_ub=least, b_ub=np.zeros(n),
        bounds=[(None, None)] * d + [(0, 1)] * n, method="highs",
    )  # fmt: skip
    if found.status != 0:
        raise DataError(
            f"separability: the linear program gave out ({found.message}); "
            "standardise the features."
        )
    w, growing = found.x[:d], found.x[d:] > 0.5
    if not growing.any():
        return None, growing
    still = rows[~growing]
    if len(still):
        w = w - np.linalg.lstsq(still, still @ w, rcond=None)[0]
    w = w / np.linalg.norm(w)
    along = rows @ w
    growing = along > NEAR
    if along.min() < -NEAR or not growing.any():
        return None, np.zeros(n, bool)
    return w, growing
