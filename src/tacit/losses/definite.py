"""What losses of scatters need of a problem and of a start."""

import numpy as np

from ..errors import DataError, setting, Way
from ..problems import Problem
from ..problems.matrices import exceeds
from ..problems.products import Dense, Tall
from .scatter import AbstractScatterLoss


def require_definite(
    problem: Problem, loss: AbstractScatterLoss, scatter: Dense | Tall
) -> None:
    """Raise `DataError` where the loss needs an invertible scatter and has none."""
    if not loss.needs_definite:
        return
    name = type(loss).__name__
    ways = (
        " Use ",
        Way('Fisher(form="inverse")', 'Fisher with `form = "inverse"`'),
        ", which has a limit there, `input_ridge` (keeps the scale invariance) or "
        "`ridge`; ",
        setting(
            "singular", to=True, python="`Risk(..., singular=True)`", section="problem"
        ),
        " if it is meant.",
    )
    flat = np.flatnonzero(problem.constant)
    if len(flat):
        names = problem.features or tuple(range(problem.d))
        listed = ", ".join(str(names[i]) for i in flat[:5])
        raise DataError(
            f"{name} needs S_w > 0, but {len(flat)} of {problem.d} features are "
            f"constant: {listed}. Drop them with ",
            setting("varying", to=True, python="problem.varying()", section="problem"),
            ".",
            *ways,
        )
    if isinstance(scatter, Dense):
        rank = _rank(np.asarray(scatter.matrix)[:, : problem.d])
    else:
        rank = problem.n - len(problem.classes)
    if rank < problem.d:
        size = f"n = {problem.n} samples of " if problem.n else ""
        raise DataError(
            f"{name} needs S_w > 0, but with {size}d = {problem.d} features its rank "
            f"is {rank} and J has no maximum.",
            *ways,
        )


def _rank(S: np.ndarray) -> int:
    """The rank of a covariance whose features are brought to one scale."""
    d, eps = len(S), np.finfo(float).eps
    size = np.where(np.diag(S) > 0, np.diag(S), 1.0)
    if exceeds(S.copy(), d * eps * d * size):  # of that scale none is larger than d
        return d
    values = np.linalg.eigvalsh(S / np.sqrt(np.outer(size, size)))
    return int(np.sum(values > d * eps * max(values[-1], 0)))


def require_discriminating(E: np.ndarray, contrast: np.ndarray) -> None:
    """Raise `DataError` for a predictor that sees no difference of the classes."""
    rounding = 4 * np.finfo(float).eps * (np.abs(E) @ np.abs(contrast))
    nothing = np.sqrt(np.finfo(float).tiny)  # its square, which J is made of, is 0
    if np.all(np.abs(E @ contrast) <= np.maximum(rounding, nothing)):
        raise DataError(
            "the start does not tell the classes apart: delta . w = 0 there, so J = 0 "
            "and its sign decides which limit is reached. Move it off this hyperplane.",
            about="w0",
        )
