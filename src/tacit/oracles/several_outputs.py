"""The best linear predictor with several outputs."""

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ..errors import DataError, OptionError
from ..problems import Problem
from .base import (
    AbstractAnswer,
    certified,
    require_invertible,
    Scatter,
    units,
    within_of,
)


Outputs = Float[np.ndarray, "k d"]
CRITERIA = ("ratio trace", "trace ratio", "log det")


class Optimum(AbstractAnswer):
    """The maximiser over `k` outputs of a criterion of discriminant analysis."""

    value: Outputs
    """One output a row: `within`-orthonormal and in falling order of their `J`, or, for
    the trace ratio, orthonormal."""
    residual: float
    objective: float
    criterion: str

    def certificate(self, problem: Problem) -> float:
        within, between = within_of(problem), _between_of(problem)
        if self.criterion == "trace ratio":
            return _trace_ratio_gap(within, between, self.value, self.objective)
        return _eigen_gap(within, between, self.value, self.objective, self.criterion)


def optimum(problem: Problem, outputs: int, criterion: str = "ratio trace") -> Optimum:
    """The `E`, `(k, d)`, with `k = outputs`, that maximises a criterion.

    With `A = E within Eᵀ` and `B = E between Eᵀ` these are "ratio trace", `tr A⁻¹B`;
    "log det", `log det(I + A⁻¹B)`; and "trace ratio", `tr B / tr A` among orthonormal
    rows (without that condition all rows would agree).

    Raises `OptionError` for another criterion, `DataError` where the within-class
    scatter is singular or `outputs` is not between 1 and the rank of `between`.
    """
    if criterion not in CRITERIA:
        raise OptionError("criterion", criterion, CRITERIA)
    within, between = within_of(problem), _between_of(problem)
    require_invertible(within, "optimum")
    unit = units(within)
    whole = np.outer(unit, unit)
    sizes, vectors = scipy.linalg.eigh(between / whole, within / whole)
    d, rank = len(unit), int(np.sum(sizes > 1e-12 * sizes[-1]))
    most = d if criterion == "trace ratio" else rank
    if not 1 <= outputs <= most:
        raise DataError(
            f"optimum needs between 1 and {most} outputs, as the between-class scatter "
            f"has rank {rank} in {d} features; got {outputs}."
        )
    if criterion == "trace ratio":
        E, objective = _trace_ratio(within, between, outputs)
    else:
        top = sizes[::-1][:outputs]
        E = (vectors[:, ::-1][:, :outputs] / unit[:, None]).T
        objective = np.sum(top if criterion == "ratio trace" else np.log1p(top))
    return certified(Optimum(E, np.nan, float(objective), criterion), problem)


def _between_of(problem: Problem) -> Scatter:
    contrast = np.asarray(problem.contrast, dtype=np.float64)
    return contrast @ contrast.T


def _trace_ratio(
    within: Scatter, between: Scatter, k: int
) -> tuple[Outputs, np.floating]:
    # The largest rho with max over E of tr E (between - rho within) Eᵀ >= 0. That
    # maximum is convex and falls in rho, so Newton's iteration never overshoots.
    d, rho = len(within), np.trace(between) / np.trace(within)
    E = np.eye(d)[:k]
    for _ in range(100):
        shifted = between - rho * within
        E = scipy.linalg.eigh(shifted, subset_by_index=[d - k, d - 1])[1].T
        last, rho = rho, np.trace(E @ between @ E.T) / np.trace(E @ within @ E.T)
        if abs(rho - last) <= 4 * np.finfo(float).eps * rho:
            break
    return E[::-1], rho


def _trace_ratio_gap(
    within: Scatter, between: Scatter, E: Outputs, objective: float
) -> float:
    k, d = E.shape
    rho = np.trace(E @ between @ E.T) / np.trace(E @ within @ E.T)
    shifted = between - rho * within
    leak = (E @ shifted) @ (np.eye(d) - E.T @ E)
    # No orthonormal rows do better: the top eigenvalues of `shifted` sum to 0.
    best = np.linalg.eigvalsh(shifted)[d - k :].sum()
    return float(
        max(
            np.linalg.norm(E @ E.T - np.eye(k)),
            np.linalg.norm(leak) / np.linalg.norm(shifted),
            abs(best) / np.linalg.norm(shifted),
            abs(objective / rho - 1),
        )
    )


def _eigen_gap(
    within: Scatter, between: Scatter, E: Outputs, objective: float, criterion: str
) -> float:
    # Rows that solve between e = J within e, and nothing above them: what `between`
    # is without them is nowhere larger than their least J times `within`.
    unit = units(within)
    within, between = (m / np.outer(unit, unit) for m in (within, between))
    E = E * unit
    J = np.diag(E @ between @ E.T)
    pushed = E @ within
    size = np.linalg.norm(between)
    left = between - (pushed.T * J) @ pushed - J.min() * within
    total = J.sum() if criterion == "ratio trace" else np.log1p(J).sum()
    return float(
        max(
            np.linalg.norm(E @ within @ E.T - np.eye(len(E))),
            np.linalg.norm(E @ between - J[:, None] * pushed) / size,
            np.linalg.eigvalsh(left)[-1] / size,
            abs(objective / total - 1),
        )
    )
