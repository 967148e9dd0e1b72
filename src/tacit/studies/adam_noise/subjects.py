"""The data and the starting points of the study."""

import functools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ...experiment import Snapshot
from ...losses import CrossEntropy, Squared
from ...networks import AbstractNetwork, MLP
from ...observables import GradientOneNorm, HessianTrace
from ...problems import load, Problem
from ...risk import Risk


WIDTHS = (4, 6, 1)
"""Of the small network: 30 parameters, whose Hessian is no work."""

SAMPLES = 32
EPS = 1e-6
r"""Inside the root: below it a coordinate of the gradient counts as 0."""


@functools.cache
def regression() -> Risk:
    """A noisy tanh teacher, 32 samples of 4 features, squared loss."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((SAMPLES, WIDTHS[0]))
    noise = 0.5 * rng.standard_normal(SAMPLES)
    y = np.tanh(X @ np.array([0.9, -0.6, 0.4, 1.1])) + noise
    return Risk(Problem(X, y), Squared())


@functools.cache
def starts(count: int) -> tuple[MLP, ...]:
    """The small tanh network, with He's weights of as many seeds."""
    return tuple(MLP.he_normal(WIDTHS, seed=seed) for seed in range(count))


def parameters(network: AbstractNetwork) -> Array:
    """All parameters as one vector."""
    return ravel_pytree(network)[0]


class Seen(NamedTuple):
    """What is read off the small network."""

    trace: Array
    norm: Array
    risk: Array


def look(network: AbstractNetwork) -> Seen:
    """Trace of the Hessian, 1-norm of the gradient, and the risk, of the regression."""
    risk = regression()
    at = Snapshot(network, network, risk, jnp.zeros(()))
    return Seen(
        HessianTrace().measure(at), GradientOneNorm().measure(at), risk.value(network)
    )


class Digits(NamedTuple):
    """Digits from scikit-learn, pixels from 0 to 1, in two parts."""

    training: Risk
    validation: Risk


TRAINING, VALIDATION = 128, 600
DIGITS_WIDTHS = (64, 16, 10)


@functools.cache
def digits() -> Digits:
    """Few samples to train on, so that a network of 1210 parameters overfits."""
    whole = load("digits")
    order = np.random.default_rng(0).permutation(whole.n)
    X, y = np.asarray(whole.X) / 16, whole.labels

    def part(rows):
        return Risk(Problem(X[rows], y[rows]), CrossEntropy())

    first = order[:TRAINING]
    return Digits(part(first), part(order[TRAINING : TRAINING + VALIDATION]))
