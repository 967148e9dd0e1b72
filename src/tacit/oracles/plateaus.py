"""The path of a two-sided network of depth 2 on least squares as its start shrinks."""

import dataclasses

import numpy as np
import scipy.optimize
from jaxtyping import Bool, Float

from ..errors import DataError
from ..problems import Problem
from .base import AbstractAnswer, Direction
from .samples import regression, Rows, Weights


Path = Float[np.ndarray, "K d"]


class LeastSquaresPath(AbstractAnswer):
    r"""Plateau after plateau, from 0 to the least-squares fit of least $\ell_1$ norm.

    For $w = u^2 - v^2$ with $u v = \kappa \to 0$, the duals are
    $\operatorname{arcsinh}(w / 2\kappa) / \Lambda$ with $\Lambda = \log(1 / \kappa)$
    and time counts in units of $\Lambda / 4$ of flow time.
    """

    value: Direction
    """The last plateau: the interpolator, or the fit, of least l1 norm."""
    residual: float
    times: Float[np.ndarray, " K"]
    """When each plateau begins; the first, at 0, is the start itself."""
    points: Path
    """The predictor on each plateau."""
    duals: Path
    """The duals when each plateau begins: in [-1, 1], `sign(w)` on the support."""
    rates: Path
    """How fast the duals move on each plateau: minus the slope of the risk."""
    supports: Bool[np.ndarray, "K d"]
    risks: Float[np.ndarray, " K"]
    """Half the weighted mean of squares on each plateau; it falls at every jump."""

    def certificate(self, problem: Problem) -> float:
        X, y, mass = regression(problem, "LeastSquaresPath")
        unit = np.sqrt(mass @ X**2)
        unit = np.where(unit > 0, unit, 1.0)
        size = np.sqrt(mass @ y**2)
        faults = [np.abs(self.points[0]).max(), np.abs(self.duals[0]).max()]
        faults += [abs(self.times[0]), np.abs(self.value - self.points[-1]).max()]
        slopes = [X.T @ (mass * (X @ w - y)) for w in self.points]
        for w, s, slope in zip(self.points, self.duals, slopes, strict=True):
            scaled, pull = w * unit / size, slope / (unit * size)
            edge = np.abs(s) == 1
            best = np.minimum(np.sign(s) * scaled, np.sign(s) * pull)
            faults += [np.abs(np.where(edge, best, scaled)).max(), np.abs(s).max() - 1]
        spans = np.diff(self.times)[:, None]
        moved = self.duals[:-1] - spans * np.array(slopes[:-1]) - self.duals[1:]
        faults += [np.abs(moved).max(initial=0.0), -spans.min(initial=0.0)]
        faults += [np.abs(slopes[-1] / (unit * size)).max()]
        return float(max(faults))


def least_squares_path(problem: Problem) -> LeastSquaresPath:
    """The limit, as kappa goes to 0, of the flow of the squared loss from 0.

    Pesme and Flammarion (2023). On a plateau `w` minimises the risk among predictors
    whose signs agree with the duals that have reached ±1; it ends when another dual
    does. A coordinate may leave again: its dual then moves back inside.

    Raises `DataError` for classes instead of real targets, and where ties to rounding
    keep the path from ending.
    """
    X, y, mass = regression(problem, "least_squares_path")
    d, root = X.shape[1], np.sqrt(mass)
    rows, goal = root[:, None] * X, root * y
    unit = np.linalg.norm(rows, axis=0)
    s, time = np.zeros(d), 0.0
    times, points, duals, rates = [], [], [], []
    for _ in range(100 + 100 * d):
        w = _plateau(rows, goal, s)
        rate = np.where(w == 0, rows.T @ (goal - rows @ w), 0.0)
        rate[np.abs(rate) < 1e-12 * unit * np.linalg.norm(goal)] = 0.0
        for record, now in zip((points, duals, rates), (w, s, rate), strict=True):
            record.append(now)
        times.append(time)
        moving = rate != 0
        if not moving.any():
            break
        wait = np.full(d, np.inf)
        wait[moving] = (np.sign(rate[moving]) - s[moving]) / rate[moving]
        s = s + wait.min() * rate
        hits = wait <= wait.min() * (1 + 1e-12)
        s[hits] = np.sign(rate[hits])
        time += float(wait.min())
    else:
        raise DataError(
            f"least_squares_path met {len(times)} plateaus in {d} features without an "
            "end; features tie to rounding. Perturb the data, or drop the twins."
        )
    stacked = np.array(points)
    misses = goal - stacked @ rows.T
    answer = LeastSquaresPath(
        value=stacked[-1],
        residual=np.nan,
        times=np.array(times),
        points=stacked,
        duals=np.array(duals),
        rates=np.array(rates),
        supports=stacked != 0,
        risks=np.sum(misses**2, axis=1) / 2,
    )
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _plateau(rows: Rows, goal: Weights, s: Direction) -> Direction:
    """The minimiser of the risk among the signs that the duals at the edge allow."""
    w = np.zeros(len(s))
    edge = np.flatnonzero(np.abs(s) == 1)
    if len(edge) == 0:
        return w
    found = scipy.optimize.nnls(rows[:, edge] * s[edge], goal)[0]
    held = edge[found > 0]
    for _ in range(len(held)):  # nnls has the support; least squares have the digits
        fit = np.linalg.lstsq(rows[:, held], goal, rcond=None)[0]
        if np.all(fit * s[held] > 0):
            w[held] = fit
            break
        held = np.delete(held, int(np.argmin(fit * s[held])))
    return w
