"""Where a balanced diagonal network ends when the within-class scatter is definite."""

import numpy as np
import scipy.optimize
from jaxtyping import ArrayLike

from ..errors import DataError, ShapeError
from ..problems import Problem
from .base import (
    AbstractAnswer,
    certified,
    contrast_of,
    Direction,
    factor,
    Mask,
    maximiser,
    named,
    Scatter,
    side_of,
    signs_of,
    stationarity,
    units,
    vector_of,
    within_of,
)


class OrthantLimit(AbstractAnswer):
    """The unit maximiser of `J` among the predictors signed as the start."""

    value: Direction
    residual: float
    objective: float
    """`J` at the limit: the largest on the orthant."""
    slope: Direction
    """The slope of `-log J` at `value`: 0 on the support, signed as `signs` off it."""
    support: Mask
    signs: Direction
    """The sign each coordinate must keep; 0 where it is free."""

    def certificate(self, problem: Problem) -> float:
        # J is quasi-concave where the contrast is positive, so the conditions of
        # Karush, Kuhn and Tucker are sufficient: w >= 0, slope >= 0, never both > 0.
        within, contrast = within_of(problem), contrast_of(problem, "OrthantLimit")
        pull = contrast * np.sign(contrast @ self.value)
        slack = stationarity(within, pull, self.value)
        scaled = self.value * units(within + np.outer(contrast, contrast))
        pairs = np.minimum(
            self.signs * scaled / np.linalg.norm(scaled), self.signs * slack
        )
        stray = np.where(self.signs == 0, slack, pairs)
        length = np.linalg.norm(self.value)
        return float(max(np.abs(stray).max(), abs(length - 1)))


def orthant_limit(
    problem: Problem, w0: ArrayLike, free: ArrayLike | None = None
) -> OrthantLimit:
    """The direction in which a balanced diagonal network of any depth >= 2 ends.

    Its predictor starts at `w0` and keeps every sign; of all such predictors with
    `delta . w` on the side of `delta . w0` the limit maximises `J`. Coordinates in the
    mask `free` may change sign: those whose smallest layer is the only smallest one,
    in a network that is not balanced.

    Raises `DataError` where `w0` is 0 at a coordinate that is not free, where
    `delta . w0 = 0`, where `between` has rank 2 or more, and where `J` has no single
    maximiser: the kernel of the within-class scatter then enters the orthant.
    """
    within, contrast = within_of(problem), contrast_of(problem, "orthant_limit")
    start = vector_of(w0, problem)
    locked = ~_mask(free, len(start))
    signs = signs_of(start, locked, problem)
    pull = signs * contrast * side_of(contrast, start)
    turned = within * np.outer(signs, signs)
    dead = np.diag(within) + contrast**2 == 0
    if np.any(dead):
        raise DataError(
            f"J does not depend on {named(problem, dead)}, constant in the data: it "
            "stays where it starts.\nDrop it first (problem.varying())."
        )
    rank, d = len(factor(within)), len(start)
    try:
        v = maximiser(turned, pull, locked)
        single = v is None or rank == d or _single(turned, pull, v, locked)
    except np.linalg.LinAlgError:
        v, single = start, False
    if not single:
        raise DataError(
            "orthant_limit needs a single maximiser of J; features that depend on each "
            f"other (rank {rank} of {d}) make many, and the limit depends on w0 and "
            "depth.\nDrop the duplicates (problem.select), or add a ridge to `within`."
        )
    if v is None:
        raise DataError(
            "orthant_limit needs J to be bounded on the orthant of w0; the kernel of "
            f"the within-class scatter (rank {rank} of {d}) enters it.\nThe limit then "
            "depends on depth: oracles.singular_limit(problem, w0, depth)."
        )
    w = signs * v / np.linalg.norm(v)
    answer = OrthantLimit(
        value=w,
        residual=np.nan,
        objective=float(pull @ v),
        slope=2 * (within @ w / (w @ within @ w) - contrast / (contrast @ w)),
        support=w != 0,
        signs=np.where(locked, signs, 0.0),
    )
    return certified(answer, problem)


def _mask(free: ArrayLike | None, d: int) -> Mask:
    mask = np.zeros(d, bool) if free is None else np.asarray(free)
    if mask.shape != (d,) or mask.dtype != bool:
        raise ShapeError(
            f"free is a mask of {d} booleans, one a feature; got shape {mask.shape} of "
            f"{mask.dtype}."
        )
    return mask


def _single(within: Scatter, pull: Direction, v: Direction, locked: Mask) -> bool:
    """Whether every step that keeps `J` leaves the cone: a linear programme."""
    # Such a step is in the kernel and moves only where the slope is 0. The support is
    # independent, so it must open some coordinate that is 0 now.
    flat = stationarity(within, pull, v) < 1e-10
    openable = locked & (v == 0) & flat
    if not openable.any():
        return True
    moving = ~locked | (v > 0)
    lowest, highest = np.where(moving, -1.0, 0.0), np.where(moving | openable, 1.0, 0.0)
    found = scipy.optimize.linprog(
        -openable.astype(float),
        A_eq=factor(within) / units(within),
        b_eq=np.zeros(len(factor(within))),
        bounds=np.stack([lowest, highest], axis=1),
    )
    return not found.success or -found.fun < 1e-6
