r"""The largest margin in the $\ell_1$ norm: what two-layer diagonal networks find."""

import dataclasses

import numpy as np
import scipy.optimize

from ..errors import DataError
from ..problems import Problem
from .base import AbstractAnswer, Direction, Mask
from .margin import max_margin
from .samples import Rows, signed_rows, Weights


class L1Margin(AbstractAnswer):
    r"""The `w` of $\|w\|_1 = 1$ with the largest $\min_i y_i\,w \cdot x_i$.

    `multipliers` prove it: no `w` of that norm has a margin above the largest entry of
    their mixture of the samples, and that is `margin`.
    """

    value: Direction
    residual: float
    """The gap between the two, relative to the largest entry of a sample."""
    margin: float
    multipliers: Weights
    """None below 0, of sum 1."""
    pull: Direction
    """The mixture over `margin`: the sign of `value` on its support, in [-1, 1] off."""
    support: Mask
    """The features with ``value != 0``."""

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "L1Margin")
        kept, size = rows[mass > 0], np.abs(rows[mass > 0]).max()
        m, mixed = self.multipliers, self.multipliers @ rows
        faults = [abs(np.abs(self.value).sum() - 1), -m.min(), abs(m.sum() - 1)]
        faults += [abs((kept @ self.value).min() - self.margin) / size]
        faults += [abs(np.abs(mixed).max() - self.margin) / size]
        faults += [np.abs(mixed - self.margin * self.pull).max() / size]
        faults += [np.abs(m[mass == 0]).sum(), np.abs(self.value[~self.support]).sum()]
        return float(max(faults))


def l1_margin(problem: Problem | Rows) -> L1Margin:
    r"""The direction of largest $\ell_1$ margin, by a linear programme.

    Where several have the same margin it is one corner of them. Raises `DataError`
    with a proof where the data are not separable.
    """
    rows, mass = signed_rows(problem, "l1_margin")
    max_margin(problem)  # says so if there is none
    size = float(np.abs(rows[mass > 0]).max())
    kept, d = rows[mass > 0] / size, rows.shape[1]
    found = scipy.optimize.linprog(
        np.ones(2 * d),
        A_ub=np.hstack([-kept, kept]),
        b_ub=-np.ones(len(kept)),
        method="highs-ds",
    )
    if not found.success:
        raise DataError(f"l1_margin found no optimum: {found.message}")
    w, m = _polished(kept, found.x[:d] - found.x[d:], -found.ineqlin.marginals)
    multipliers = np.zeros(len(rows))
    multipliers[mass > 0] = m / m.sum()
    norm = float(np.abs(w).sum())
    answer = L1Margin(
        value=w / norm,
        residual=np.nan,
        margin=size / norm,
        multipliers=multipliers,
        pull=multipliers @ rows / (size / norm),
        support=w != 0,
    )
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _polished(kept, w, m):
    """The corner of the programme, from equations on its active rows and columns."""
    columns = np.flatnonzero(np.abs(w) > 1e-9 * np.abs(w).max())
    active = np.flatnonzero(m > 1e-9 * m.max())
    corner, mixture = np.zeros(len(w)), np.zeros(len(m))
    if len(columns) != len(active):  # several optima, or ties
        corner[columns], mixture[active] = w[columns], m[active]
        return corner, mixture
    block = kept[np.ix_(active, columns)]
    corner[columns] = np.linalg.solve(block, np.ones(len(active)))
    mixture[active] = np.linalg.solve(block.T, np.sign(w[columns]))
    return corner, np.maximum(mixture, 0)
