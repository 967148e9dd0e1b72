"""What the predictor of a separable problem keeps beside its growing direction."""

import dataclasses

import numpy as np
import scipy.optimize
from jaxtyping import Float
from scipy.special import softmax

from ..errors import DataError
from ..problems import Problem
from .base import AbstractAnswer, Direction
from .margin import max_margin, MaxMargin
from .samples import Rows, signed_rows


Basis = Float[np.ndarray, "d r"]


class ResidualDirection(AbstractAnswer):
    r"""The limit $\rho_\infty$ of the part of $w$ that is orthogonal to $\bar u$.

    It minimises $\sum_S c_i e^{-\rho \cdot z_i}$ over the support vectors of the margin
    and stays finite while `w` grows, at every depth; the angle to $\bar u$ is therefore
    its length over that of `w`. Where the support does not span all directions this is
    the part in its span.
    """

    value: Direction
    residual: float
    shares: Float[np.ndarray, " n"]
    """The limit of the samples' shares in the slope of the risk, 0 off the support."""
    drift: Direction
    r"""The vector $\gamma H^{-1}\rho_\infty$ with $H$ the curvature of the logarithm of
    the sum: depth `L` is off by `L - 1` times this over the length of `w`."""
    margin: MaxMargin

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "ResidualDirection")
        unit, held = self.margin.value, self.margin.support
        across, basis, size = _across(rows[held], unit)
        p = softmax(np.log(mass[held]) - across @ self.value)
        length = max(np.linalg.norm(self.value), 1 / size)
        faults = [np.linalg.norm(p @ across) / size, self.margin.certificate(problem)]
        faults += [np.abs(self.shares[held] - p).max(), abs(self.shares.sum() - 1)]
        off = self.value - basis @ (basis.T @ self.value)
        pulled = across.T @ (p * (across @ self.drift)) - (across.T @ p) * (
            p @ across @ self.drift
        )
        turned = self.margin.margin * self.value
        faults += [np.linalg.norm(off) / length, abs(unit @ self.value) / length]
        faults += [np.linalg.norm(pulled - turned) / (self.margin.margin * length)]
        return float(max(faults))


def residual_direction(problem: Problem | Rows) -> ResidualDirection:
    """The residual of exponential or logistic training on separable data.

    In closed form where the support vectors are independent, by Newton's method
    otherwise. Raises `DataError` where the data are not separable, and where a support
    vector has multiplier 0 in every proof of the margin: the residual then grows for
    ever.
    """
    rows, mass = signed_rows(problem, "residual_direction")
    margin = max_margin(problem)
    held = margin.support
    across, basis, size = _across(rows[held], margin.value)
    points, weight = across @ basis / size, np.log(mass[held])
    least = _positive(points)
    if least < 1e-10:
        idle = np.flatnonzero(held & (margin.multipliers < 1e-10))
        raise DataError(
            "residual_direction needs multipliers above 0 on every support vector; "
            f"those of samples {idle[:8].tolist()} are 0, and w then leaves its "
            "direction like log log t.\nThe direction itself is max_margin(problem)."
        )
    c = _least_sum(points, weight)
    p = softmax(weight - points @ c)
    shares = np.zeros(len(rows))
    shares[held] = p
    drift = np.zeros(points.shape[1])
    if len(drift):
        drift = np.linalg.solve(_curvature(points, p), c)
    answer = ResidualDirection(
        value=basis @ c / size,
        residual=np.nan,
        shares=shares,
        drift=basis @ drift * (margin.margin / size**3),
        margin=margin,
    )
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _across(held: Rows, unit: Direction) -> tuple[Rows, Basis, float]:
    """The rows without their part along `unit`, a basis of their span, their size."""
    across = held - np.outer(held @ unit, unit)
    size = float(np.linalg.norm(held, axis=1).max())
    _, sizes, axes = np.linalg.svd(across / size, full_matrices=False)
    return across, axes[sizes > 1e-10].T, size


def _positive(points):
    """The largest `t` for which 0 is a mixture of the points with shares above it."""
    n, r = points.shape
    if r == 0:
        return 1 / n
    if n == r + 1:  # only one mixture
        system = np.vstack([points.T, np.ones(n)])
        return float(np.linalg.solve(system, np.append(np.zeros(r), 1.0)).min())
    found = scipy.optimize.linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.hstack([-np.eye(n), np.ones((n, 1))]),
        b_ub=np.zeros(n),
        A_eq=np.hstack([np.vstack([points.T, np.ones(n)]), np.zeros((r + 1, 1))]),
        b_eq=np.append(np.zeros(r), 1.0),
        bounds=[(0, None)] * n + [(None, None)],
    )
    return float(-found.fun) if found.success else 0.0


def _least_sum(points, weight):
    """The `c` that minimises the sum of ``exp(weight - points @ c)``."""
    n, r = points.shape
    c = np.zeros(r)
    if n == r + 1 > 1:  # the shares are known, so their logarithms give c
        system = np.vstack([points.T, np.ones(n)])
        p = np.linalg.solve(system, np.append(np.zeros(r), 1.0))
        with_level = np.hstack([points, np.ones((n, 1))])
        c = np.linalg.solve(with_level, weight - np.log(p))[:r]
    least = np.inf
    for _ in range(500 if r else 0):
        p = softmax(weight - points @ c)
        steep = float(np.linalg.norm(p @ points))
        if steep < 1e-12 and steep >= least:  # as small as rounding lets it be
            break
        least = steep
        step = np.linalg.solve(_curvature(points, p), p @ points)
        # No exponent moves by more than 1, where the curvature is of use.
        c = c + step / max(1.0, float(np.abs(points @ step).max()))
    return c


def _curvature(points, p):
    mean = p @ points
    return (points.T * p) @ points - np.outer(mean, mean)
