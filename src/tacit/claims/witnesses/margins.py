"""The random problems on which claims are witnessed. Seeded; draws in order."""

import numpy as np

from ...networks import DeepLinear, MLP
from ...oracles import max_margin
from ...problems import Problem


def labelled(rows: np.ndarray) -> Problem:
    """The problem with these rows ``y_i x_i``, its labels in turn -1 and 1."""
    y = np.where(np.arange(len(rows)) % 2, 1, -1)
    return Problem(y[:, None] * rows, y)


def separable(
    seed: int = 2001, n: int = 30, d: int = 3, margin: float = 0.12
) -> Problem:
    """Points of the unit ball, those within `margin` of a hyperplane left out."""
    rng = np.random.default_rng(seed)
    u, rows = rng.standard_normal(d), []
    u /= np.linalg.norm(u)
    while len(rows) < n:
        x = rng.standard_normal(d)
        x *= rng.uniform() ** (1 / d) / np.linalg.norm(x)
        if abs(x @ u) >= margin:
            rows.append(x * np.sign(x @ u))
    return labelled(np.array(rows))


def mislabelled() -> Problem:
    """The points of `separable`, the first of them on the wrong side."""
    rows = np.asarray(separable().X) * np.asarray(separable().y)[:, None]
    rows[0] *= -1
    return labelled(rows)


def contradicted() -> Problem:
    """Fifteen points of `separable`, each of them with both labels."""
    rows = np.asarray(separable().X) * np.asarray(separable().y)[:, None]
    return labelled(np.concatenate([rows[:15], -rows[:15]]))


def fewer_than_features(seed: int = 2011, n: int = 4, d: int = 6) -> Problem:
    """Normal rows, fewer than there are features, the longest of length 1."""
    rows = np.random.default_rng(seed).standard_normal((n, d))
    return labelled(rows / np.linalg.norm(rows, axis=1).max())


def all_held(seed: int = 21) -> Problem:
    """Three independent rows of lengths from ½ to 1, all of them support vectors."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((3, 3))
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    return labelled(rows * rng.uniform(0.5, 1, 3)[:, None])


def half_normal(
    problem: Problem, *hidden: int, seed: int = 2002, scale: float = 0.5
) -> DeepLinear:
    """Layers of normal entries of deviation ½, with a risk below that of no network.

    The sign of the last layer is turned where the mean margin is below 0; that is
    enough here, and the claims test it.
    """
    rng, widths = np.random.default_rng(seed), (problem.d, *hidden, 1)
    pairs = zip(widths[1:], widths, strict=False)
    layers = [scale * rng.standard_normal(pair) for pair in pairs]
    w = np.asarray(DeepLinear(layers).predictor())
    margins = np.asarray(problem.y) * (np.asarray(problem.X) @ w)
    if np.mean(np.exp(-margins)) > 1:
        layers[-1] = -layers[-1]
    return DeepLinear(layers)


def rank_one(
    problem: Problem,
    depth: int,
    *,
    seed: int = 2003,
    hidden: tuple[int, ...] = (5, 4, 4, 4, 4),
) -> DeepLinear:
    """Balanced layers of rank one, on the right side of the direction of the margin."""
    rng = np.random.default_rng(seed)
    sizes = (problem.d, *hidden[: depth - 1])
    units = [rng.standard_normal(m) for m in sizes]
    units = [u / np.linalg.norm(u) for u in units]
    units[0] *= np.sign(units[0] @ max_margin(problem).value)
    units = [*units, np.ones(1)]
    pairs = zip(units[1:], units, strict=False)
    return DeepLinear([0.8 * np.outer(u, v) for u, v in pairs])


def held_by_one() -> Problem:
    """Two samples at the margin, one of them with multiplier 0: a null set."""
    return labelled(np.array([[1.0, 0.0], [1.0, 1.0]]))


def few(seed: int = 2103, n: int = 5, d: int = 8) -> Problem:
    """Fewer samples than features, normal, with random signs."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d))
    return labelled(rows * rng.choice([-1, 1], n)[:, None])


def planted(seed: int, n: int, d: int, truth: tuple[float, ...]) -> Problem:
    """Real targets ``X w*`` for a `w*` that is 0 beyond its first entries."""
    X = np.random.default_rng(seed).standard_normal((n, d))
    return Problem(X, X[:, : len(truth)] @ np.array(truth))


def rectified(seed: int = 2301) -> tuple[Problem, MLP]:
    """Ten points in four features, and a network of six hidden units."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((10, 4))
    y = np.where(X[:, 0] + 0.4 * np.abs(X[:, 1]) > 0.3, 1, -1)
    weights = [0.6 * rng.standard_normal((6, 4)), 0.6 * rng.standard_normal((1, 6))]
    return Problem(X, y), MLP(weights, "relu")
