r"""The path of sparse discriminants: one feature after another, without a penalty.

For two classes and memory 1 it is the limit, as its start shrinks, of gradient flow on
a two-sided diagonal network of depth 2 under the Fisher loss, and the Bregman inverse
scale space of least squares on the class code (Burger, Gilboa, Osher and Xu 2006,
Commun. Math. Sci. 4:179): signs are kept, and features may leave. With more classes, or
with less memory, it is a row-sparse extension in which nothing leaves, and no network's
limit; memory 0 is orthogonal matching pursuit.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from .factor import Factor
from .spread import AbstractSpread


FLAT = 1e-10
"""A slope below this share of the largest contrast is 0 but for rounding."""


@dataclass(frozen=True, eq=False)
class Plateau:
    """What is chosen between two jumps."""

    time: float
    """When it begins."""
    entered: int
    """The feature whose arrival began it."""
    support: np.ndarray
    """The chosen features ``(k,)``, in the order they came."""
    weights: np.ndarray
    """U = S⁻¹M on the support, ``(k, C - 1)``: discriminants in units of spread."""
    evidence: np.ndarray
    """Q = MᵀU, ``(C - 1, C - 1)``: how far the classes are apart along them."""

    @property
    def predictor(self) -> np.ndarray:
        """B = U (I + Q)⁻¹ ``(k, C - 1)``: least squares on the class code."""
        return np.linalg.solve(
            np.eye(len(self.evidence)) + self.evidence, self.weights.T
        ).T


@dataclass(frozen=True, eq=False)
class Path:
    """Plateau after plateau, and why there is no further one."""

    plateaus: tuple[Plateau, ...]
    d: int
    end: str
    """"complete": no feature is left that would add anything. "full": as many as were
    asked for. "apart": the chosen features leave no spread within classes."""

    def of_size(self, size: int) -> Plateau:
        """The first plateau with `size` features, or the last there is."""
        for plateau in self.plateaus:
            if len(plateau.support) >= size:
                return plateau
        return self.plateaus[-1]

    @property
    def largest(self) -> int:
        """The most features on any plateau."""
        return max(len(plateau.support) for plateau in self.plateaus)

    def average(self, time: float) -> np.ndarray:
        r"""The mean of B over $[0, \mathrm{time}]$, ``(d, C - 1)``.

        Of a path of memory 1 from the origin with two classes, this is the elastic net
        of least squares on the class code, with the $\ell_1$ penalty 1 / time, until a
        feature first leaves.
        """
        total = np.zeros((self.d, self.plateaus[0].weights.shape[1]))
        ends = [each.time for each in self.plateaus[1:]] + [np.inf]
        for plateau, end in zip(self.plateaus, ends, strict=True):
            span = min(end, time) - plateau.time
            if span > 0:
                total[plateau.support] += span * plateau.predictor
        return total / time


def trace_path(
    spread: AbstractSpread,
    shrinkage: float = 0.0,
    memory: float = 1.0,
    max_features: int = 100,
    *,
    from_feature: bool = False,
) -> Path:
    """Follow the duals of all features from jump to jump.

    The duals start at the origin and move at the slope of the fit; the feature whose
    dual first has length 1 comes first. With `from_feature` the others start at 0 when
    it is in, as in a network that starts at one feature. After a jump the duals of
    what is not chosen are multiplied by `memory`, in [0, 1].

    Raises `DataError` where no feature's class means differ.
    """
    M = spread.contrast.matrix
    lengths = np.linalg.norm(M, axis=1)
    j = int(np.argmax(lengths))
    if lengths[j] == 0:
        raise DataError("the classes have equal means in every feature.")
    others = np.arange(len(M))[:, None] != j
    duals = np.where(others, 0.0 if from_feature else memory, 1.0) * M / lengths[j]
    signed = M.shape[1] == 1 and memory == 1
    time = 0.0 if from_feature else 1 / float(lengths[j])
    factor, weights = Factor(spread, shrinkage), np.zeros((0, M.shape[1]))
    plateaus: list[Plateau] = []
    open_to = spread.contrast.varies.copy()
    end, slope = "complete", duals
    while True:
        open_to[j] = False
        if factor.add(j):
            weights = np.r_[weights, np.zeros((1, M.shape[1]))]
            weights, left = _settle(factor, M, weights, duals if signed else None)
            open_to[left] = True
            A = factor.chosen.copy()
            evidence = M[A].T @ weights
            plateaus.append(Plateau(time, j, A, weights, evidence))
            if len(A) >= max_features:
                end = "full"
                break
            slope = _slope(spread, shrinkage, plateaus[-1], FLAT * lengths.max())
        elif np.linalg.norm(slope[j]) > 0:
            end = "apart"
            break
        waits = np.where(open_to, _waits(duals, slope), np.inf)
        j = int(np.argmin(waits))
        if not np.isfinite(waits[j]):
            break
        time += float(waits[j])
        duals = duals + waits[j] * slope
        arrived = duals[j] / np.linalg.norm(duals[j])
        duals[open_to] *= memory
        duals[j] = arrived
    return Path(tuple(plateaus), len(M), end)


def _slope(
    spread: AbstractSpread, shrinkage: float, at: Plateau, flat: float
) -> np.ndarray:
    """How fast the duals move on a plateau; 0 on its support."""
    M = spread.contrast.matrix
    rest = M - (1 - shrinkage) * spread.product(at.support, at.weights)
    rest[at.support] = 0
    rest[_dots(rest, rest) < flat**2] = 0
    return rest @ np.linalg.inv(np.eye(M.shape[1]) + at.evidence)


def _waits(duals: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """How long until each dual has length 1, on its way out."""
    speed, drift = _dots(slope, slope), _dots(duals, slope)
    inside = np.maximum(1 - _dots(duals, duals), 0.0)
    root = np.sqrt(drift**2 + speed * inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where(drift > 0, inside / (drift + root), (root - drift) / speed)
    out[speed == 0] = np.inf
    return out


def _dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Row by row; a single column is the common case, and einsum is slow at it."""
    return a[:, 0] * b[:, 0] if a.shape[1] == 1 else np.einsum("ij,ij->i", a, b)


def _settle(
    factor: Factor, M: np.ndarray, before: np.ndarray, duals: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The weights on the chosen features, and which of those had to leave.

    With `duals` they keep their signs: a step of Lawson and Hanson's non-negative least
    squares. One that leaves in error comes back at once, its wait being 0.
    """
    left: list[np.ndarray] = []
    while True:
        target = factor.solve(M[factor.chosen])
        if duals is None:
            break
        signs = np.sign(duals[factor.chosen])
        wrong = (target * signs <= 0).ravel()
        if not wrong.any():
            break
        gap = before[wrong] / (before[wrong] - target[wrong])
        before = before + gap.min() * (target - before)
        gone = wrong.copy()
        gone[wrong] = (gap == gap.min()).ravel()
        left.append(factor.chosen[gone])
        factor.keep(~gone)
        before = before[~gone]
    return target, np.concatenate(left) if left else np.zeros(0, int)
