"""The path of a two-sided network of depth 2 as its start shrinks to one feature."""

import numpy as np
from jaxtyping import ArrayLike, Bool, Float

from ..errors import DataError
from ..problems import Problem
from .base import (
    AbstractAnswer,
    certified,
    contrast_of,
    Direction,
    maximiser,
    named,
    require_invertible,
    Scatter,
    stationarity,
    units,
    within_of,
)


Path = Float[np.ndarray, "K d"]


class JumpPath(AbstractAnswer):
    r"""Plateau after plateau, from one feature to Fisher's direction.

    For $w = u^2 - v^2$ with $u v = \kappa \to 0$, time counts in units of
    $\Lambda = \log(1/\kappa)$ at $|w|_1 = 1$, and the duals are
    $\operatorname{arcsinh}(w / 2\kappa) / \Lambda$.
    """

    value: Direction
    """The last plateau as a unit vector."""
    residual: float
    times: Float[np.ndarray, " K"]
    """When each plateau begins; the first at 0."""
    points: Path
    """The predictor on each plateau, of length 1 in the sum of magnitudes."""
    duals: Path
    """The duals when each plateau begins: in [-1, 1], `sign(w)` on the support."""
    rates: Path
    """How fast the duals move on each plateau: -4 times the slope of -log J."""
    supports: Bool[np.ndarray, "K d"]
    objectives: Float[np.ndarray, " K"]
    """`J` on each plateau; it rises from one to the next."""

    def certificate(self, problem: Problem) -> float:
        within, contrast = within_of(problem), contrast_of(problem, "JumpPath")
        unit = units(within + np.outer(contrast, contrast))
        faults = [abs(np.abs(self.duals[0]).max() - 1), abs(self.times[0])]
        for w, s in zip(self.points, self.duals, strict=True):
            slack = stationarity(within, contrast * np.sign(contrast @ w), w)
            scaled = w * unit / np.linalg.norm(w * unit)
            edge = np.abs(s) == 1
            best = np.minimum(np.sign(s) * scaled, np.sign(s) * slack)
            faults.append(np.abs(np.where(edge, best, scaled)).max())
            faults += [abs(np.abs(w).sum() - 1), np.abs(s).max() - 1]
        spans = np.diff(self.times)[:, None]
        pushes = [-4 * _slope(within, contrast, w) for w in self.points]
        moved = self.duals[:-1] + spans * pushes[:-1] - self.duals[1:]
        along = np.abs(self.points[:-1] @ contrast)[:, None]
        moved /= 1 + np.abs(spans) * 8 * np.abs(contrast) / along  # what it sums up
        faults.append(np.abs(moved).max(initial=0.0))
        faults.append(-spans.min(initial=0.0))
        end = contrast * np.sign(contrast @ self.value)
        faults.append(np.linalg.norm(stationarity(within, end, self.value)))
        unit_end = self.points[-1] / np.linalg.norm(self.points[-1])
        faults.append(np.abs(self.value - unit_end).max())
        return float(max(faults))


def jump_path(
    problem: Problem, start: int | None = None, *, duals: ArrayLike | None = None
) -> JumpPath:
    """The limit, as kappa goes to 0, of the flow that starts at one feature.

    That feature is `start`, or the one of largest `delta_i² / within_ii`; all others
    begin at 0. Or, with `duals` `(d,)`, of which the largest is 1 in magnitude, it is
    the limit from `2 kappa sinh(s log(1 / kappa))`. On a plateau `w` maximises `J`
    among the predictors whose signs agree with the duals that have reached ±1; a
    plateau ends when another dual does.

    Raises `DataError` where the within-class scatter is singular, where the classes
    have equal means at `start`, where there are more than two classes, and for other
    `duals`.
    """
    within, contrast = within_of(problem), contrast_of(problem, "jump_path")
    require_invertible(within, "jump_path")
    d = len(contrast)
    if start is None:
        start = int(np.argmax(contrast**2 / np.diag(within)))
    if not 0 <= start < d or contrast[start] == 0:
        where = named(problem, np.arange(d) == start) if 0 <= start < d else start
        raise DataError(
            f"jump_path starts at a feature in which the class means differ; {where} "
            f"is not one of the {d} that do.\nLeave `start` out to take the best one."
        )
    s, time = np.zeros(d), 0.0
    s[start] = np.sign(contrast[start])
    if duals is not None:
        s = np.array(duals, float)
        _require_duals(s, contrast)
    times, points, passed, rates = [], [], [], []
    for _ in range(100 + 100 * d):
        w = _plateau(within, contrast, s)
        rate = np.where(w == 0, -4 * _slope(within, contrast, w), 0.0)
        rate[np.abs(stationarity(within, contrast, w)) < 1e-12] = 0.0
        times.append(time)
        points.append(w)
        passed.append(s)
        rates.append(rate)
        if not rate.any():
            break
        moving = rate != 0
        wait = np.full(d, np.inf)
        wait[moving] = (np.sign(rate[moving]) - s[moving]) / rate[moving]
        s = s + wait.min() * rate
        hits = wait <= wait.min() * (1 + 1e-12)
        s[hits] = np.sign(rate[hits])
        time += float(wait.min())
    else:
        raise DataError(
            f"jump_path met {len(times)} plateaus in {d} features without an end; "
            "features tie to rounding. Perturb the data, or drop the twins."
        )
    stacked = np.array(points)
    spread = np.einsum("ki,ij,kj->k", stacked, within, stacked)
    answer = JumpPath(
        value=stacked[-1] / np.linalg.norm(stacked[-1]),
        residual=np.nan,
        times=np.array(times),
        points=stacked,
        duals=np.array(passed),
        rates=np.array(rates),
        supports=stacked != 0,
        objectives=(stacked @ contrast) ** 2 / spread,
    )
    return certified(answer, problem)


def _require_duals(s: Direction, contrast: Direction) -> None:
    if s.shape != contrast.shape or not np.abs(s).max(initial=0.0) == 1:
        raise DataError(
            f"jump_path: `duals` are {len(contrast)} numbers in [-1, 1] that reach one "
            f"end of it; got shape {s.shape} up to {np.abs(s).max(initial=0.0):g}."
        )
    if not s[np.abs(s) == 1] @ contrast[np.abs(s) == 1] > 0:
        raise DataError(
            "jump_path: where the `duals` are at an end they have the signs of the "
            "difference of the class means."
        )


def _slope(within: Scatter, contrast: Direction, w: Direction) -> Direction:
    return 2 * (within @ w / (w @ within @ w) - contrast / (contrast @ w))


def _plateau(within: Scatter, contrast: Direction, s: Direction) -> Direction:
    edge = np.flatnonzero(np.abs(s) == 1)
    sign = s[edge]
    w = np.zeros(len(s))
    part = within[np.ix_(edge, edge)] * np.outer(sign, sign)
    best = maximiser(part, sign * contrast[edge], np.ones(len(edge), bool))
    assert best is not None, "J is bounded where the scatter is invertible"
    w[edge] = sign * best
    return w / np.abs(w).sum()
