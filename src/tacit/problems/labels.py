"""Reading labels: what is a class, in what order, and which ones are meant."""

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from .cells import is_missing, require_dense_and_whole, require_moderate


def read_labels(y: object, n: int) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Integer codes ``(n,)`` with the class labels, or real targets with ``()``.

    Raises `ShapeError` for a length other than `n` and `DataError` for missing labels,
    targets that are not finite, an unused category and a single class.
    """
    require_dense_and_whole(y, "y")
    categories = getattr(getattr(y, "dtype", None), "categories", None)
    labels = _flat(y)
    if labels.dtype == object and all(isinstance(x, Real) for x in labels.flat):
        labels = np.array(labels.tolist())  # a data frame's columns of mixed numbers
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim not in (1, 2) or len(labels) != n:
        raise ShapeError(f"X has {n} rows but y has shape {labels.shape}.")
    if labels.dtype.kind not in "biufOUST":
        raise DataError(
            f"y must hold labels or real numbers; got dtype {labels.dtype}. Write "
            "dates and the like as text for labels, or as numbers for targets."
        )
    if labels.dtype.kind == "f":
        bad = np.count_nonzero(~np.isfinite(labels))
        if bad:
            first = np.argwhere(~np.isfinite(labels))[0][0]
            raise DataError(
                f"y has {bad} entries that are not finite, the first in row {first}; "
                "drop those rows.",
                about="y",
            )
        require_moderate(labels, "y", None)
        known = set(np.unique(labels))
        if labels.ndim == 2 or not (known <= {-1.0, 1.0} or known <= {0.0, 1.0}):
            return labels.astype(np.float64), ()
    if labels.ndim == 2:
        if labels.dtype.kind in "biu":
            return labels.astype(np.float64), ()
        raise ShapeError(
            f"y has shape {labels.shape}; class labels are one column, ({n},)."
        )
    codes, classes = coded(labels, "y")
    unused = [] if categories is None else [c for c in categories if c not in classes]
    if unused:
        raise DataError(
            f"y has the category {unused[0]!r} but no sample of it; "
            "remove unused categories first."
        )
    if classes[0] == classes[-1]:
        raise DataError(
            f"the labels are of one class only, {classes[0]!r}: nothing to tell apart. "
            "Give samples of a second class, or real-valued targets.",
            about="y",
        )
    return codes, classes


def coded(
    labels: np.ndarray, where: str, at: int = 0
) -> tuple[np.ndarray, tuple[Any, ...]]:
    """The place ``(n,)`` of every label among the classes, and those, sorted.

    `where` says whose labels they are and `at` which row the first one is, for the
    `DataError` when one is missing or they cannot be sorted together.
    """
    missing = [i for i, label in enumerate(labels) if is_missing(label)]
    if missing:
        raise DataError(
            f"{where} has {len(missing)} missing labels, the first in row "
            f"{at + missing[0]}; fill them in or drop those rows."
        )
    try:
        found, codes = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise unsortable(where, error) from error
    return codes.reshape(-1), tuple(_plain(label) for label in found)


def unsortable(where: str, error: TypeError) -> DataError:
    """What to say of labels that have no common order."""
    return DataError(
        f"{where} has labels of different kinds, which cannot be sorted ({error}); "
        "use strings throughout or numbers throughout."
    )


def pick_features(wanted: Any, d: int, names: tuple[str, ...] | None) -> np.ndarray:
    """Columns by name, by index or by a mask ``(d,)``, in the order asked for."""
    choice = np.asarray(_listed(wanted))
    if choice.dtype == bool and choice.shape != (d,):
        raise ShapeError(f"the mask has {choice.size} entries for {d} features.")
    if choice.dtype == bool:
        return np.flatnonzero(choice)
    if choice.dtype.kind in "iu":
        outside = choice[(choice < -d) | (choice >= d)]
        if outside.size:
            raise DataError(f"no feature {outside[0]}; there are {d}, counted from 0.")
        return choice % d
    return _places(_listed(wanted), names or (), "feature")


def pick_classes(wanted: Any, classes: tuple) -> np.ndarray:
    """Places of the labels `wanted` among the classes."""
    return _places(_listed(wanted), classes, "class")


def _listed(wanted: Any) -> list:
    alone = isinstance(wanted, str | bytes) or not isinstance(wanted, Iterable)
    return [_plain(x) for x in ([wanted] if alone else wanted)]


def _places(wanted: list, known: tuple, what: str) -> np.ndarray:
    missing = [x for x in wanted if x not in known]
    if missing or not wanted:
        have = ", ".join(map(str, known[:8])) + ", …" * (len(known) > 8)
        asked = f"no {what} {missing[0]!r}" if missing else f"no {what} asked for"
        raise DataError(f"{asked}; there are {len(known)}: {have or 'none by name'}.")
    doubled = [x for x in wanted if known.count(x) > 1]
    if doubled:
        raise DataError(f"{known.count(doubled[0])} {what}s are called {doubled[0]!r}.")
    return np.array([known.index(x) for x in wanted])


def _plain(label: object) -> object:
    return label.item() if isinstance(label, np.generic) else label


def _flat(y: object) -> np.ndarray:
    try:
        return np.asarray(y)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"y is no column of labels or numbers: {error}.") from error
