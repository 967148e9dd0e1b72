"""What the oracles share: an answer to be checked, and the maximiser on a cone."""

import abc
import dataclasses
from collections.abc import Iterable
from typing import TypeVar

import equinox as eqx
import numpy as np
import scipy.linalg
import scipy.optimize
from equinox import AbstractVar
from jaxtyping import ArrayLike, Bool, Float

from ..errors import DataError, require_kind, ShapeError
from ..problems import Problem


Direction = Float[np.ndarray, " d"]
Mask = Bool[np.ndarray, " d"]
Scatter = Float[np.ndarray, "d d"]


class AbstractAnswer(eqx.Module):
    """An exact answer, and the residual of the certificate that proves it.

    To add one: declare `value`, `residual` and whatever else the certificate reads
    as NumPy arrays, and define `certificate`; the oracle, a function of a `Problem`,
    returns `certified(answer, problem)`.
    """

    value: AbstractVar[np.ndarray]
    residual: AbstractVar[float]
    """What `certificate` said of this answer at the problem it was made for."""

    @abc.abstractmethod
    def certificate(self, problem: Problem) -> float:
        """How far this answer is from being the answer at `problem`: 0 if it is.

        Relative, free of the units of the features, and computed from the scatter
        of `problem` and the fields alone, whatever way they were found.
        """

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.value}, residual {self.residual:.1e}"


Answer = TypeVar("Answer", bound=AbstractAnswer)


def certified(answer: Answer, problem: Problem) -> Answer:
    """The answer with its certificate's residual filled in."""
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def within_of(problem: Problem) -> Scatter:
    """The within-class scatter, `(d, d)`, as NumPy.

    Raises `KindError` for what is no `Problem`.
    """
    require_kind("the problem", problem, Problem, "tacit.Problem")
    return np.asarray(problem.within, dtype=np.float64)


def contrast_of(problem: Problem, asker: str) -> Direction:
    """The `c` with `between = c cᵀ`, `(d,)`.

    Raises `DataError` where `between` has a rank other than 1.
    """
    contrast = np.asarray(problem.contrast, dtype=np.float64)
    unit = units(within_of(problem) + contrast @ contrast.T)
    left, sizes, _ = np.linalg.svd(contrast / unit[:, None], full_matrices=False)
    rank = int(np.sum(sizes > 1e-12 * sizes[0]))
    if rank != 1:
        raise DataError(
            f"{asker} needs a between-class scatter of rank 1 (two classes); this "
            f"one has rank {rank}.\nUse oracles.optimum(problem, outputs=k) for more "
            "classes, or problem.select(classes=...) for two of them."
        )
    if contrast.shape[1] == 1:
        return contrast[:, 0]
    return unit * left[:, 0] * sizes[0]


def units(scatter: Scatter) -> Direction:
    """The deviation of every feature, 1 for a constant one: what features count in."""
    deviation = np.sqrt(np.diag(scatter))
    return np.where(deviation > 0, deviation, 1.0)


def factor(scatter: Scatter) -> Float[np.ndarray, "r d"]:
    """The `F` of full row rank with `Fᵀ F` equal to the scatter.

    The rank is judged on the correlations, so it does not depend on units.
    """
    unit = units(scatter)
    sizes, vectors = np.linalg.eigh(scatter / np.outer(unit, unit))
    kept = sizes > 32 * len(unit) * np.finfo(float).eps * max(sizes[-1], 1.0)
    return (vectors[:, kept] * np.sqrt(sizes[kept])).T * unit


def require_invertible(scatter: Scatter, asker: str) -> None:
    """Raise `DataError` where the within-class scatter is singular."""
    d, rank = len(scatter), len(factor(scatter))
    if rank < d:
        raise DataError(
            f"{asker} needs an invertible within-class scatter; this one has rank "
            f"{rank} for {d} features.\nUse oracles.singular_limit, drop constant "
            "features (problem.varying()), or add a ridge to `within`."
        )


def vector_of(w0: ArrayLike, problem: Problem) -> Direction:
    """The start as NumPy, `(d,)`.

    Raises `ShapeError` if it has another shape, `DataError` if it is not finite.
    """
    start, d = np.asarray(w0, dtype=np.float64), len(problem.within)
    if start.shape != (d,):
        raise ShapeError(f"w0 has shape {start.shape}; the problem has {d} features.")
    if not np.all(np.isfinite(start)):
        where = named(problem, ~np.isfinite(start))
        raise DataError(f"w0 is not finite at {where}. Give a finite start.")
    return start


def signs_of(start: Direction, locked: Mask, problem: Problem) -> Direction:
    """The sign of every locked coordinate of the start, 1 for the others.

    Raises `DataError` where a locked coordinate starts at 0.
    """
    lost = locked & (start == 0)
    if np.any(lost):
        raise DataError(
            f"w0 needs a sign wherever signs are frozen; it is 0 at "
            f"{named(problem, lost)}.\nA balanced network keeps such a coordinate at "
            "0 for ever: drop it (problem.select), or start it off 0."
        )
    return np.where(locked, np.sign(start), 1.0)


def side_of(contrast: Direction, start: Direction) -> float:
    """The sign of the contrast along the start, which training never changes.

    Raises `DataError` where it is 0 to rounding.
    """
    along = float(contrast @ start)
    if abs(along) <= 4 * np.finfo(float).eps * float(np.abs(contrast) @ np.abs(start)):
        raise DataError(
            f"w0 must separate the class means a little; delta . w0 = {along:.1e}, "
            "where J = 0 and its logarithm has no slope.\nMove w0 off this plane."
        )
    return float(np.sign(along))


def named(problem: Problem, mask: Mask) -> str:
    """The features of a mask in words: by name where the problem has names."""
    names: Iterable[object] = np.flatnonzero(mask).tolist()
    if problem.features is not None:
        names = (repr(problem.features[i]) for i in np.flatnonzero(mask))
    listed = [str(name) for name in names]
    more = f" and {len(listed) - 8} more" if len(listed) > 8 else ""
    return f"feature{'s' * (len(listed) > 1)} {', '.join(listed[:8])}{more}"


def stationarity(within: Scatter, pull: Direction, w: Direction) -> Direction:
    """The slope of `-½ log J` times `pull·w`, over the size of `pull`, unit-free.

    `J` is `(pull·w)² / wᵀ within w`; 0 exactly where its slope is.
    """
    unit = units(within + np.outer(pull, pull))
    spread = w @ within @ w
    push = within @ w * ((pull @ w) / spread) if spread > 0 else np.inf * unit
    return (push - pull) / unit / np.linalg.norm(pull / unit)


def maximiser(within: Scatter, pull: Direction, locked: Mask) -> Direction | None:
    """The `v` with `v_i >= 0` where locked that maximises `(pull·v)² / vᵀ within v`.

    Scaled so that `within v = pull` on its support; `None` where `J` has no maximum.
    Raises `LinAlgError` where features of the support depend on each other.
    """
    # Of all multiples of a direction the best leaves |F v|² + (pull·v - 1)² at
    # 1 / (1 + J): one non-negative least-squares problem, singular `within` or not.
    unit = units(within + np.outer(pull, pull))
    within, pull = within / np.outer(unit, unit), pull / unit
    columns = np.vstack([factor(within), pull])
    target = np.zeros(len(columns))
    target[-1] = 1.0
    free = columns[:, :0] if locked.all() else scipy.linalg.orth(columns[:, ~locked])
    v, beyond = np.zeros(len(pull)), target - free @ (free.T @ target)
    misfit = float(np.linalg.norm(beyond))
    if locked.any():  # nnls crashes on a matrix without columns
        v[locked], misfit = scipy.optimize.nnls(
            columns[:, locked] - free @ (free.T @ columns[:, locked]),
            beyond,
            maxiter=100 + 10 * len(pull),
        )
    if misfit < 1e-9:
        return None
    if free.shape[1] < np.sum(~locked):
        raise np.linalg.LinAlgError("the free features depend on each other")
    support = ~locked | (v > 0)
    for _ in range(10 + 2 * len(pull)):  # exact on its support, which rarely moves
        v = np.zeros(len(pull))
        v[support] = solve(within[np.ix_(support, support)], pull[support])
        slack = within @ v - pull
        wrong = support & locked & (v <= 0)
        late = ~support & (slack < -1e-12 * np.abs(pull).max())
        if wrong.any():
            support = support & ~wrong
        elif late.any():
            support[np.argmin(np.where(late, slack, 0.0))] = True
        else:
            break
    return v / unit


def solve(matrix: Scatter, right: Direction) -> Direction:
    """The solution for a positive definite matrix, refined once."""
    held = scipy.linalg.cho_factor(matrix)
    x = scipy.linalg.cho_solve(held, right)
    return x + scipy.linalg.cho_solve(held, right - matrix @ x)
