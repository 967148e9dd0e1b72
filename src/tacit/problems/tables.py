"""Reading numbers: tables of samples, and their weights."""

import numpy as np

from ..errors import DataError, ShapeError
from .cells import as_numbers, column_names, require_moderate, require_spread


FAINT = 1e-100
"""The least weight above 0; its inverse is the largest."""


def read_design(X: object) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """The ``(n, d)`` float64 values of a table, and its column names if it has any.

    Raises `ShapeError` unless it is a table with at least one row and one column, and
    `DataError` if an entry is not a finite number.
    """
    names, table = column_names(X), as_numbers(X, "X").astype(np.float64)
    if table.ndim != 2 or 0 in table.shape:
        raise ShapeError(
            f"X must be a table of n samples by d features; got shape {table.shape}. "
            "For a single feature use X[:, None]."
        )
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        row, column = bad[0]
        name = column if names is None else repr(names[column])
        raise DataError(
            f"X has {len(bad)} entries that are not finite, the first in row {row}, "
            f"feature {name}. Impute them or drop those rows."
        )
    require_moderate(table, "X", names)
    require_spread(table, "X", names)
    return table, names


def read_weights(weights: object, n: int) -> np.ndarray | None:
    """Sample weights ``(n,)``, or None; `DataError` if they cannot be weights."""
    if weights is None:
        return None
    mass = as_numbers(weights, "weights").astype(np.float64)
    if mass.shape != (n,):
        raise ShapeError(f"X has {n} rows but weights has shape {mass.shape}.")
    require_countable(mass, "weights")
    if not np.any(mass):
        raise DataError(
            "weights are all 0; give weight to the rows that count.", about="weights"
        )
    return mass


def require_countable(mass: np.ndarray, what: str, at: int = 0) -> None:
    """Raise `DataError` for weights that are none, or that vanish in products.

    The first is that of row `at`.
    """
    wrong = np.flatnonzero(~(np.isfinite(mass) & (mass >= 0)))
    if len(wrong):
        raise DataError(
            f"{what} must be finite and at least 0; row {at + wrong[0]} has "
            f"{mass[wrong[0]]}.",
            about="weights",
        )
    odd = np.flatnonzero((mass > 0) & ((mass < FAINT) | (mass > 1 / FAINT)))
    if len(odd):
        raise DataError(
            f"{what} must be 0 or between {FAINT:g} and {1 / FAINT:g}; row "
            f"{at + odd[0]} has {mass[odd[0]]:.1e}. They count in proportion only: "
            "multiply all by one number, and give 0 to what vanishes beside the rest.",
            about="weights",
        )
