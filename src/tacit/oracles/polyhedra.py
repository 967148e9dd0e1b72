"""The shortest vector of a polyhedron cut out by half-spaces."""

import numpy as np
import scipy.linalg
import scipy.optimize
from jaxtyping import Float


Rows = Float[np.ndarray, "n d"]
Point = Float[np.ndarray, " d"]
Multipliers = Float[np.ndarray, " n"]

EPS = float(np.finfo(float).eps)
DEPENDENT = 1e-13
"""A row counts as a combination of others if it is one up to this part of its length:
how far from exact the projection on a few hundred rows is."""


def least_norm(rows: Rows) -> tuple[Point | None, Multipliers]:
    """The shortest `w` with ``rows @ w >= 1`` and multipliers `m >= 0` that prove it.

    Then ``w = m @ rows``, and `m` is 0 wherever ``rows @ w > 1``. If there is no such
    point, `w` is None and `m` sums to 1 with ``m @ rows = 0``, which excludes one.
    Rows are best given in units in which the longest is about 1.

    The dual active-set method of Goldfarb and Idnani (1983), started where the
    non-negative least squares of Lawson and Hanson (1974, chapter 23) end.
    """
    n, d = rows.shape
    if n < d:  # the answer lies in the span of the rows: count in that
        axes, triangle = np.linalg.qr(rows.T)
        w, m = least_norm(np.ascontiguousarray(triangle.T))
        return None if w is None else axes @ w, m
    lengths = np.sum(rows**2, axis=1)
    if not lengths.all():
        return None, (np.arange(n) == np.argmin(lengths)).astype(float)
    active, highest, stuck = _start(rows, lengths), 0.0, 0
    w, m = _shortest(rows, active)
    for _ in range(20 * (n + d)):
        short = 1 - rows @ w - 16 * EPS * (np.abs(rows) @ np.abs(w))
        short[active] = -np.inf
        worst = int(np.argmax(short))
        # Every exchange raises the length of w; ties may hold it for a few of them.
        stuck = 0 if w @ w > highest * (1 + 4 * EPS) else stuck + 1
        highest = max(highest, float(w @ w))
        if short[worst] <= 0 or stuck > d + 3:
            break
        active, ray = _enter(rows, w, m, active, worst)
        if ray is not None:
            return None, _closest(rows, ray)
        w, m = _shortest(rows, active)
        while len(active) > 1 and m.min() < 0:  # by rounding
            active = np.delete(active, int(np.argmin(m[active])))
            w, m = _shortest(rows, active)
    return w, m


def _start(rows, lengths):
    """Rows of an active set that is independent and has positive multipliers."""
    # The least squares of the whole end on the right one unless the margin is lost in
    # their rounding; then one row at a time is dropped, in the end all but one.
    n, d = rows.shape
    try:
        active = np.flatnonzero(_combined(rows) > 0)
    except RuntimeError:  # nnls counts its steps
        active = np.empty(0, int)
    while len(active) > 1:
        axes, triangle = np.linalg.qr(rows[active].T)
        sizes = np.abs(np.diag(triangle))
        if len(active) > d or sizes.min() <= DEPENDENT * sizes.max():
            active = np.delete(active, int(np.argmin(sizes)))
            continue
        m = _shortest(rows, active)[1][active]
        if m.min() > 0:
            return active
        active = np.delete(active, int(np.argmin(m)))
    return np.array([int(np.argmin(lengths))])


def _combined(rows):
    """The `u >= 0` with ``u @ rows`` and ``sum(u) - 1`` as close to 0 as can be."""
    n, d = rows.shape
    target = np.zeros(d + 1)
    target[-1] = 1.0
    both = np.vstack([rows.T, np.ones(n)])
    return scipy.optimize.nnls(both, target, maxiter=100 + 10 * n)[0]


def _shortest(rows, active):
    """The shortest `w` with equality on the active rows, and its multipliers."""
    m, kept = np.zeros(len(rows)), rows[active]
    axes, triangle = np.linalg.qr(kept.T)
    w, part = np.zeros(rows.shape[1]), np.zeros(len(active))
    for _ in range(2):  # the second round takes what the first one rounded away
        miss = 1 - kept @ w
        w = w + axes @ scipy.linalg.solve_triangular(triangle, miss, trans=1)
    for _ in range(2):
        miss = axes.T @ (w - part @ kept)
        part = part + scipy.linalg.solve_triangular(triangle, miss)
    m[active] = part
    return w, m


def _enter(rows, w, m, active, new):
    """The active set with `new` in it, or a ray along which `w` grows for ever."""
    m, row = m.copy(), rows[new]
    while True:
        axes, triangle = np.linalg.qr(rows[active].T)
        inside = axes.T @ row
        across = row - axes @ inside
        again = axes.T @ across  # once is not orthogonal to rounding
        inside, across = inside + again, across - axes @ again
        r = scipy.linalg.solve_triangular(triangle, inside)
        free = np.linalg.norm(across) > DEPENDENT * np.linalg.norm(row)
        full = (1 - row @ w) / (across @ across) if free else np.inf
        room = np.full(len(active), np.inf)
        room[r > 0] = m[active][r > 0] / r[r > 0]
        step = min(full, room.min(initial=np.inf))
        if step == np.inf:
            ray = np.zeros(len(rows))
            ray[active], ray[new] = np.maximum(-r, 0), 1.0
            return active, ray
        m[active] -= step * r
        m[new] += step
        w = w + (step * across if free else 0)
        if step == full:
            return np.append(active, new), None
        active = np.delete(active, int(np.argmin(room)))


def _closest(rows, ray):
    """Of two proofs that no point exists, the one with less rounding in it."""
    found = [ray / ray.sum()]
    try:
        other = _combined(rows)
        found += [other / other.sum()] if other.any() else []
    except RuntimeError:
        pass
    return min(found, key=lambda m: float(np.linalg.norm(m @ rows)))
