"""What SciPy and plain NumPy find where the oracles answer exactly.

Each takes what the oracle takes: the data, and its arguments.
"""

import itertools

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.special


FINE = {"ftol": 1e-15, "maxiter": 2000}


def matrices(problem):
    """Within, between and, of two classes, their difference."""
    within, between = np.asarray(problem.within), np.asarray(problem.between)
    return within, between, np.asarray(problem.contrast)[:, 0]


def rows_of(data):
    """The rows `y_i x_i` of two classes, or the rows themselves."""
    if isinstance(data, np.ndarray):
        return data
    signs = np.where(data.codes == 1, 1, -1)
    return signs[:, None] * np.asarray(data.X)


def top(problem, *args):
    """The leading generalised eigenvectors: one, or as many as were asked for."""
    within, between, delta = matrices(problem)
    vectors = scipy.linalg.eigh(between, within)[1]
    if not args:
        return vectors[:, -1] * np.sign(vectors[:, -1] @ delta)
    return vectors[:, -args[0] :].T


def trace_ratio(problem, outputs, _):
    """The root of the sum of leading eigenvalues of between minus rho within."""
    within, between, _ = matrices(problem)

    def leading(rho):
        sizes, vectors = np.linalg.eigh(between - rho * within)
        return sizes[-outputs:].sum(), vectors[:, -outputs:].T

    most = scipy.linalg.eigh(between, within, eigvals_only=True)[-1]
    rho = scipy.optimize.brentq(lambda rho: leading(rho)[0], 0, most, xtol=1e-14)
    return leading(rho)[1]


def on_the_cone(problem, w0, free=None):
    """A quadratic program: the least spread of unit contrast with the signs of w0."""
    within, _, delta = matrices(problem)
    signs = np.sign(w0)
    pull = delta * np.sign(delta @ w0)
    locked = np.ones(len(w0), bool) if free is None else ~free
    spread = np.trace(within) / len(w0)
    found = scipy.optimize.minimize(
        lambda w: w @ within @ w / spread, pull / (pull @ pull) + 1e-3 * signs,
        jac=lambda w: 2 * within @ w / spread, method="SLSQP", options=FINE,
        bounds=[((0, None) if s > 0 else (None, 0)) if lock else (None, None)
                for s, lock in zip(signs, locked, strict=True)],
        constraints={"type": "eq", "fun": lambda w: pull @ w - 1,
                     "jac": lambda _: pull},
    )  # fmt: skip
    return found.x


def entropy(w, depth):
    """The potential of a diagonal network of `depth`, and its slope."""
    if depth == 1:
        return w**2 / 2, w
    if depth == 2:
        return w * (np.log(w) - 1) / 2, np.log(w) / 2
    power = depth / (depth - 2)
    return -power / 2 * w ** (2 / depth), -(w ** (2 / depth - 1)) / (depth - 2)


def in_the_kernel(problem, w0, depth):
    """The least divergence from w0 a unit of contrast, over the kernel of within."""
    within, _, delta = matrices(problem)
    kernel = scipy.linalg.null_space(within, rcond=1e-10).T
    value0, slope0 = entropy(w0, depth)

    def score(c):
        w = c @ kernel
        if delta @ w <= 0 or (depth > 1 and w.min() <= 0):
            return np.inf
        value, _ = entropy(w, depth)
        return np.sum(value - value0 - slope0 * (w - w0)) / (delta @ w)

    inside = np.vstack([kernel.T, kernel @ delta])  # none of these may be below 0
    deepest = scipy.optimize.linprog(
        np.append(np.zeros(len(kernel)), -1.0),
        np.hstack([-inside, np.ones((len(inside), 1))]), np.zeros(len(inside)),
        np.append(kernel.sum(axis=1), 0.0)[None], [1.0], bounds=(None, None),
    )  # fmt: skip
    c = deepest.x[:-1]
    for _ in range(5):  # a simplex that begins anew is not stuck
        c = scipy.optimize.minimize(
            score, c, method="Nelder-Mead",
            options={"xatol": 1e-12, "fatol": 1e-16, "maxiter": 4000},
        ).x  # fmt: skip
    return c @ kernel


def of_least(height, rows, slope=None):
    """The `w` of least height with every row above 1, by SLSQP."""
    start = np.linalg.lstsq(rows, np.ones(len(rows)), rcond=None)[0]
    found = scipy.optimize.minimize(
        height, start, jac=slope, method="SLSQP", options=FINE,
        constraints={"type": "ineq", "fun": lambda w: rows @ w - 1,
                     "jac": lambda _: rows},
    )  # fmt: skip
    return found.x


def shortest(data):
    return of_least(lambda w: w @ w / 2, rows_of(data), lambda w: w)


def support(rows):
    """The margin's direction by SLSQP, the rows it rests on, and axes across it."""
    w = shortest(rows)
    held = rows[rows @ w < 1 + 1e-6]
    return held, np.linalg.svd(w[None])[2][1:]


def residual(rows):
    """The least sum of exponentials across the margin, by BFGS."""
    held, axes = support(rows)
    across = held @ axes.T
    found = scipy.optimize.minimize(
        lambda c: scipy.special.logsumexp(-across @ c), np.zeros(len(axes)), tol=1e-14
    )
    return found.x @ axes


def worst(rows):
    """The direction across the margin in which the support rises least, of a circle."""
    held, axes = support(rows)

    def height(angle):
        return (held @ (np.array([np.cos(angle), np.sin(angle)]) @ axes)).max()

    grid = np.linspace(0, 2 * np.pi, 2000)
    best = grid[np.argmin([height(a) for a in grid])]
    near = (best - 0.01, best + 0.01)
    angle = scipy.optimize.minimize_scalar(
        height, bounds=near, method="bounded", options={"xatol": 1e-12}
    ).x
    return np.array([np.cos(angle), np.sin(angle)]) @ axes


def least_sum(rows):
    """A linear program: the least sum of u + v with rows (u - v) of 1 or more."""
    n, d = rows.shape
    found = scipy.optimize.linprog(
        np.ones(2 * d), -np.hstack([rows, -rows]), -np.ones(n), method="highs"
    )
    return found.x[:d] - found.x[d:]


def best_corner(rows, depth):
    """The least quasi-norm over all points where d rows or coordinates are tight."""
    n, d = rows.shape
    sides, right = np.vstack([rows, np.eye(d)]), np.append(np.ones(n), np.zeros(d))
    best, least = np.zeros(d), np.inf
    for held in map(list, itertools.combinations(range(n + d), d)):
        if abs(np.linalg.det(sides[held])) > 1e-12:
            w = np.linalg.solve(sides[held], right[held])
            size = np.sum(np.abs(w) ** (2 / depth))
            if (rows @ w).min() > 1 - 1e-9 and size < least:
                best, least = w, size
    return best


def least_spectrum(rows):
    """The least sum of |Fourier coefficients|, by the dual, which is smooth.

    It mixes rows to no coefficient above 1. The answer has the phases of those at 1,
    and a margin of 1 where a row takes part.
    """
    waves = np.fft.fft(np.eye(rows.shape[1]), norm="ortho")
    seen = waves @ rows.T
    found = scipy.optimize.minimize(
        lambda v: -v.sum(), np.full(len(rows), 1e-2),
        jac=lambda v: -np.ones(len(v)), bounds=[(0, None)] * len(rows),
        method="SLSQP", options=FINE,
        constraints={
            "type": "ineq", "fun": lambda v: 1 - np.abs(seen @ v) ** 2,
            "jac": lambda v: -2 * ((seen @ v).conj()[:, None] * seen).real,
        },
    )  # fmt: skip
    phases, held = seen @ found.x, found.x > 1e-7
    shapes = (waves.conj().T * phases).real[:, np.abs(phases) > 1 - 1e-6]
    sizes, _ = scipy.optimize.nnls(rows[held] @ shapes, np.ones(held.sum()))
    return shapes @ sizes


def potential(w, kappa):
    z = w / kappa
    return kappa * np.sum(2 - np.sqrt(4 + z**2) + z * np.arcsinh(z / 2))


def interpolating(problem, alpha):
    """The dual, which is smooth and convex, by a trust region."""
    X, y, kappa = np.asarray(problem.X), np.asarray(problem.y), alpha**2
    found = scipy.optimize.minimize(
        lambda v: 2 * kappa * np.sum(np.cosh(v @ X)) - v @ y,
        np.zeros(len(y)), method="trust-exact",
        jac=lambda v: X @ (2 * kappa * np.sinh(v @ X)) - y,
        hess=lambda v: (X * (2 * kappa * np.cosh(v @ X))) @ X.T,
        options={"gtol": 1e-13, "maxiter": 5000, "initial_trust_radius": 1.0},
    )  # fmt: skip
    return 2 * kappa * np.sinh(found.x @ X)


def entropic(rows, kappa):
    return of_least(
        lambda w: potential(w, kappa), rows, lambda w: np.arcsinh(w / (2 * kappa))
    )


def end_of_the_path(problem):
    """Least squares; of several solutions that of the least sum of magnitudes."""
    X, y = np.asarray(problem.X), np.asarray(problem.y)
    n, d = X.shape
    if n > d:
        return np.linalg.lstsq(X, y, rcond=None)[0]
    found = scipy.optimize.linprog(
        np.ones(2 * d), A_eq=np.hstack([X, -X]), b_eq=y, method="highs"
    )
    return found.x[:d] - found.x[d:]
