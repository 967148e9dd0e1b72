"""Margins in a quasi-norm: what diagonal networks of three layers and more find."""

import dataclasses
import itertools
import math

import numpy as np
import scipy.optimize
from jaxtyping import ArrayLike

from ..errors import DataError, ShapeError
from ..problems import Problem
from .base import AbstractAnswer, Direction
from .margin import max_margin
from .samples import Rows, signed_rows, Weights


MOST_CORNERS = 300_000
"""How many corners `quasi_margin` lists at most: a few seconds."""


class MarginConditions(AbstractAnswer):
    r"""Whether a direction is stationary for the $\ell_{2/L}$ margin, and how nearly.

    A network $w = u^L - v^L$ can only converge to such directions; for $L \ge 3$ there
    are several, and not all of them are minima.
    """

    value: Direction
    r"""The direction, with $\sum |w_j|^{2/L} = 1$."""
    residual: float
    r"""The distance of $\operatorname{sign}(w_j)|w_j|^{1/L}$, a layer, from
    $|w_j|^{1-1/L}$ times the mixtures of the samples near the margin, relative to it:
    the conditions of the network itself, which a coordinate at 0 meets."""
    margin: float
    multipliers: Weights
    """Of the best mixture, none below 0; 0 but for samples near the margin."""
    depth: int
    near: float

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "MarginConditions")
        held = rows @ self.value
        close = (mass > 0) & (held <= self.margin + self.near * abs(self.margin))
        layer, weight = _layer(self.value, self.depth)
        miss = weight * (self.multipliers @ rows) - layer
        size = np.abs(rows).max()
        faults = [np.linalg.norm(miss) / np.linalg.norm(layer)]
        faults += [abs(held[mass > 0].min() - self.margin) / size]
        faults += [-self.multipliers.min(), np.abs(self.multipliers[~close]).sum()]
        faults += [abs(np.sum(np.abs(self.value) ** (2 / self.depth)) - 1)]
        return float(max(faults))


def margin_conditions(
    problem: Problem | Rows, w: ArrayLike, depth: int, *, near: float = 1e-2
) -> MarginConditions:
    """The conditions of Karush, Kuhn and Tucker at `w`, for `depth` 3 or more.

    Samples within the part `near` of the least margin may take part, which lets a run
    be tested before its end. The residual is infinite where `w` does not separate the
    data.
    """
    _require_deep(depth, "margin_conditions")
    rows, mass = signed_rows(problem, "margin_conditions")
    point = np.asarray(w, np.float64)
    if point.shape != rows.shape[1:] or not np.all(np.isfinite(point)):
        raise ShapeError(f"w needs {rows.shape[1]} finite entries; got {point.shape}.")
    if not np.any(point):
        raise DataError("margin_conditions needs a w that is not 0; this one is.")
    value = point / np.sum(np.abs(point) ** (2 / depth)) ** (depth / 2)
    held = rows @ value
    margin = float(held[mass > 0].min())
    close = (mass > 0) & (held <= margin + near * abs(margin))
    layer, weight = _layer(value, depth)
    multipliers, size = np.zeros(len(rows)), np.linalg.norm(layer)
    part = weight[:, None] * rows[close].T
    multipliers[close] = size * scipy.optimize.nnls(part, layer / size)[0]
    answer = MarginConditions(value, np.inf, margin, multipliers, depth, float(near))
    if margin <= 0:
        return answer
    return dataclasses.replace(answer, residual=answer.certificate(problem))


class QuasiMargin(AbstractAnswer):
    r"""The `w` of $\sum |w_j|^{2/L} = 1$ with the largest $\min_i y_i\,w \cdot x_i$.

    This is not convex for $L \ge 3$. The answer is global all the same, because every
    corner was tried.
    """

    value: Direction
    residual: float
    """The fault in the conditions, or by how much another corner is better."""
    margin: float
    depth: int
    corners: int
    """How many corners there are."""

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "QuasiMargin")
        at = margin_conditions(rows, self.value, self.depth, near=1e-9)
        _, best, _ = _best_corner(rows[mass > 0], self.depth)
        size = np.abs(rows).max()
        faults = [at.residual, np.abs(at.value - self.value).max()]
        faults += [abs(at.margin - self.margin) / size, (best - self.margin) / size]
        return float(max(faults))


def quasi_margin(problem: Problem | Rows, depth: int) -> QuasiMargin:
    r"""The direction of largest $\ell_{2/L}$ margin for `depth` $L \ge 3$.

    The quasi-norm is concave on every orthant, so its least value subject to margins
    of 1 is at a corner: as many samples at the margin as features that are not 0. All
    ``C(n + d, n)`` candidates are tried. Raises `DataError` where that is more than
    300,000, where the data are not separable, and for a depth below 3.
    """
    _require_deep(depth, "quasi_margin")
    rows, mass = signed_rows(problem, "quasi_margin")
    max_margin(problem)  # says so if there is none
    n, d = rows[mass > 0].shape
    if math.comb(n + d, n) > MOST_CORNERS:
        raise DataError(
            f"quasi_margin lists corners; {n} samples of {d} features may have "
            f"{math.comb(n + d, n):.1e}, above {MOST_CORNERS}.\nTake fewer, or test a "
            "given w with oracles.margin_conditions(problem, w, depth)."
        )
    w, margin, corners = _best_corner(rows[mass > 0], depth)
    answer = QuasiMargin(w, np.nan, margin, depth, corners)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _require_deep(depth, asker):
    if depth < 3:
        other = "max_margin" if depth == 1 else "l1_margin"
        raise DataError(f"{asker} is for depths from 3 on; got {depth}. Use {other}.")


def _layer(w, depth):
    """A side of the smallest network with this predictor, and what its slope scales."""
    return np.sign(w) * np.abs(w) ** (1 / depth), np.abs(w) ** (1 - 1 / depth)


def _best_corner(rows, depth):
    """The best direction among all corners, its margin, and how many there are."""
    n, d = rows.shape
    size, best, chosen, corners = np.abs(rows).max(), np.inf, np.zeros(d), 0
    scaled = rows / size
    for k in range(1, min(n, d) + 1):
        active = np.array(list(itertools.combinations(range(n), k)))
        for columns in itertools.combinations(range(d), k):
            blocks = scaled[active[:, :, None], np.array(columns)]
            sound = np.abs(np.linalg.det(blocks)) > 1e-12
            found = np.linalg.solve(blocks[sound], np.ones((int(sound.sum()), k, 1)))
            points = found[:, :, 0]
            feasible = np.all(points @ scaled[:, columns].T >= 1 - 1e-10, axis=1)
            feasible &= np.all(points != 0, axis=1)
            corners += int(feasible.sum())
            if feasible.any():
                norms = np.sum(np.abs(points[feasible]) ** (2 / depth), axis=1)
                i = int(np.argmin(norms))
                if norms[i] < best:
                    best, chosen = float(norms[i]), np.zeros(d)
                    chosen[list(columns)] = points[feasible][i]
    norm = best ** (depth / 2)
    return chosen / norm, float(size / norm), corners
