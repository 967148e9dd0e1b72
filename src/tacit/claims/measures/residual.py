r"""What the predictor keeps across the margin's direction, and how far from its limit.

Near the limit $\rho_\infty$ the residual falls back at the rate $h/(L\gamma)$ in the
norm, with $h$ the curvature of the logarithm of the risk across the margin, and $L - 1$
layers pull it outwards, by $(L-1)\gamma H^{-1}\rho_\infty/\|w\|$ to first order.
"""

from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ...losses import Exponential
from ...oracles import residual_direction, ResidualDirection
from ...training import Trajectory
from ..parts import Term, Unmeasured
from .budgets import EPS
from .margins import in_time, rows_of, shares


class Across(NamedTuple):
    r"""The records of a run across the margin, those of the limiting flow left out.

    `drawn` is the first order in $1/\|w\|$; `left` what else is left of the way and
    `blurred` what integration and rounding do, as lengths. `best` is the record at
    which those two are least.
    """

    rest: ResidualDirection
    norm: np.ndarray
    value: np.ndarray
    drawn: np.ndarray
    left: np.ndarray
    blurred: np.ndarray

    @property
    def best(self) -> int:
        return int(np.argmin(self.left + self.blurred))


def across(run: Trajectory, predictor: np.ndarray, begin: int = 0) -> Across:
    """What `predictor` ``(t, d)``, one row a record, is across the margin.

    As if the run began with the record `begin`, if that is not 0.
    """
    on, depth = in_time(run), len(run.experiment.network.layers)
    if not on.any():
        raise Unmeasured("it has no record before the flow is followed by its limit")
    problem, w = run.experiment.risk.problem, predictor[on][begin:]
    rest, (rows, _) = residual_direction(problem), rows_of(run.experiment)
    unit, gamma = rest.margin.value, rest.margin.margin
    value, norm = w - np.outer(w @ unit, unit), np.linalg.norm(w, axis=1)
    drawn = (depth - 1) * rest.drift / norm[:, None]
    first = np.linalg.norm(drawn, axis=1)
    H, third = _curvature(rest, rows)
    least = _least(H)
    slow, size = depth * gamma / least, np.linalg.norm(rest.value)
    next_order = first * (slow / norm + third * first / (2 * least) + size / norm)
    longest = float(np.linalg.norm(rows, axis=1).max())
    pulled = _pulled(run, rest, w, longest / least)
    start = w[0] if begin else np.asarray(run.experiment.network.predictor())
    off = np.vstack([start - (start @ unit) * unit, value]) - rest.value
    sizes, off = np.append(np.linalg.norm(start), norm), np.linalg.norm(off, axis=1)
    still = np.minimum(
        _fallen(sizes, off, slow, longest), _standing(rest, *rows_of(run.experiment), w)
    )
    left = 2 * (next_order + pulled) + still
    blurred = (run.experiment.flow.rtol + 64 * EPS) * norm
    return Across(rest, norm, value, drawn, left, blurred)


def _fallen(
    norm: np.ndarray, off: np.ndarray, slow: float, longest: float
) -> np.ndarray:
    """What may be left, record by record, of how far off any earlier one was.

    The first is the start. From afar a sample pulls the residual back by the curvature
    over its length at least; near its limit it falls back exponentially.
    """
    way = norm + slow * off * longest
    gone = np.maximum(norm[1:, None] - way, 0.0)
    late = np.exp(-np.divide(gone, slow, out=np.zeros_like(gone), where=slow > 0))
    return np.max(np.tril(off * late), axis=1)


def _standing(
    rest: ResidualDirection, rows: np.ndarray, mass: np.ndarray, w: np.ndarray
) -> np.ndarray:
    r"""How far off the residual may be at each `w`, by the slope across the margin.

    The logarithm of the risk of the support is a generalised self-concordant function:
    along a line its third derivative is at most `D`, the largest distance of two
    samples, times its second. So $r \le -\log(1 - D|g|/h)/D$ for its slope `g` and its
    least curvature `h` there (Bach 2010, doi:10.1214/09-EJS521);
    infinite from afar.
    """
    unit, held = rest.margin.value, rest.margin.support
    apart = rows[held] - np.outer(rows[held] @ unit, unit)
    rank = np.linalg.matrix_rank(apart - apart[0], tol=1e-6 * np.abs(apart).max())
    if rank == 0:
        return np.zeros(len(w))
    wide, found = 2 * float(np.linalg.norm(apart, axis=1).max()), []
    for logs in np.log(mass[held]) - w @ apart.T:
        p = np.exp(logs - logs.max())
        p = p / p.sum()
        slope = p @ apart
        H = ((apart - slope).T * p) @ (apart - slope)
        least = np.sort(np.linalg.eigvalsh(H))[-rank]
        steep = wide * np.linalg.norm(slope) / least if least > 0 else np.inf
        found.append(-np.log1p(-steep) / wide if steep < 1 else np.inf)
    return np.array(found)


def of_residual(seen: Across) -> tuple[Term, Term]:
    """The errors at the best record, relative to the residual."""
    i, size = seen.best, float(np.linalg.norm(seen.rest.value))
    reason = "the next order in 1/|w|, samples off the support, and the start"
    known = "one step at its rtol, of the whole predictor"
    return (
        Term("what is left of the way", seen.left[i] / size, reason, "a longer run"),
        Term("integration", seen.blurred[i] / size, known, "a smaller rtol"),
    )


def left_by_residual(run: Trajectory, predictor: np.ndarray) -> float:
    r"""How far the direction of the last record may be from the margin's, by theory.

    By $\|\rho\| / \|w\|$: the residual that the data foretell and what may be left of
    the way to it. Infinite where the data have no such limit.
    """
    try:
        seen = across(run, predictor)
    except DataError:
        return np.inf
    size = np.linalg.norm(seen.rest.value) + np.linalg.norm(seen.drawn[-1])
    return float((size + seen.left[-1] + seen.blurred[-1]) / seen.norm[-1])


def steepest(run: Trajectory) -> float:
    """The largest curvature of the logarithm of the risk across the margin."""
    rest = residual_direction(run.experiment.risk.problem)
    return float(np.linalg.norm(_curvature(rest, rows_of(run.experiment)[0])[0], 2))


def _curvature(rest: ResidualDirection, rows: np.ndarray) -> tuple[np.ndarray, float]:
    """The curvature of the logarithm of the risk across, and the mean cubed length."""
    unit, held = rest.margin.value, rest.margin.support
    apart = rows[held] - np.outer(rows[held] @ unit, unit)
    p = rest.shares[held]
    apart = apart - p @ apart
    third = float(p @ np.linalg.norm(apart, axis=1) ** 3)
    return (apart.T * p) @ apart, third


def _least(H: np.ndarray) -> float:
    """The least curvature in the span of the support; infinite where that is a line."""
    sizes = np.linalg.eigvalsh(H)
    kept = sizes[sizes > 1e-12 * max(sizes[-1], 1e-300)]
    return float(kept[0]) if len(kept) else np.inf


def _pulled(
    run: Trajectory, rest: ResidualDirection, w: np.ndarray, far: float
) -> np.ndarray:
    """How far the residual is drawn by what is no exponential on the support.

    By the samples off it, in their shares of the slope, and by what a loss with an
    exponential tail lacks of it: the part of $e^{-m}$. To first order, and by the
    square of those parts of `far`, where they are all that pulls.
    """
    rows, unit = rows_of(run.experiment)[0], rest.margin.value
    apart, held = rows - np.outer(rows @ unit, unit), rest.margin.support
    p = shares(run.experiment.risk, w)
    exact = isinstance(run.experiment.risk.loss, Exponential)
    tail = 0.0 if exact else np.exp(-np.maximum(w @ rows.T, 0.0))
    part = np.where(held, p * tail, p)
    inverse = np.linalg.pinv(_curvature(rest, rows)[0], rcond=1e-12, hermitian=True)
    first = np.linalg.norm(part @ apart @ inverse, axis=1)
    return first + np.sum(part, axis=1) ** 2 * far
