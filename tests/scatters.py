"""Random problems for the oracles, by what the kernel of `within` does."""

import numpy as np

from tacit.problems import Problem


def definite(seed, d=7):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((d, 2 * d))
    within = B @ B.T / (2 * d) + 0.2 * np.eye(d)
    return within, rng.uniform(-1, 1, d), rng.uniform(0.2, 1.2, d)


def kernel_inside(seed, d=8, r=4):
    """The kernel of `within` holds a positive vector."""
    rng = np.random.default_rng(seed)
    p, A = rng.uniform(0.5, 2, d), rng.standard_normal((d, r))
    A -= np.outer(p, p @ A) / (p @ p)
    while True:
        delta, w0 = rng.standard_normal(d), np.exp(rng.standard_normal(d))
        if delta @ p > 0 and delta @ w0 > 0.1:
            return A @ A.T, delta, w0


def kernel_outside(seed, d=7, r=4):
    """The kernel of `within` meets the non-negative orthant at 0 only."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((d, r))
    A[:, 0] = np.abs(A[:, 0]) + 0.1
    delta, w0 = rng.standard_normal(d), rng.uniform(0.5, 1.5, d)
    return A @ A.T, delta * np.sign(delta @ w0), w0


def on_an_edge(seed):
    """Ill-conditioned, and the slope is 0 at coordinates of the limit that are 0."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 60))
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    within = (turn * 10.0 ** rng.uniform(-rng.uniform(0, 11), 0, d)) @ turn.T
    within = (within + within.T) / 2
    rng.standard_normal(d)
    delta = within @ np.maximum(rng.standard_normal(d), 0)
    w0 = rng.uniform(0.2, 1.2, d)
    return within, delta * np.sign(delta @ w0), w0


def three_classes(seed):
    rng, y = np.random.default_rng(seed), np.arange(150) % 3
    mix = np.eye(8) + 0.25 * rng.standard_normal((8, 8))
    X = rng.standard_normal((150, 8)) @ mix + rng.standard_normal((3, 8))[y]
    return Problem(X, y)


def binary(within, delta):
    return Problem.from_scatter(within=within, delta=delta)
