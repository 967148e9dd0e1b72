"""One chunk of rows, as people hand it over: sizes checked, labels counted."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ..errors import DataError, ShapeError
from .cells import as_numbers, require_dense_and_whole
from .labels import coded, unsortable
from .sparse_rows import read_sparse
from .tables import require_countable


def read_chunk(
    at: int, X: object = None, y: object = None, weights: object = None, *more: object
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Arrays of agreeing sizes; `X` keeps its dtype for memory's sake, or is sparse."""
    where = f"Scatter, the chunk from row {at}:"
    if X is None or y is None or more:
        raise ShapeError(f"{where} give (X, y) or (X, y, weights).")
    require_dense_and_whole(y, f"{where} y", at)
    read = read_sparse if issparse(X) else as_numbers
    table: Any = read(X, f"{where} X", at)
    labels = np.asarray(y)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ShapeError(
            f"{where} X must be n rows by d features; got shape {table.shape}. "
            "For a single feature use X[:, None]."
        )
    n = table.shape[0]
    if labels.shape != (n,):
        raise ShapeError(f"{where} X has {n} rows but y has shape {labels.shape}.")
    if weights is None:
        mass = np.ones(n)
    else:
        mass = as_numbers(weights, f"{where} weights", at).astype(np.float64)
    if mass.shape != (n,):
        raise ShapeError(f"{where} X has {n} rows but weights has shape {mass.shape}.")
    require_countable(mass, f"{where} weights", at)
    return table, labels, mass


def read_rows(
    at: int, X: Any, y: np.ndarray, weights: np.ndarray, known: tuple | None
) -> tuple[tuple, np.ndarray, Any, np.ndarray]:
    """Classes, codes, a float64 copy of `X` and weights of the rows that have weight.

    The first row is row `at` of the stream. Raises `DataError`.
    """
    rows = at + np.flatnonzero(weights)
    if len(rows) < len(weights):
        kept = weights > 0
        X, y, weights = X[kept], y[kept], weights[kept]
    if issparse(X):
        table = X
    elif not np.isfinite(table := np.array(X, dtype=np.float64)).all():
        row, column = np.argwhere(~np.isfinite(table))[0]
        raise DataError(
            f"Scatter: X holds {table[row, column]} in feature {column} of row "
            f"{rows[row]}; impute it or give the row weight 0."
        )
    codes, found = _classes(at, y)
    strange = [c for c in found if known is not None and c not in known]
    if strange:
        raise DataError(
            f"Scatter: label {strange[0]!r} near row {at} is not among the classes "
            f"given, {', '.join(map(repr, known or ()))}; add it or drop its rows."
        )
    return found, codes, table, weights


def in_order(labels: Iterable) -> tuple:
    """The labels without repetition, sorted."""
    try:
        return tuple(sorted(set(labels)))
    except TypeError as error:
        raise unsortable("Scatter", error) from error


def _classes(at: int, y: np.ndarray) -> tuple[np.ndarray, tuple]:
    if y.dtype.kind == "f" and np.any(np.isinf(y) | (np.floor(y) != y) & ~np.isnan(y)):
        raise DataError(
            f"Scatter: y near row {at} has real numbers; labels are strings or whole "
            "numbers. Give classes, or use a loss for real targets."
        )
    return coded(y, "Scatter: y", at)
