"""The random problems on which claims are witnessed. Seeded; draws in order."""

import numpy as np

from ...flows import GradientFlow
from ...networks import DeepLinear, Diagonal, MLP
from ...problems import Problem
from .draws import draw


FINE = GradientFlow(rtol=1e-12, atol=1e-14, chart="parameters")
"""In the plain parameters: coordinates that conserve by construction prove nothing."""

LONG = GradientFlow(rtol=1e-8, atol=1e-10, solver="stiff")
"""For limits: an error of 1e-8 in direction is one of 1e-16 in the cosine."""

CLOSE = GradientFlow(rtol=1e-11, atol=1e-13, solver="stiff")
"""For where a limit lies and for times: nothing is squared there."""


def definite(
    seed: int | None = None, d: int = 7, *, own: int = 1002
) -> tuple[Problem, np.ndarray]:
    """Two classes with $S_w > 0$, and a positive start `w0` ``(d,)``."""
    rng = draw(own, seed)
    B = rng.standard_normal((d, 2 * d))
    within = B @ B.T / (2 * d) + 0.2 * np.eye(d)
    delta = rng.uniform(-1, 1, d)
    return Problem.from_scatter(within=within, delta=delta), rng.uniform(0.2, 1.2, d)


def unbalanced(
    seed: int | None = None, *, own: int = 1002, depth: int, d: int = 7
) -> Diagonal:
    """A diagonal network whose layers are drawn independently."""
    rng = draw(own + 500, seed)
    return Diagonal(rng.uniform(0.3, 1.5, (depth, d)))


def singular(
    seed: int | None = None, d: int = 8, rank: int = 4, *, own: int = 1101
) -> tuple[Problem, np.ndarray]:
    r"""Two classes, $S_w$ of rank 4 whose kernel meets the open orthant; `w0` > 0."""
    rng = draw(own, seed)
    p = rng.uniform(0.5, 2, d)
    A = rng.standard_normal((d, rank))
    A -= np.outer(p, p @ A) / (p @ p)
    while True:
        delta, w0 = rng.standard_normal(d), np.exp(rng.standard_normal(d))
        if delta @ p > 0 and delta @ w0 > 0.1:
            return Problem.from_scatter(within=A @ A.T, delta=delta), w0


def three_classes(seed: int | None = None) -> Problem:
    """150 samples of 8 features in three classes, correlated."""
    rng = draw(1401, seed)
    y = np.arange(150) % 3
    X = rng.standard_normal((150, 8)) @ (np.eye(8) + 0.25 * rng.standard_normal((8, 8)))
    return Problem(X + rng.standard_normal((3, 8))[y], y)


def spared(
    seed: int | None = None, d: int = 7, rank: int = 4
) -> tuple[Problem, np.ndarray]:
    r"""Two classes, $S_w$ of rank 4 whose kernel misses the orthant; `w0` > 0."""
    rng = draw(1111, seed)
    A = rng.standard_normal((d, rank))
    A[:, 0] = np.abs(A[:, 0]) + 0.1
    delta, w0 = rng.standard_normal(d), rng.uniform(0.5, 1.5, d)
    delta = delta * np.sign(delta @ w0)
    return Problem.from_scatter(within=A @ A.T, delta=delta), w0


def several_means(seed: int | None = None) -> tuple[Problem, np.ndarray]:
    r"""Class means that span three directions, $S_w > 0$; `w0` ``(6,)`` > 0."""
    rng = draw(1321, seed)
    B, A = rng.standard_normal((6, 3)), rng.standard_normal((6, 6))
    within = A @ A.T / 6 + 0.1 * np.eye(6)
    w0 = rng.uniform(0.05, 1.5, 6) ** 2
    return Problem.from_scatter(within=within, between=B @ B.T), w0


def few_of_many(
    seed: int | None = None, n: int = 300, d: int = 24
) -> tuple[Problem, np.ndarray]:
    """Three informative features among `d`, and the uniform start ``1 / d``."""
    rng = draw(1331, seed)
    y = np.arange(n) % 2
    X = rng.standard_normal((n, d))
    X[y == 1, :3] += 0.8
    return Problem(X, y), np.full(d, 1 / d)


def weak_shift(seed: int | None = None) -> Problem:
    """400 samples of 6 features, every one shifted a little in the second class."""
    rng = draw(1341, seed)
    y = np.arange(400) % 2
    X = rng.standard_normal((400, 6))
    X[y == 1] += 0.3
    return Problem(X, y)


def fully_connected(*widths: int, seed: int | None = None) -> DeepLinear:
    """A linear network of these widths, input first, entries of variance 1 / fan-in."""
    rng = draw(1901, seed)
    pairs = zip(widths[1:], widths, strict=False)
    return DeepLinear([rng.standard_normal((m, n)) / np.sqrt(n) for m, n in pairs])


def matched(depth: int, k: int = 2, d: int = 8, seed: int | None = None) -> DeepLinear:
    """A balanced linear network whose product ``(k, d)`` has normal entries."""
    rng = draw(1901, seed)
    return DeepLinear.balanced(rng.standard_normal((k, d)), depth=depth)


def rectified(
    *,
    seed: int | None = None,
    activation: str = "relu",
    biases: bool = False,
    outputs: int = 4,
) -> MLP:
    """A network of widths 8, 7, 6 and 4, weights and biases normal of deviation ½."""
    rng = draw(1901, seed)
    widths = (8, 7, 6, outputs)
    pairs = zip(widths[1:], widths, strict=False)
    weights = [rng.standard_normal((m, n)) / 2 for m, n in pairs]
    shifts = [rng.standard_normal(m) / 2 for m in widths[1:]] if biases else None
    return MLP(weights, activation, shifts)
