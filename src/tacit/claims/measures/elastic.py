"""Least squares with a 1-norm, by coordinate descent, with its conditions checked."""

import numpy as np


SWEEPS = 10_000


def elastic_net(
    S: np.ndarray, c: np.ndarray, penalty: float
) -> tuple[np.ndarray, float]:
    r"""The `b` of least $\frac12 b^\top S b - c^\top b + \lambda\|b\|_1$, `S` > 0.

    And by how much it misses the conditions of the minimum, over the largest of `c`.
    """
    b, sizes = np.zeros(len(c)), np.diag(S)
    for _ in range(SWEEPS):
        before = b.copy()
        for i in range(len(c)):
            rest = c[i] - S[i] @ b + sizes[i] * b[i]
            b[i] = np.sign(rest) * max(abs(rest) - penalty, 0.0) / sizes[i]
        if np.abs(b - before).max() <= 1e-15 * max(np.abs(b).max(), 1e-300):
            break
    slope = c - S @ b
    off = np.where(
        b != 0, np.abs(slope - penalty * np.sign(b)), np.abs(slope) - penalty
    )
    return b, float(max(off.max(), 0.0) / np.abs(c).max())
