"""The identity of the balance, for every activation and losses from outside."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Problem
from tacit.losses import AbstractPointwiseLoss, RatioTrace, Squared
from tacit.networks import MLP
from tacit.networks.activations import ACTIVATIONS
from tacit.saddles import imbalance_rate, signals
from tacit.studies.saddle_escape import balance


RNG = np.random.default_rng(1010)
X, TARGETS = RNG.standard_normal((23, 4)), RNG.standard_normal((23, 2))
REAL = Problem(X, TARGETS, RNG.uniform(0.5, 1.5, 23))
CLASSES = Problem(X, np.arange(23) % 3)
SHAPES = ((6, 4), (5, 6), (2, 5))
WEIGHTS = [RNG.standard_normal(s) / np.sqrt(s[1]) for s in SHAPES]
BIASES = [RNG.standard_normal(s[0]) / 2 for s in SHAPES]


class LogCosh(AbstractPointwiseLoss):
    """The sum of log cosh of the residuals."""

    attained: ClassVar[bool] = True

    def pointwise(self, output, target):
        return jnp.sum(jnp.logaddexp(output - target, target - output))


class Softmax(AbstractPointwiseLoss):
    """The cross-entropy with the softmax of the targets."""

    attained: ClassVar[bool] = True

    def pointwise(self, output, target):
        return -jnp.sum(jax.nn.softmax(target) * jax.nn.log_softmax(output))


CASES = {
    "squared": (Squared(), REAL),
    "log-cosh": (LogCosh(), REAL),
    "cross-entropy": (Softmax(), REAL),
    "ratio trace": (RatioTrace(ridge=0.3), CLASSES),
}


@eqx.filter_jit
def residual(network, loss, problem):
    """The slope of the balance along minus the gradient, less what is predicted."""

    def risk(network):
        outputs = jax.vmap(network)(problem.X)
        return loss(outputs, problem.targets, problem.weights)

    slope = jax.grad(risk)(network)
    down = jax.tree.map(jnp.negative, slope)
    moved = jax.jvp(lambda net: net.imbalance(), (network,), (down,))[1]
    told = imbalance_rate(network, loss, problem)
    found = signals(network, loss, problem)
    kept = [s.T @ h for s, h in zip(found.slopes, found.inputs, strict=True)]
    sizes = jnp.stack(
        [
            jnp.sqrt(jnp.sum(W**2) * jnp.sum(G**2))
            for W, G in zip(network.weights, slope.weights, strict=True)
        ]
    )
    off = [jnp.max(jnp.abs(a - b)) for a, b in zip(kept, slope.weights, strict=True)]
    return jnp.abs(moved - told) / (sizes[1:] + sizes[:-1]), jnp.stack(off)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_it_holds_to_rounding_for_every_activation(name):
    loss, problem = list(CASES.values())[sorted(ACTIVATIONS).index(name) % 4]
    found, off = residual(MLP(WEIGHTS, name, BIASES), loss, problem)
    assert np.max(found) < 1e-13
    assert np.max(off) < 1e-13, "the signals make the gradient"


@pytest.mark.parametrize(("loss", "problem"), CASES.values(), ids=CASES)
def test_it_holds_to_rounding_for_every_loss(loss, problem):
    found, _ = residual(MLP(WEIGHTS, "gelu"), loss, problem)
    assert np.max(found) < 1e-13


def test_a_function_of_the_users_and_one_output():
    problem = Problem(X, TARGETS[:, 0])
    network = MLP([*WEIGHTS[:2], WEIGHTS[2][:1]], lambda z: z + 0.3 * jnp.sin(z) ** 2)
    found, _ = residual(network, Squared(), problem)
    assert np.max(found) < 1e-13


def test_the_loss_of_the_study_does_not_overflow():
    # Cubes of cubes reach outputs whose hyperbolic cosine is no number.
    off = jnp.asarray([0.0, 1e4])
    found = balance.LogCosh().pointwise(off, jnp.zeros(2))
    assert np.isclose(found, 1e4 - np.log(2), rtol=1e-15)
