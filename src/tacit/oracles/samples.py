"""The samples of a problem as the oracles read them."""

import numpy as np
from jaxtyping import Float

from ..errors import DataError, require_kind, ShapeError, with_article
from ..problems import Problem


Rows = Float[np.ndarray, "n d"]
Weights = Float[np.ndarray, " n"]


def signed_rows(data: Problem | Rows, asker: str) -> tuple[Rows, Weights]:
    """The `z_i = y_i x_i`, `(n, d)`, and the weights, `(n,)` of sum 1, as NumPy.

    Rows `z_i` given as they are count alike. Raises `ShapeError` and `DataError` where
    they are no finite table, or where a problem has no samples or no two classes.
    """
    if not isinstance(data, Problem):
        rows = _table(data, asker)
        if rows.ndim != 2 or not rows.size:
            raise ShapeError(f"{asker} needs rows (n, d); got shape {rows.shape}.")
        if not np.all(np.isfinite(rows)):
            raise DataError(f"{asker} needs finite rows; drop those that are not.")
        return rows, np.full(len(rows), 1 / len(rows))
    if data.X is None or not data.binary:
        have = "no samples" if data.X is None else f"{len(data.classes)} classes"
        raise DataError(
            f"{asker} needs samples of two classes; this Problem has {have}.\nGive X "
            "and labels; problem.select(classes=...) picks two classes of more."
        )
    X, y = np.asarray(data.X, np.float64), np.asarray(data.y, np.float64)
    mass = np.ones(len(y)) if data.weights is None else np.asarray(data.weights)
    return y[:, None] * X, mass / mass.sum()


def margin_rows(data: Problem | Rows, asker: str) -> tuple[Rows, Weights]:
    r"""`signed_rows`; of more classes the $(e_c - e_j) \otimes x_i$ for $j \ne c$.

    Those are `(n (C - 1), C d)`, sample by sample, each with the weight of its sample.
    """
    if not isinstance(data, Problem) or data.X is None or len(data.classes) < 3:
        return signed_rows(data, asker)
    X, codes, C = np.asarray(data.X, np.float64), data.codes, len(data.classes)
    others = np.array([np.delete(np.arange(C), c) for c in range(C)])[codes]
    apart = np.eye(C)[codes][:, None] - np.eye(C)[others]
    rows = (apart[..., None] * X[:, None, None, :]).reshape(len(X) * (C - 1), -1)
    mass = np.ones(len(X)) if data.weights is None else np.asarray(data.weights)
    return rows, np.repeat(mass / mass.sum(), C - 1)


def regression(problem: Problem, asker: str) -> tuple[Rows, Weights, Weights]:
    """The `X`, `(n, d)`, real targets and weights of sum 1, `(n,)`, as NumPy.

    Samples without weight are left out. Raises `DataError` for classes, for targets of
    several columns, for targets that are all 0, and where there are no samples.
    """
    require_kind("the problem", problem, Problem, "tacit.Problem")
    if problem.X is None or problem.classes or problem.y is None or problem.y.ndim > 1:
        raise DataError(
            f"{asker} needs samples with real targets (n,); give them as floats that "
            "are not all 1, 0 or -1."
        )
    X, y = np.asarray(problem.X, np.float64), np.asarray(problem.y, np.float64)
    mass = np.ones(len(y)) if problem.weights is None else np.asarray(problem.weights)
    kept = mass > 0
    if not np.any(y[kept]):
        raise DataError(f"{asker} needs some target that is not 0; all of them are.")
    return X[kept], y[kept], mass[kept] / mass[kept].sum()


def _table(data: object, asker: str) -> np.ndarray:
    try:
        return np.asarray(data, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{asker} needs a Problem, or the y_i x_i as rows (n, d) of numbers; got "
            f"{with_article(type(data).__name__)}: {error}."
        ) from error
