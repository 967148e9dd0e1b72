"""Reading what is known of a problem by its scatter matrices alone."""

import math

import numpy as np
from jaxtyping import Array
from scipy.linalg import lapack

from .._types import float64
from ..errors import DataError, ShapeError
from .scatter import CELLS, Scatter


LINE = 8
"""Numbers to a line of the processor's cache."""


def read_scatter(
    scatter: Scatter | None, within: object, delta: object, between: object
) -> tuple[np.ndarray, np.ndarray, tuple, Array | None, Array | None]:
    """The scatter within, a factor of that between, and classes, shares and means.

    The last two are None unless a `scatter` says them. Raises `ShapeError` for both a
    `scatter` and matrices, or for matrices that do not fit, and `DataError` for one
    that is not a covariance.
    """
    if scatter is None:
        inner, contrast = _matrices(within, delta, between)
        return inner, contrast, (0, 1) if contrast.shape[1] == 1 else (), None, None
    if within is not None or delta is not None or between is not None:
        raise ShapeError(
            "from_scatter takes a Scatter or matrices, not both; drop one."
        )
    contrast = scatter.contrast
    if len(scatter.classes) == 2:
        contrast = np.sqrt(np.prod(scatter.priors)) * scatter.delta[:, None]
    priors, means = float64(scatter.priors), float64(scatter.means)
    return scatter.within, contrast, scatter.classes, priors, means


def _matrices(
    within: object, delta: object, between: object
) -> tuple[np.ndarray, np.ndarray]:
    """The scatter within classes, and a factor ``(d, r)`` of that between them.

    Raises `ShapeError` where sizes disagree or not exactly one of `delta` and `between`
    is given, and `DataError` for a matrix that is not a covariance.
    """
    if within is None or (delta is None) == (between is None):
        raise ShapeError(
            "from_scatter needs `within` and exactly one of `delta`, `between`.",
            about="delta",
        )
    inner = _covariance("within", within)
    if delta is not None:
        contrast = np.asarray(delta, dtype=np.float64)
        if contrast.ndim != 1:
            raise ShapeError(
                f"delta is a vector (d,); got shape {contrast.shape}.", about="delta"
            )
        contrast = contrast[:, None]
    else:
        values, vectors = np.linalg.eigh(_covariance("between", between))
        kept = values > 1e-12 * values[-1]
        contrast = vectors[:, kept] * np.sqrt(values[kept])
    if len(contrast) != len(inner):
        raise ShapeError(
            f"from_scatter: within is {len(inner)}×{len(inner)} but the class "
            f"difference has {len(contrast)} features.",
            about="delta" if delta is not None else "between",
        )
    if not np.all(np.isfinite(contrast)) or not np.any(contrast):
        raise DataError(
            "from_scatter: the class means must be finite and differ; there is "
            "nothing to discriminate otherwise.",
            about="delta" if delta is not None else "between",
        )
    return inner, contrast


def _covariance(name: str, matrix: object) -> np.ndarray:
    """The matrix made exactly symmetric, which must have no negative eigenvalue."""
    square = np.asarray(matrix, dtype=np.float64)
    if square.ndim != 2 or square.shape[0] != square.shape[1] or not square.size:
        raise ShapeError(
            f"{name} must be a square (d, d); got shape {square.shape}.", about=name
        )
    if not np.all(np.isfinite(square)):
        raise DataError(f"{name} has entries that are not finite.", about=name)
    even = _aligned(square.shape)
    _symmetrise(name, square, even)
    floor = np.full(len(even), -1e-10 * even.diagonal().max())
    if not exceeds(even, floor):
        _symmetrise(name, square, even)
        values = np.linalg.eigvalsh(even)
        if values[0] < -1e-10 * np.abs(values).max():
            raise DataError(
                f"{name} is a covariance, which has no negative eigenvalue; the least "
                f"of this matrix is {values[0]:.3g} and the largest {values[-1]:.3g}.",
                about=name,
            )
    _symmetrise(name, square, even)
    return even


def exceeds(matrix: np.ndarray, floor: np.ndarray) -> bool:
    """Whether a symmetric matrix less ``diag(floor)`` is seen to be positive definite.

    By a Cholesky factor, which is written over `matrix`: no copy, and a tenth of the
    time that eigenvalues take. Where it nearly is not, rounding may say no.
    """
    np.fill_diagonal(matrix, matrix.diagonal() - floor)
    (factor,) = lapack.get_lapack_funcs(("potrf",), (matrix,))
    _, failed = factor(matrix.T, lower=1, clean=0, overwrite_a=1)
    return not failed


def _symmetrise(name: str, square: np.ndarray, even: np.ndarray) -> None:
    """Write the symmetric part of `square` to `even`, some rows at a time."""
    step = max(1, CELLS // len(square))
    close = {"rtol": 1e-8, "atol": 1e-12 * max(square.max(), -square.min())}
    for i in range(0, len(square), step):
        rows, columns = square[i : i + step], square[:, i : i + step].T
        if not np.allclose(rows, columns, **close):
            raise DataError(
                f"{name} must be symmetric; use (M + M.T) / 2 if it is meant so.",
                about=name,
            )
        even[i : i + step] = (rows + columns) / 2


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """An empty array where JAX may take it as it is, and need not copy it."""
    size = math.prod(shape)
    room = np.empty(size + LINE)
    begin = -room.ctypes.data // room.itemsize % LINE
    return room[begin : begin + size].reshape(shape)
