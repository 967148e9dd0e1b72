"""Cross-validated deviance of every path at every size, from rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from ..errors import DataError
from .calibration import deviances, sharpness
from .contrast import Contrast
from .path import Path, trace_path
from .pooled import Pooled
from .request import AUTO, Candidate, Request
from .rows import Rows
from .spread import AbstractSpread, Table


@dataclass(frozen=True, eq=False)
class Judged:
    """What cross-validation says of one path."""

    candidate: Candidate
    sizes: np.ndarray
    """Counts of features, ``(K,)``."""
    losses: np.ndarray
    """Held-out loss at each size, ``(K,)``."""
    parts: np.ndarray
    """The same of every row, or every fold, ``(K, n)``: for paired differences."""
    weights: np.ndarray
    """What those count, ``(n,)``."""
    sharpness: np.ndarray
    """The calibration at each size, ``(K,)``."""

    def error(self, k: int, other: np.ndarray) -> float:
        """Standard error of the k-th loss less that of `other` parts ``(n,)``."""
        return standard_error(self.parts[k] - other, self.weights)


def standard_error(values: np.ndarray, weights: np.ndarray) -> float:
    """Of the weighted mean of independent `values`."""
    N = weights.sum()
    mean = weights @ values / N
    # A weight counts a row that many times, so the sample has N rows.
    variance = weights @ np.square(values - mean) / max(N - 1, 1)
    return float(np.sqrt(variance / N))


def spread_of(X, codes, weights, priors=None) -> AbstractSpread:
    """The cheaper way to hold a sample: by its rows, or by its scatter."""
    n, d = X.shape
    kind = Rows if d > n else Pooled.of_rows
    return kind(X, codes, weights, priors)


def grid_of_sizes(largest: int) -> list[int]:
    """Every size up to 100, and then in steps of five per cent."""
    sizes = [1]
    while sizes[-1] < largest:
        sizes.append(min(largest, max(sizes[-1] + 1, round(1.05 * sizes[-1]))))
        if sizes[-1] <= 100:
            sizes[-1] = min(largest, sizes[-2] + 1)
    return sizes


def judge_rows(
    X: Table,
    codes: np.ndarray,
    weights: np.ndarray,
    held: np.ndarray,
    request: Request,
) -> tuple[list[Judged], np.ndarray]:
    """Every candidate, in order, and the deviance of each held-out row unclassified.

    `held` ``(n, folds)`` is the weight that each fold holds out.
    """
    C = int(codes.max()) + 1
    priors = request.shares(C)
    pieces: list[list[np.ndarray]] = [[] for _ in request.candidates]
    prior_rows, truth, mass = [], [], []
    reaches = []
    for fold in held.T:
        train = weights - fold
        kept, out = np.flatnonzero(train > 0), np.flatnonzero(fold > 0)
        if len(out) == 0:
            continue
        spread = _trained(X[kept], codes[kept], train[kept], priors, C)
        for own, evidence in zip(
            pieces, _evidence(spread, X[out], request), strict=True
        ):
            own.append(evidence)
        reaches.append([len(own[-1]) for own in pieces])
        log_priors = np.log(spread.contrast.priors)
        prior_rows.append(np.broadcast_to(log_priors, (len(out), C)))
        truth.append(codes[out])
        mass.append(fold[out])
    log_priors, y = np.concatenate(prior_rows), np.concatenate(truth)
    w = np.concatenate(mass)
    null = -np.take_along_axis(log_priors, y[:, None], axis=1)[:, 0]
    judged = []
    for candidate, own, reach in zip(
        request.candidates, pieces, np.array(reaches).T, strict=True
    ):
        least = int(reach.min())
        stacked = np.concatenate([each[:least] for each in own], axis=1)
        T = np.ones(len(stacked))
        if request.calibrate:
            T = sharpness(stacked, log_priors, y, w)
        rows = deviances(stacked, log_priors, y, T)
        losses = rows @ w / w.sum()
        sizes = _sizes(request, least)
        judged.append(Judged(candidate, sizes, losses, rows, w, T))
    return judged, null


def _trained(X, codes, weights, priors, C) -> AbstractSpread:
    missing = set(range(C)) - set(codes.tolist())
    if missing:
        raise DataError(
            f"a fold leaves no row of class number {min(missing)} to learn from; use "
            "fewer folds, or a splitter that is stratified."
        )
    return spread_of(X, codes, weights, priors)


def _sizes(request: Request, reach: int) -> np.ndarray:
    if request.size == "all":
        return np.array([-1])
    if request.size != AUTO:
        return np.array([request.reach])
    return np.array(grid_of_sizes(request.reach)[:reach])


def _evidence(spread: AbstractSpread, X, request: Request) -> Iterator[np.ndarray]:
    """For each candidate the evidence ``(sizes, n, C)`` for every class in each row."""
    one = spread.contrast
    if request.size == "all":
        table = _standard(X, one, np.flatnonzero(one.varies))
        for candidate in request.candidates:
            U = spread.solve(shrinkage_of(candidate, spread), one.matrix)
            Q = one.matrix.T @ U
            yield _classes(table @ U[one.varies], Q, one)[None]
        return
    for candidate in request.candidates:
        path = path_of(spread, candidate, request.reach)
        seen = np.unique(np.concatenate([each.support for each in path.plateaus]))
        table = _standard(X, one, seen)
        wanted = [request.reach]
        if request.size == AUTO:
            wanted = [k for k in grid_of_sizes(request.reach) if k <= path.largest]
        out = []
        for plateau in map(path.of_size, wanted):
            at = np.searchsorted(seen, plateau.support)
            p = table[:, at] @ plateau.weights
            out.append(_classes(p, plateau.evidence, one))
        yield np.array(out)


def _standard(X, one: Contrast, columns: np.ndarray) -> np.ndarray:
    part = (
        X.tocsc()[:, columns].toarray() if scipy.sparse.issparse(X) else X[:, columns]
    )
    return (part - one.mean[columns]) / one.scale[columns]


def _classes(along: np.ndarray, Q: np.ndarray, one: Contrast) -> np.ndarray:
    half = np.einsum("ci,ij,cj->c", one.code, Q, one.code) / 2
    return along @ one.code.T - half


def shrinkage_of(candidate: Candidate, spread: AbstractSpread) -> float:
    """The shrinkage as a number."""
    gamma = candidate.shrinkage
    return spread.analytic if isinstance(gamma, str) else float(gamma)


def path_of(spread: AbstractSpread, candidate: Candidate, reach: int) -> Path:
    """The path of a candidate up to `reach` features."""
    return trace_path(spread, shrinkage_of(candidate, spread), candidate.memory, reach)
