"""What a table holds, cell by cell: numbers, or what is said of anything else."""

import datetime
from collections.abc import Sequence
from numbers import Complex, Real
from typing import Any, SupportsFloat

import numpy as np
from scipy.sparse import issparse

from ..errors import DataError, setting


LARGEST, LEAST = 1e150, 1e-150
"""Between these a number and its square are both good float64 numbers."""

DATES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)
WAYS = {
    "missing": "impute it or drop the row.",
    "a date": "give a number instead, such as the days since a first one.",
    "complex": "give its real and imaginary parts as two columns.",
    "text": "encode text columns first, or convert them to numbers.",
    "no number": "every entry is a number.",
}


def column_names(table: Any) -> tuple[str, ...] | None:
    """The names of the columns, if the table has any."""
    columns = getattr(table, "columns", None)  # of a data frame; arrays have none
    return None if columns is None else tuple(str(c) for c in columns)


def as_numbers(given: Any, what: str, at: int = 0) -> np.ndarray:
    """`given` as an array of integers, booleans or floats; `what` is its name.

    Nothing is dropped on the way: `DataError`, with the row (counted from `at`) and the
    column, for what is masked, missing, complex, a date, text or a category, and for a
    sparse matrix.
    """
    _dense(given, what)
    names = column_names(given)
    for i, dtype in enumerate(np.atleast_1d(np.asarray(_dtypes(given), object))):
        if getattr(dtype, "categories", None) is not None:
            column = f" column {names[i]!r}" if names else ""
            raise DataError(
                f"{what} must hold numbers:{column} holds categories, whose codes are "
                "no quantities. Encode them, one column of 0 and 1 for each."
            )
    _unmasked(given, what, at, names)
    try:
        cells = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{what}: no table of rows of one length: {error}.") from error
    if cells.dtype.kind in "biuf":
        return cells
    kinds = {"c": "complex", "M": "a date", "m": "a date", "U": "text", "S": "text"}
    if cells.dtype.kind in kinds:
        place = np.zeros(cells.ndim, int)
        raise _refused(what, kinds[cells.dtype.kind], place, at, names)
    for place in np.ndindex(cells.shape):
        kind = _kind(cells[place])
        if kind != "a number":
            raise _refused(what, kind, place, at, names)
    try:
        return cells.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{what} holds what float64 cannot: {error}.") from error


def require_dense_and_whole(given: Any, what: str, at: int = 0) -> None:
    """Raise `DataError` for a sparse matrix and, naming the row, for masked entries."""
    _dense(given, what)
    _unmasked(given, what, at, None)


def require_moderate(table: np.ndarray, what: str, names: Sequence | None) -> None:
    """Raise `DataError` for finite numbers whose squares are beyond float64."""
    sizes = np.abs(table).astype(np.float64)
    if sizes.max(initial=0.0) > LARGEST:
        place = np.unravel_index(np.argmax(sizes), table.shape)
        raise DataError(
            f"{what} reaches {table[place]:.1e} in {_place(place, 0, names)}, and its "
            "square is beyond float64. Rescale, as by ",
            setting(
                "standardised",
                to=True,
                python="problem.standardised()",
                section="problem",
            ),
            ".",
        )


def require_spread(table: np.ndarray, what: str, names: Sequence | None) -> None:
    """Raise `DataError` for a feature whose squares are 0 although it varies."""
    spread = np.ptp(table, axis=0)
    lost = np.flatnonzero((spread > 0) & (spread < LEAST))
    if len(lost):
        name = repr(names[lost[0]]) if names else lost[0]
        raise DataError(
            f"{what}: feature {name} varies by {spread[lost[0]]:.1e} only, and the "
            "square of that is 0 in float64. Rescale the feature."
        )


def _dense(given: Any, what: str) -> None:
    if issparse(given):
        raise DataError(
            f"{what} is a sparse matrix, and rows are needed in full: give "
            "X.toarray(), or Scatter.of(X, y) where that is too large."
        )


def _dtypes(given: Any) -> Any:
    if getattr(given, "columns", None) is not None:
        return getattr(given, "dtypes", ())
    return [getattr(given, "dtype", None)]


def _kind(cell: Any) -> str:
    if is_missing(cell):
        return "missing"
    if isinstance(cell, DATES):
        return "a date"
    if isinstance(cell, str | bytes):
        return "text"
    if isinstance(cell, Complex) and not isinstance(cell, Real):
        return "complex"
    return "a number" if isinstance(cell, SupportsFloat) else "no number"


def is_missing(cell: Any) -> bool:
    """Whether it stands for a value that is not there: None, NaN or NA."""
    try:
        return cell is None or bool(cell != cell)
    except TypeError:  # pandas.NA is neither equal to itself nor different
        return True


def _unmasked(given, what, at, names):
    if not np.ma.isMA(given):
        return
    masked = np.argwhere(np.ma.getmaskarray(given))
    if len(masked):
        where = _place(masked[0], at, names)
        way = WAYS["missing"]
        raise DataError(f"{what}: {where} is masked, and so it is missing; {way}")


def _refused(what, kind, place, at, names):
    where = _place(place, at, names)
    return DataError(f"{what} must hold numbers: {where} is {kind}; {WAYS[kind]}")


def _place(place, at, names):
    row = f"row {at + int(place[0])}"
    if len(place) < 2:
        return row
    column = int(place[1])
    return f"{row}, feature {column if names is None else repr(names[column])}"
