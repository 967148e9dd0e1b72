"""Where a balanced diagonal network ends when the within-class scatter is singular."""

import functools

import numpy as np
import scipy.optimize
from jaxtyping import ArrayLike, Float

from ..errors import DataError
from ..problems import Problem
from .base import (
    AbstractAnswer,
    certified,
    contrast_of,
    Direction,
    factor,
    side_of,
    signs_of,
    units,
    vector_of,
    within_of,
)


Rows = Float[np.ndarray, "r d"]


class SingularLimit(AbstractAnswer):
    """The nearest point of the kernel, per unit of contrast, in the metric of a depth.

    With `D` the Bregman divergence of the depth's entropy, the limit `w` minimises
    `D(w, w0) / (delta . w)` over the kernel of `within`.
    """

    value: Direction
    """The predictor itself, scale included."""
    residual: float
    start: Direction
    depth: int

    def certificate(self, problem: Problem) -> float:
        within, contrast = within_of(problem), contrast_of(problem, "SingularLimit")
        w, w0, unit = self.value, self.start, units(within)
        scaled, L = w * unit, self.depth
        lost = np.linalg.norm(within @ w / unit) / np.linalg.norm(scaled)
        norms = np.sum(np.abs([w, w0]) ** (2 / L), axis=1)
        on_side = (contrast @ w) * (contrast @ w0) > 0
        if not on_side or (L > 1 and np.any(w * w0 <= 0)):
            return float("inf")
        moved = np.sign(w0) * (_slope(np.abs(w), L) - _slope(np.abs(w0), L))
        if L == 1:
            moved = w - w0
        # Stationary on the kernel: what moved is a push of `within` and the contrast.
        pushes = np.linalg.qr(np.vstack([factor(within), contrast]).T)[0]
        stray = np.linalg.norm(moved - pushes @ (pushes.T @ moved))
        stray /= max(np.linalg.norm(moved), 1e-300)
        return float(max(lost, stray, abs(norms[0] / norms[1] - 1)))


def singular_limit(problem: Problem, w0: ArrayLike, depth: int) -> SingularLimit:
    """The predictor in which a balanced diagonal network that starts at `w0` ends.

    For a kernel of the within-class scatter that meets the open orthant of `w0` with
    `delta . w` on the side of `delta . w0`; at `depth` 1 there is no orthant.

    Raises `DataError` where the kernel does not, where `w0` has a 0 at a depth of 2
    or more, where `delta . w0 = 0`, and for a depth below 1.
    """
    if depth < 1:
        raise DataError(f"singular_limit needs a depth of 1 or more; got {depth}.")
    within, contrast = within_of(problem), contrast_of(problem, "singular_limit")
    start = vector_of(w0, problem)
    signs = signs_of(start, np.full(len(start), depth > 1), problem)
    toward = signs * contrast * side_of(contrast, start)
    facing = within * np.outer(signs, signs)
    rows, meets = _kernel(facing.tobytes(), toward.tobytes(), depth > 1)
    if not meets:
        r, d = len(rows) - 1, len(start)
        raise DataError(
            "singular_limit needs the kernel of the within-class scatter to meet the "
            f"open orthant of w0, with delta . w on the side of w0; it has rank {r} of "
            f"{d}, and its kernel does not.\nWhere it misses the closed orthant too, "
            "depth does not matter: oracles.orthant_limit(problem, w0)."
        )
    w = signs * _limit(rows, signs * start, depth)
    return certified(SingularLimit(w, np.nan, start, depth), problem)


def _slope(w: Direction, L: int) -> Direction:
    """The slope of the entropy at `w > 0`, in which the flow is linear in the loss."""
    if L == 1:
        return w
    return np.log(w) / 2 if L == 2 else -(w ** (2 / L - 1)) / (L - 2)


def _inverse(p: Direction, L: int) -> Direction:
    """The `w` with that slope; infinite where there is none."""
    if L == 1:
        return p
    if L == 2:
        return np.exp(2 * p)
    return np.where(p < 0, np.abs((L - 2) * p) ** (-L / (L - 2)), np.inf)


@functools.lru_cache(maxsize=8)
def _kernel(within: bytes, contrast: bytes, signed: bool) -> tuple[Rows, bool]:  # noqa: FBT001
    """Orthonormal rows of the scatter and of what the contrast adds to them.

    And whether the kernel meets the orthant of ones. Both are those of arrays of
    float64, told by their bytes: all depths, and all starts with the same signs, ask
    for the same, and a linear programme over hundreds of features takes long.
    """
    delta = np.frombuffer(contrast)
    d = len(delta)
    walls = factor(np.frombuffer(within).reshape(d, d))
    walls = np.linalg.qr(walls.T)[0].T
    pull = delta - walls.T @ (walls @ delta)
    meets = bool(np.linalg.norm(pull) > 1e-10 * np.linalg.norm(delta))
    if meets and signed:
        # The largest t with w >= t, pull.w >= t and mean(w) = 1 on the kernel.
        r = len(walls)
        above = -np.vstack([np.eye(d), pull / np.abs(pull).max()])
        equal = np.vstack([walls, np.full(d, 1 / d)])
        found = scipy.optimize.linprog(
            np.append(np.zeros(d), -1.0),
            A_ub=np.hstack([above, np.ones((d + 1, 1))]),
            b_ub=np.zeros(d + 1),
            A_eq=np.hstack([equal, np.zeros((r + 1, 1))]),
            b_eq=np.append(np.zeros(r), 1.0),
            bounds=[(0, None)] * d + [(None, None)],
        )
        meets = bool(found.success and -found.fun > 1e-6)
    size = np.linalg.norm(pull)
    rows = np.vstack([walls, pull / size if size else pull])
    rows.setflags(write=False)  # it is handed out again
    return rows, meets


def _limit(rows: Rows, w0: Direction, L: int) -> Direction:
    """Solve for `w > 0` on the kernel with the size of `w0`.

    The limit has `slope(w) = slope(w0) + rowsᵀ y`. At a contrast `tau = rows[-1].w` the
    dual is smooth and convex in `y`, and the size Q of its solution grows with `tau`:
    with `V` the least divergence at `tau`, `Q(tau) = Q(w0) + 2 (tau V' - V)`, so
    `Q' = 2 tau V'' > 0`. One root, whatever the depth.
    """
    base, size = _slope(w0, L), np.sum(np.abs(w0) ** (2 / L))
    y = np.zeros(len(rows))

    def excess(log_tau: float) -> float:
        nonlocal y
        y = _dual(rows, base, y, np.exp(log_tau), L)
        w = _inverse(base + rows.T @ y, L)
        return float(np.log(np.sum(np.abs(w) ** (2 / L)) / size))

    centre = float(np.log(np.linalg.norm(w0)))
    low, high = centre - 1.0, centre + 1.0
    while excess(high) < 0:
        high += 1.0
    while excess(low) > 0 and low > centre - 60:
        low -= 1.0
    root = scipy.optimize.brentq(excess, low, high, xtol=1e-6)
    y = _dual(rows, base, y, np.exp(root), L)
    for _ in range(6):  # Newton on kernel and size together, to rounding
        w = _inverse(base + rows.T @ y, L)
        bend = L * np.abs(w) ** (2 - 2 / L)
        miss = np.append(rows[:-1] @ w, (np.sum(np.abs(w) ** (2 / L)) - size) / 2)
        jacobian = np.vstack([(rows[:-1] * bend) @ rows.T, rows @ w])
        y = y - np.linalg.lstsq(jacobian, miss)[0]
    return _inverse(base + rows.T @ y, L)


def _dual(
    rows: Rows, base: Direction, y: Float[np.ndarray, " m"], tau: float, L: int
) -> Float[np.ndarray, " m"]:
    """The minimiser of `Q(w(y)) / 2 - tau y[-1]` by Newton's method from `y`."""

    def value(y):
        with np.errstate(over="ignore", divide="ignore"):
            w = _inverse(base + rows.T @ y, L)
            return w, np.sum(np.abs(w) ** (2 / L)) / 2 - tau * y[-1]

    w, now = value(y)
    for _ in range(200):
        slope = rows @ w
        slope[-1] -= tau
        hessian = (rows * (L * np.abs(w) ** (2 - 2 / L))) @ rows.T
        step = -np.linalg.lstsq(hessian, slope)[0]
        decrease, share = float(slope @ step), 1.0
        while share > 1e-12:
            there = value(y + share * step)
            if there[1] <= now + 1e-4 * share * decrease:
                break
            share /= 2
        else:
            break
        y, (w, now) = y + share * step, there
        if -decrease < 1e-18 * abs(now):
            break
    return y
