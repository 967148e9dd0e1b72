"""The random problems on which claims are witnessed. Seeded; draws in order."""

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk
from ...losses import Exponential
from ...networks import DeepLinear, MLP, TwoSided
from ...oracles import max_margin
from ...problems import Problem
from ...risk import Risk
from .draws import draw


def labelled(rows: np.ndarray) -> Problem:
    """The problem with these rows ``y_i x_i``, its labels in turn -1 and 1."""
    y = np.where(np.arange(len(rows)) % 2, 1, -1)
    return Problem(y[:, None] * rows, y)


def separable(
    own: int = 2001,
    n: int = 30,
    d: int = 3,
    margin: float = 0.12,
    *,
    seed: int | None = None,
) -> Problem:
    """Points of the unit ball, those within `margin` of a hyperplane left out."""
    rng = draw(own, seed)
    u, rows = rng.standard_normal(d), []
    u /= np.linalg.norm(u)
    while len(rows) < n:
        x = rng.standard_normal(d)
        x *= rng.uniform() ** (1 / d) / np.linalg.norm(x)
        if abs(x @ u) >= margin:
            rows.append(x * np.sign(x @ u))
    return labelled(np.array(rows))


def mislabelled(seed: int | None = None) -> Problem:
    """The points of `separable`, the first of them on the wrong side."""
    rows = _signed(separable(seed=seed))
    rows[0] *= -1
    return labelled(rows)


def contradicted(seed: int | None = None) -> Problem:
    """Fifteen points of `separable`, each of them with both labels."""
    rows = _signed(separable(seed=seed))
    return labelled(np.concatenate([rows[:15], -rows[:15]]))


def fewer_than_features(
    own: int = 2011, n: int = 4, d: int = 6, *, seed: int | None = None
) -> Problem:
    """Normal rows, fewer than there are features, the longest of length 1."""
    rows = draw(own, seed).standard_normal((n, d))
    return labelled(rows / np.linalg.norm(rows, axis=1).max())


def all_held(own: int = 21, *, seed: int | None = None) -> Problem:
    """Three orthogonal rows of unlike lengths, all of them support vectors.

    Drawn again until the mean sample is a fifth off the direction of the margin.
    """
    rng = draw(own, seed)
    while True:
        axes = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        lengths = rng.uniform(0.6, 1.0, 3)
        rows = axes * (lengths / lengths.max())[:, None]
        mean, best = rows.sum(axis=0), max_margin(rows).value
        if np.linalg.norm(mean / np.linalg.norm(mean) - best) > 0.2:
            return labelled(rows)


def half_normal(
    problem: Problem,
    *hidden: int,
    own: int = 2002,
    seed: int | None = None,
    scale: float = 0.5,
) -> DeepLinear:
    """Layers of normal entries of deviation ½, with a risk at most that of no network.

    The sign of the last layer is turned where that makes it so, and where neither sign
    does the layers are drawn again.
    """
    rng, widths = draw(own, seed), (problem.d, *hidden, 1)
    pairs = list(zip(widths[1:], widths, strict=False))
    while True:
        layers = [scale * rng.standard_normal(pair) for pair in pairs]
        margins = _signed(problem) @ np.asarray(DeepLinear(layers).predictor())
        for sign in (1, -1):
            if np.mean(np.exp(-sign * margins)) <= 1:
                return DeepLinear([*layers[:-1], sign * layers[-1]])


def rank_one(
    problem: Problem,
    depth: int,
    *,
    own: int = 2003,
    seed: int | None = None,
    hidden: tuple[int, ...] = (5, 4, 4, 4, 4),
) -> DeepLinear:
    """Balanced layers of rank one, on the right side of the direction of the margin.

    Fresh ones are drawn again until their risk is at most that of no network.
    """
    rng = draw(own, seed)
    sizes = (problem.d, *hidden[: depth - 1])
    while True:
        units = [rng.standard_normal(m) for m in sizes]
        units = [u / np.linalg.norm(u) for u in units]
        units[0] *= np.sign(units[0] @ max_margin(problem).value)
        units = [*units, np.ones(1)]
        pairs = zip(units[1:], units, strict=False)
        start = DeepLinear([0.8 * np.outer(u, v) for u, v in pairs])
        margins = _signed(problem) @ np.asarray(start.predictor())
        if seed is None or np.mean(np.exp(-margins)) <= 1:
            return start


def held_by_one(seed: int | None = None) -> Problem:
    """Two samples at the margin, one of them with multiplier 0: a null set.

    A fresh draw has other lengths and other axes.
    """
    rows = np.array([[1.0, 0.0], [1.0, 1.0]])
    if seed is None:
        return labelled(rows)
    rng = draw(2004, seed)
    axes = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    return labelled(rows * rng.uniform(0.5, 1.5, 2) @ axes)


def few(own: int = 2103, n: int = 5, d: int = 8, *, seed: int | None = None) -> Problem:
    """Fewer samples than features, normal, with random signs."""
    rng = draw(own, seed)
    rows = rng.standard_normal((n, d))
    return labelled(rows * rng.choice([-1, 1], n)[:, None])


def two_sides(
    depth: int, seed: int | None = None, until: float = 1e9
) -> Experiment[TwoSided]:
    """A two-sided network from 1 everywhere on `few`, to the norm `until`."""
    start = TwoSided.balanced(8, alpha=1.0, depth=depth)
    # The flow itself to the end: its limit keeps only what leads.
    flow = GradientFlow(rtol=1e-8, clock=LogRisk(hand_over=1e12))
    risk = Risk(few(seed=seed), Exponential())
    return Experiment(start, risk, flow, until=until)


def planted(
    own: int, n: int, d: int, truth: tuple[float, ...], *, seed: int | None = None
) -> Problem:
    """Real targets ``X w*`` for a `w*` that is 0 beyond its first entries."""
    X = draw(own, seed).standard_normal((n, d))
    return Problem(X, X[:, : len(truth)] @ np.array(truth))


def rectified(own: int = 2301, *, seed: int | None = None) -> tuple[Problem, MLP]:
    """Ten points in four features, and a network of six hidden units.

    A fresh one is drawn again until every point has a unit that is on and has its sign:
    another could never be fitted.
    """
    rng = draw(own, seed)
    while True:
        X = rng.standard_normal((10, 4))
        y = np.where(X[:, 0] + 0.4 * np.abs(X[:, 1]) > 0.3, 1, -1)
        weights = [0.6 * rng.standard_normal((6, 4)), 0.6 * rng.standard_normal((1, 6))]
        on = (X @ weights[0].T > 0) & (y[:, None] * weights[1] > 0)
        if seed is None or (np.all(on.any(axis=1)) and np.ptp(y)):
            return Problem(X, y), MLP(weights, "relu")


def _signed(problem: Problem) -> np.ndarray:
    return np.asarray(problem.y)[:, None] * np.asarray(problem.X)
