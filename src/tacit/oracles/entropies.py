r"""What two-sided networks of depth 2 minimise: the hyperbolic entropy of `w`."""

import dataclasses

import numpy as np
import scipy.linalg
import scipy.optimize
from jaxtyping import Float

from ..errors import DataError
from ..problems import Problem
from .base import AbstractAnswer, Direction
from .margin import max_margin
from .samples import regression, Rows, signed_rows, Weights


Design = Float[np.ndarray, "n d"]


class HyperbolicInterpolator(AbstractAnswer):
    r"""The `w` of least $\sum_j \kappa\,q(w_j / \kappa)$ with ``X w = y``.

    The entropy is $q(z) = 2 - \sqrt{4 + z^2} + z \operatorname{arcsinh}(z / 2)$; its
    conditions are $w = 2\kappa \sinh(X^\top \nu)$.
    """

    value: Direction
    residual: float
    dual: Weights
    r"""The multipliers $\nu$, one a sample."""
    kappa: float
    r"""The product $u_j v_j$ of the two sides: $\alpha^2$ where both start at it."""

    def certificate(self, problem: Problem) -> float:
        X, y, _ = regression(problem, "HyperbolicInterpolator")
        angle = np.arcsinh(self.value / (2 * self.kappa))
        size = np.abs(angle).max()
        faults = [np.abs(X @ self.value - y).max() / np.abs(y).max()]
        if size > 0:
            faults.append(np.abs(self.dual @ X - angle).max() / size)
        return float(max(faults))


def hyperbolic_interpolator(problem: Problem, alpha: float) -> HyperbolicInterpolator:
    r"""Where ``u = v = alpha`` ends under the squared loss of ``w = u² - v²``.

    Woodworth et al. (2020). From minimum $\ell_1$ norm as alpha falls to 0 (like
    ``1 / log(1 / alpha)``) to minimum $\ell_2$ norm as it grows. By Newton's method on
    the dual, from large alpha down. Raises `DataError` for classes instead of real
    targets, targets that are 0, an alpha not above 0, or where no `w` interpolates.
    """
    X, y, _ = regression(problem, "hyperbolic_interpolator")
    kappa = _positive(alpha, "alpha") ** 2
    left, sizes, axes = np.linalg.svd(X, full_matrices=False)
    rank = int(np.sum(sizes > 1e-12 * sizes[0]))
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    if np.abs(X @ fit - y).max() > 1e-9 * np.abs(y).max():
        raise DataError(
            "hyperbolic_interpolator needs some w with X w = y; the best misses by "
            f"{np.abs(X @ fit - y).max():.1e}.\nTake more features than samples."
        )
    rows = axes[:rank]  # orthonormal: as well conditioned as the answer allows
    c = _interpolating(rows, rows @ fit, kappa)
    angle, dual = c @ rows, left[:, :rank] @ (c / sizes[:rank])
    answer = HyperbolicInterpolator(2 * kappa * np.sinh(angle), np.nan, dual, kappa)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _positive(number, name):
    if not (number > 0 and np.isfinite(number)):
        raise DataError(f"{name} is a size above 0; got {number}.")
    return float(number)


def _interpolating(rows, goal, kappa):
    """The `c` with ``rows @ (2 kappa sinh(c @ rows)) = goal``, for orthonormal rows."""
    # Where kappa is large against w the map is linear. Every step down by a factor of
    # ten starts at the angles of the w before.
    size = float(np.abs(rows.T @ goal).max())
    steps = max(0, int(np.ceil(np.log10(10 * size / kappa))))
    w = rows.T @ goal
    c = rows @ np.arcsinh(w / (2 * kappa * 10.0**steps))
    for now in kappa * 10.0 ** np.arange(steps, -1, -1):
        c = rows @ np.arcsinh(w / (2 * now))
        miss, least = goal - rows @ (2 * now * np.sinh(c @ rows)), np.inf
        for _ in range(1000):
            root = np.linalg.qr(np.sqrt(2 * now * np.cosh(c @ rows))[:, None] * rows.T)[
                1
            ]
            step = scipy.linalg.cho_solve((root, False), miss)
            longest = float(np.abs(step @ rows).max())
            c = c + step * (np.log1p(longest) / longest if longest > 0 else 1.0)
            miss = goal - rows @ (2 * now * np.sinh(c @ rows))
            far = float(np.abs(miss).max())
            if far < 1e-9 * np.abs(goal).max() and far >= least:
                break
            least = far
        w = 2 * now * np.sinh(c @ rows)
    return c


class HyperbolicMargin(AbstractAnswer):
    r"""The `w` of least $\sum_j \kappa\,q(w_j / \kappa)$ with margins of at least 1.

    With the entropy of `HyperbolicInterpolator`, its conditions are
    $w = 2\kappa \sinh(Z^\top \nu)$ for $\nu \ge 0$ that is 0 where the margin is not 1.
    """

    value: Direction
    residual: float
    multipliers: Weights
    r"""The $\nu$, none below 0."""
    kappa: float

    def certificate(self, problem: Problem | Rows) -> float:
        rows, mass = signed_rows(problem, "HyperbolicMargin")
        angle = np.arcsinh(self.value / (2 * self.kappa))
        size = np.abs(self.multipliers @ np.abs(rows)).max()
        excess = rows @ self.value - 1
        share = self.multipliers / self.multipliers.sum()
        faults = [np.abs(self.multipliers @ rows - angle).max() / size]
        faults += [-excess[mass > 0].min(), np.abs(share * excess).max()]
        faults += [-share.min(), np.abs(share[mass == 0]).sum()]
        return float(max(faults))


def hyperbolic_margin(problem: Problem | Rows, kappa: float) -> HyperbolicMargin:
    r"""Where ``w = u² - v²`` points when its risk falls while it leaves its start.

    Moroshko et al. (2020): for the exponential loss and ``u = v = alpha``, as alpha
    grows with ``log(1 / risk) = r alpha²``, `w` over that logarithm tends to the answer
    for ``kappa = 1 / r``. From maximum $\ell_1$ margin at 0 to $\ell_2$ at infinity.

    Raises `DataError` for a kappa not above 0 and where the data are not separable.
    """
    rows, mass = signed_rows(problem, "hyperbolic_margin")
    kappa = _positive(kappa, "kappa")
    margin = max_margin(problem)
    held = np.flatnonzero(mass > 0)
    # A sample that is there twice would be held twice, by equations that are one.
    held = held[np.sort(np.unique(rows[held], axis=0, return_index=True)[1])]
    size = float(np.abs(rows[held]).max())
    kept, unit = rows[held] / size, kappa * size

    def dual(nu):
        angle = nu @ kept
        w = 2 * unit * np.sinh(angle)
        value = 2 * unit * np.sum(np.cosh(angle) - 1) - nu.sum()
        return value, kept @ w - 1

    start = margin.multipliers[held]
    start = start * (0.1 / max(np.abs(start @ kept).max(), 1e-300))
    bound = [(0.0, None)] * len(start)
    with np.errstate(over="ignore", invalid="ignore"):
        found = scipy.optimize.minimize(
            dual,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=bound,
            options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-10},
        )
    w, nu = _settled(kept, found.x, unit)
    if w is None:
        raise DataError(
            "hyperbolic_margin did not find which samples are at the margin; the data "
            "may have ties.\nTry another kappa, or perturb the samples."
        )
    multipliers = np.zeros(len(rows))
    multipliers[held] = nu / size
    answer = HyperbolicMargin(w / size, np.nan, multipliers, kappa)
    return dataclasses.replace(answer, residual=answer.certificate(problem))


def _settled(rows, nu, kappa):
    """The `w` and multipliers after exchanges of samples; None if they do not end."""
    n, d = rows.shape
    active = np.zeros(n, bool)
    active[np.argsort(-nu)[: min(n, d, int(np.sum(nu > 1e-7 * nu.max())))]] = True
    for _ in range(100 + 10 * n):
        try:
            w, nu = _held_at_one(rows, active, kappa)
        except np.linalg.LinAlgError:  # some of the active are combinations of others
            return None, nu
        late = np.where(active, 0.0, rows @ w - 1)
        if nu.min() < 0:
            active[np.argmin(nu)] = False
        elif late.min() < -1e-12 and active.sum() < d:
            active[np.argmin(late)] = True
        else:
            return (w if late.min() >= -1e-12 else None), nu
    return None, nu


def _held_at_one(rows, active, kappa):
    """The `w` of least entropy with equality on the active rows, and multipliers."""
    axes, triangle = np.linalg.qr(rows[active].T)
    goal = scipy.linalg.solve_triangular(triangle, np.ones(int(active.sum())), trans=1)
    c = _interpolating(axes.T, goal, kappa)
    nu = np.zeros(len(rows))
    nu[active] = scipy.linalg.solve_triangular(triangle, c)
    return 2 * kappa * np.sinh(axes @ c), nu
