"""Laws in other metrics: mirror flows, constant metrics, and the Fisher information."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

import tacit
from tacit.conservation import Metric, Multiplicative
from tacit.networks import DeepLinear, Diagonal


RNG = np.random.default_rng(1)
PAIR = DeepLinear.gaussian((2, 2, 2), seed=1)
X = jnp.asarray(RNG.standard_normal((5, 2)))


def positive(size):
    A = RNG.standard_normal((size, size))
    return A @ A.T + np.eye(size)


INPUTS, OUTPUTS, ANY = positive(2), positive(2), jnp.asarray(positive(8))
BLOCKS = jax.scipy.linalg.block_diag(
    np.kron(np.eye(2), INPUTS), np.kron(OUTPUTS, np.eye(2))
)


def outputs(theta):
    W, V = theta.reshape(2, 2, 2)
    return (X @ W.T @ V.T).ravel()


def fisher(theta):
    J = jax.jacobian(outputs)(theta)
    return J.T @ J + 0.1 * jnp.eye(len(theta))


def hyperbolic(theta):
    return 1 / jnp.sqrt(theta**2 + 1)


def entropy(theta):
    return 1 / theta


def fixed(theta):
    del theta
    return BLOCKS


def anything(theta):
    del theta
    return ANY


def balance(theta):
    W, V = theta.reshape(2, 2, 2)
    return (W @ W.T - V.T @ V)[np.triu_indices(2)]


def weighted(theta):
    """In the metric A on inputs and B on outputs, W A Wᵀ - Vᵀ B V is kept."""
    W, V = theta.reshape(2, 2, 2)
    return (W @ INPUTS @ W.T - V.T @ OUTPUTS @ V)[np.triu_indices(2)]


def lengths(theta):
    """Of each coordinate, as the hyperbolic metric measures its square."""
    first, second = np.sqrt(np.reshape(theta, (2, -1)) ** 2 + 1)
    return first - second


CASES = {
    "fisher": (PAIR, fisher, 3, balance),
    "constant": (PAIR, fixed, 3, weighted),
    "anything": (PAIR, anything, 0, None),
    "hyperbolic": (
        Diagonal(RNG.uniform(0.5, 1.5, (2, 2))),
        hyperbolic,
        2,
        lengths,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_metric_has_as_many_laws_as_algebra_says_and_training_keeps_them(name):
    network, metric, count, law = CASES[name]
    found = tacit.laws(network, flow=Metric(metric))
    assert (found.count, found.status) == (count, "counted")
    if law is None:
        return
    target = jnp.asarray(RNG.standard_normal(2))

    def risk(theta):
        layers = theta.reshape(2, -1)
        whole = jnp.prod(layers, 0) if name == "hyperbolic" else outputs(theta)[:2]
        return jnp.sum((whole - target) ** 2)

    def velocity(_, theta):
        slope, M = np.asarray(jax.grad(risk)(theta)), np.asarray(metric(theta))
        return -slope / M if M.ndim == 1 else -np.linalg.solve(M, slope)

    start = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(network)])
    run = scipy.integrate.solve_ivp(velocity, (0, 1), start, rtol=1e-9, atol=1e-11)
    end = run.y[:, -1]
    assert np.allclose(law(end), law(start), rtol=0, atol=1e-7)
    assert np.linalg.norm(end - start) > 0.1
    if found.formulas:
        after = jax.tree.unflatten(
            jax.tree.structure(network), list(end.reshape(2, *network.layers[0].shape))
        )
        assert jnp.allclose(found(after), found(network), rtol=0, atol=1e-7)


def test_the_metric_of_the_entropy_is_the_multiplicative_flow():
    network = DeepLinear.gaussian((2, 3, 2))
    ours = tacit.laws(network, flow=Metric(entropy))
    known = tacit.laws(network, flow=Multiplicative())
    assert (ours.count, ours.formulas) == (known.count, known.formulas)
    assert (ours.certified, known.certified) == (False, True)
