"""Reading what scikit-learn's users hand over: tables, labels, weights and folds."""

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from ...errors import DataError
from ...problems.labels import coded


def read_table(estimator: Any, X: Any, *, reset: bool) -> Any:
    """The rows ``(n, d)`` in float64, dense or CSR, after scikit-learn's own checks."""
    return validate_data(
        estimator, X, accept_sparse="csr", dtype=np.float64, reset=reset
    )


class Sample(NamedTuple):
    """Rows that have weight."""

    table: Any
    codes: np.ndarray
    classes: np.ndarray
    weights: np.ndarray
    held: np.ndarray | None
    """The weight that each fold of a splitter holds out; None without a splitter."""


def read_sample(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    reset: bool = True,
    splitter: Any = None,
) -> Sample:
    """Rows ``(n, d)``, labels and weights, without the rows of weight 0.

    A `splitter`, or an iterable of splits, is asked before those rows go. Raises
    `DataError` for missing labels, by row; otherwise as scikit-learn does.
    """
    if y is None:
        validate_data(estimator, X, None)  # pyright: ignore[reportArgumentType]
    table = read_table(estimator, X, reset=reset)
    check_consistent_length(table, y)
    labels = column_or_1d(np.asarray(y), warn=True)
    codes, _ = coded(labels, "y")
    if labels.dtype == object:  # a data frame's nullable column
        labels = np.array(labels.tolist())
    check_classification_targets(labels)
    weights = _check_sample_weight(
        sample_weight, table, dtype=np.float64, ensure_non_negative=True
    )
    kept = weights > 0
    if not kept.any():
        raise DataError("sample_weight is 0 in every row; give some row weight.")
    held = None if splitter is None else _split(splitter, table, codes, weights)
    if not kept.all():
        table, labels, weights = table[kept], labels[kept], weights[kept]
        held = None if held is None else held[kept]
    codes, classes = coded(labels, "y")
    return Sample(table, codes, np.array(classes), weights, held)


def _split(
    splitter: Any, table: Any, codes: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    found: Any = check_cv(splitter, codes, classifier=True)
    splits = list(found.split(table, codes))
    held = np.zeros((len(codes), len(splits)))
    for k, (_, test) in enumerate(splits):
        held[test, k] = weights[test]
    return held


def folds_of(cv: Any) -> int | None:
    """How many folds `cv` asks for; None if it is a splitter."""
    whole = isinstance(cv, Integral) and not isinstance(cv, bool)
    return int(cv) if whole else None


def require_classes(classes: np.ndarray) -> None:
    """Raise `DataError` unless there is something to tell apart."""
    if len(classes) < 2:
        raise DataError(
            "The number of classes has to be greater than one; got 1 class "
            f"({classes[0]!r}) among the rows that have weight."
        )
