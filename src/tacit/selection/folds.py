"""Which rows are held out together: by what is in them, not by where they stand.

So the order of the rows does not matter, a row of weight 2 is a row twice, and copies
of a row are never on both sides of a split.
"""

import numpy as np
import scipy.sparse

from ..errors import DataError
from .spread import Table


CELLS = 2**18


def deal(
    X: Table,
    codes: np.ndarray,
    weights: np.ndarray,
    folds: int,
) -> np.ndarray:
    """How much of each row's weight each fold holds out, ``(n, folds)``.

    Every class is dealt out evenly. A class with fewer distinct rows than folds is
    dealt by weight, copies apart; one with a single row of weight 1 is never held out,
    for without it the class would be unknown. Raises `DataError` for fewer than 2
    folds, and where no row can be held out.
    """
    if folds < 2:
        raise DataError(f"cross-validation needs 2 folds or more; got cv={folds}.")
    hashes = row_hashes(X)
    held = np.zeros((len(codes), folds))
    start = 0
    for c in np.unique(codes):
        rows = np.flatnonzero(codes == c)
        kinds, which = np.unique(hashes[rows], return_inverse=True)
        if len(kinds) >= folds:
            # Each class begins where the one before it ended: folds of even size.
            held[rows, (start + which) % folds] = weights[rows]
            start += len(kinds)
        else:
            order = np.argsort(which, kind="stable")
            held[rows[order]] = _by_weight(weights[rows[order]], folds)
        if np.count_nonzero(held[rows].sum(axis=0)) < 2:
            held[rows] = 0
    if not held.any():
        raise DataError(
            f"none of {len(codes)} rows can be held out: every class has one row.\n"
            "Give n_features_to_select, shrinkage and memory as numbers and "
            "calibrate=False, which needs no cross-validation."
        )
    return held


def _by_weight(weights: np.ndarray, folds: int) -> np.ndarray:
    """Unit lengths of the cumulated weight go to the folds in turn."""
    ends = np.cumsum(weights)
    begins = ends - weights
    edges = np.arange(np.ceil(ends[-1]) + 1)
    share = np.zeros((len(weights), folds))
    if len(edges) > 64 * folds:  # so many copies that every fold gets an even part
        return np.repeat(weights[:, None] / folds, folds, axis=1)
    for k, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        part = np.minimum(ends, high) - np.maximum(begins, low)
        share[:, k % folds] += np.maximum(part, 0)
    return share


def row_hashes(
    X: Table,
) -> np.ndarray:
    """A 64-bit number for each row ``(n,)``, the same for dense and sparse."""
    n, d = X.shape
    odd = _mixed(np.arange(1, d + 1, dtype=np.uint64)) | np.uint64(1)
    with np.errstate(over="ignore"):
        if scipy.sparse.issparse(X):
            table = X.tocsr()
            terms = _bits(table.data) * odd[table.indices]
            sums = np.zeros(n, np.uint64)
            rows = np.repeat(np.arange(n), np.diff(table.indptr))
            np.add.at(sums, rows, terms)
            return _mixed(sums)
        sums = np.zeros(n, np.uint64)
        for start in range(0, d, max(1, CELLS // n)):
            cut = slice(start, start + max(1, CELLS // n))
            sums += (_bits(X[:, cut]) * odd[cut]).sum(axis=1, dtype=np.uint64)
        return _mixed(sums)


def _bits(numbers) -> np.ndarray:
    plain = np.array(numbers, dtype=np.float64) + 0.0  # -0.0 is 0.0
    return plain.view(np.uint64)


def _mixed(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))
