"""Means and squares of sparse rows, of which no dense copy is made."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..errors import DataError
from .moments import exact_sum


FULL = 0.5
"""The share of a column's weight that is not zero from which it is taken as dense.

Squares of a sparse column are summed before the mean is taken off, which loses digits
as the column fills up: at most one bit below this share, all of them at 1.
"""


def read_sparse(given: Any, what: str, at: int) -> Any:
    """Rows of float64; `DataError` for entries that are complex or not finite."""
    if np.dtype(given.dtype).kind not in "biuf":
        raise DataError(f"{what} must hold numbers; got {given.dtype}.")
    rows: Any = csr_array(given, dtype=np.float64)
    if not np.isfinite(rows.data).all():
        place = np.flatnonzero(~np.isfinite(rows.data))[0]
        row = np.searchsorted(rows.indptr, place, side="right") - 1
        raise DataError(
            f"{what} holds {rows.data[place]} in feature {rows.indices[place]} of row "
            f"{at + row}; impute it or leave the row out."
        )
    return rows


def sparse_moments(
    X: Any, codes: np.ndarray, w: np.ndarray, count: int
) -> tuple[np.ndarray, ...]:
    """Means, their tails, sums of squares about them, least and largest by class.

    What `Scatter` says of rows, from the entries that are not zero.
    """
    d = X.shape[1]
    means, tails = np.zeros((count, d)), np.zeros((count, d))
    low, high, sums = np.zeros((count, d)), np.zeros((count, d)), np.zeros((d, d))
    for c in range(count):
        rows, v = X[codes == c], w[codes == c]
        low[c] = rows.min(axis=0).toarray().ravel()
        high[c] = rows.max(axis=0).toarray().ravel()
        means[c], tails[c], squares = _one_class(rows, v, low[c], high[c])
        sums += squares
    return *exact_sum(means, tails, low, high), sums, low, high


def _one_class(rows: Any, w: np.ndarray, low, high):
    mass = w.sum()
    share, filled = w / mass, rows.copy()
    filled.data = np.ones_like(filled.data)
    full = np.asarray(share @ filled) > FULL
    thick, thin = np.flatnonzero(full), np.flatnonzero(~full)
    means, tails = np.asarray(share @ rows), np.zeros(rows.shape[1])
    dense = rows[:, thick].toarray()
    # What is one number in all rows of a class has that mean: rounding is no spread.
    means[thick] = np.where(low[thick] == high[thick], low[thick], means[thick])
    dense -= means[thick]
    tails[thick] = share @ dense
    dense -= tails[thick]
    heavy = w[:, None] * dense
    squares = np.zeros((rows.shape[1],) * 2)
    squares[np.ix_(thick, thick)] = dense.T @ heavy
    light = rows[:, thin]
    product = (light.T @ light.multiply(w[:, None])).toarray()
    squares[np.ix_(thin, thin)] = product - mass * np.outer(means[thin], means[thin])
    across = heavy.T @ light - np.outer(heavy.sum(axis=0), means[thin])
    squares[np.ix_(thick, thin)] = across
    squares[np.ix_(thin, thick)] = across.T
    return means, tails, squares
