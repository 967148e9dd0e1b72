"""Reading what people hand over: tables, labels, weights. Errors name the place."""

from typing import Any

import numpy as np

from .errors import DataError, ShapeError


def read_design(X: object) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """The ``(n, d)`` float64 values of a table, and its column names if it has any.

    Raises `ShapeError` unless it is a table with at least one row and one column, and
    `DataError` if an entry is not a finite number.
    """
    columns = getattr(X, "columns", None)
    names = None if columns is None else tuple(str(c) for c in columns)
    try:
        table = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"X must hold numbers: {error}. Encode text columns first."
        ) from error
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
    return table, names


def read_labels(y: object, n: int) -> tuple[np.ndarray, tuple]:
    """Integer codes ``(n,)`` with the class labels, or real targets with ``()``.

    Raises `ShapeError` for a length other than `n` and `DataError` for missing labels,
    targets that are not finite, an unused category and a single class.
    """
    categories = getattr(getattr(y, "dtype", None), "categories", None)
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1 and labels.dtype.kind != "f":
        labels = labels[:, 0]
    if labels.ndim not in (1, 2) or len(labels) != n:
        raise ShapeError(f"X has {n} rows but y has shape {labels.shape}.")
    if labels.dtype.kind in "OUST":
        return _classes(_text(labels), categories)
    if labels.dtype.kind == "f":
        bad = np.count_nonzero(~np.isfinite(labels))
        if bad:
            raise DataError(
                f"y has {bad} entries that are not finite; drop those rows."
            )
        known = set(np.unique(labels)) if labels.ndim == 1 else {None}
        if not (known <= {-1.0, 1.0} or known <= {0.0, 1.0}):
            return labels.astype(np.float64), ()
    elif labels.dtype.kind not in "biu":
        raise DataError(f"y must hold labels or numbers; got dtype {labels.dtype}.")
    elif labels.ndim == 2:
        return labels.astype(np.float64), ()
    return _classes(labels, categories)


def read_weights(weights: object, n: int) -> np.ndarray | None:
    """Sample weights ``(n,)``, or None; `DataError` if negative or without sum."""
    if weights is None:
        return None
    mass = np.asarray(weights, dtype=np.float64)
    if mass.shape != (n,):
        raise ShapeError(f"X has {n} rows but weights has shape {mass.shape}.")
    if not np.all(np.isfinite(mass)) or np.any(mass < 0) or not mass.sum() > 0:
        raise DataError(
            f"weights must be finite, at least 0 and not all 0; they span "
            f"{mass.min()} to {mass.max()}."
        )
    return mass


def pick(wanted: object, known: tuple, what: str) -> np.ndarray:
    """Positions in `known` of the names, indices or mask `wanted`."""
    choice = np.atleast_1d(np.asarray(wanted))
    if choice.dtype == bool:
        if len(choice) != len(known):
            raise ShapeError(
                f"the mask over {what} has {len(choice)} entries for {len(known)}."
            )
        return np.flatnonzero(choice)
    places = {_plain(name): i for i, name in enumerate(known)}
    missing = [c for c in choice.tolist() if c not in places]
    if missing:
        listed = ", ".join(map(str, list(known)[:8]))
        raise DataError(f"no {what} {missing[0]!r}; there are {len(known)}: {listed}.")
    return np.array([places[c] for c in choice.tolist()])


def _text(labels: np.ndarray) -> np.ndarray:
    missing = [i for i, x in enumerate(labels.ravel()) if x is None or x != x]
    if missing:
        raise DataError(f"y has no label in row {missing[0]}; drop or fill it.")
    return labels


def _classes(
    labels: np.ndarray, categories: Any
) -> tuple[np.ndarray, tuple[object, ...]]:
    try:
        found, codes = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise DataError(f"y mixes kinds of labels: {error}.") from error
    classes = tuple(_plain(c) for c in found)
    unused = [] if categories is None else sorted(set(categories) - set(classes))
    if unused:
        raise DataError(
            f"y has the category {unused[0]!r} but no sample of it; "
            "remove unused categories first."
        )
    if len(classes) < 2:
        raise DataError(
            f"y has one class only, {classes[0]!r}: nothing to tell apart. "
            "Give samples of a second class, or real-valued targets."
        )
    return codes.reshape(-1), classes


def _plain(label: object) -> object:
    return label.item() if isinstance(label, np.generic) else label
