"""Noise, curvature and what memory does to them, against dense linear algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from tacit import Experiment, Problem, Risk, Snapshot, train
from tacit.errors import DataError
from tacit.flows import Adam, SignDescent
from tacit.losses import AbstractLoss, Fisher, Squared
from tacit.memory import adam_full_batch
from tacit.networks import MLP
from tacit.observables import (
    deviations,
    GradientOneNorm,
    HessianTrace,
    HessianTraceError,
    MemoryProjection,
    NoiseScale,
    TopEigenvalue,
    TopEigenvalueError,
    TrainingRisk,
)

from .cases import each, RISK


RNG = np.random.default_rng(1203)
REAL = Risk(Problem(RNG.standard_normal((12, 3)), RNG.standard_normal(12)), Squared())
NETWORK = MLP([RNG.standard_normal((2, 3)), RNG.standard_normal((1, 2))])
FLAT, BACK = ravel_pytree(NETWORK)
AT = Snapshot(NETWORK, NETWORK, REAL, jnp.zeros(()))
DENSE = np.asarray(jax.jit(jax.hessian(lambda w: REAL.value(BACK(w))))(FLAT))
SLOPE = np.asarray(ravel_pytree(REAL.gradient(NETWORK))[0])
ROWS = [
    np.asarray(ravel_pytree(REAL.gradient(NETWORK, jnp.array([i])))[0])
    for i in range(12)
]
SPREAD = np.array(ROWS) - SLOPE
SEEN = {
    "HessianTrace": (HessianTrace(), np.trace(DENSE)),
    "TopEigenvalue": (TopEigenvalue(), np.linalg.eigvalsh(DENSE)[-1]),
    "NoiseScale": (NoiseScale(), np.mean(np.sum(SPREAD**2, 1)) / (SLOPE @ SLOPE)),
    "GradientOneNorm": (GradientOneNorm(0.1), np.sum(np.sqrt(SLOPE**2 + 0.1))),
}


@pytest.mark.parametrize(("observable", "value"), **each(SEEN))
def test_is_what_it_says(observable, value):
    assert abs(observable.measure(AT) / value - 1) < 1e-12


def test_the_trace_by_probes_is_within_its_error():
    exact = np.trace(DENSE)
    found = HessianTrace(400, seed=3).measure(AT)
    error = HessianTraceError(400, seed=3).measure(AT)
    # Signs leave the variance of the entries off the diagonal alone.
    wanted = np.sqrt(2 * (np.sum(DENSE**2) - np.sum(np.diag(DENSE) ** 2)) / 400)
    assert abs(error / wanted - 1) < 0.15
    assert abs(found - exact) < 4 * error


@pytest.mark.parametrize("iterations", [3, 8])
def test_lanczos_knows_how_far_it_is(iterations):
    values = np.linalg.eigvalsh(DENSE)
    found = TopEigenvalue(iterations).measure(AT)
    error = TopEigenvalueError(iterations).measure(AT)
    assert found <= values[-1] * (1 + 1e-12)
    assert np.abs(values - found).min() <= error + 1e-12
    if iterations == 8:
        assert error < 1e-10


def test_lanczos_goes_on_where_a_space_is_invariant():
    # -|w|²/2 in each of the directions: every vector spans an invariant space, and the
    # largest eigenvalue is below 0.
    class Bowl(AbstractLoss):
        scale_free = False
        basis_free = False

        def __call__(self, outputs, targets, weights=None):
            del targets
            return -0.5 * jnp.average(outputs**2, weights=weights)

    risk = Risk(Problem(np.eye(3), np.array([0.1, 0.2, 0.3])), Bowl())
    line = MLP([np.array([[0.3, 0.2, 0.1]])])
    at = Snapshot(line, line, risk, jnp.zeros(()))
    assert abs(TopEigenvalue().measure(at) + 1 / 3) < 1e-12


def test_the_slope_of_the_top_eigenvalue_is_that_of_the_matrix():
    def top(w):
        return TopEigenvalue().measure(Snapshot(BACK(w), NETWORK, REAL, jnp.zeros(())))

    def dense(w):
        H = jax.hessian(lambda w: REAL.value(BACK(w)))(w)
        return jnp.linalg.eigvalsh(H)[-1]

    found, wanted = jax.jit(jax.grad(top))(FLAT), jax.jit(jax.grad(dense))(FLAT)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10)


def test_deviations_of_a_loss_that_is_no_mean_are_influences():
    network = MLP([RNG.standard_normal((2, 6)), RNG.standard_normal((1, 2))])
    g, apart, mass = deviations(RISK, network)
    np.testing.assert_allclose(mass @ apart, 0, atol=1e-12)
    # What a small batch's gradient is made of, to first order in its weights.
    tilt = 1e-5 * np.random.default_rng(1).standard_normal(40)
    problem = Problem(RISK.problem.X, RISK.problem.y, 1 + tilt)
    moved = ravel_pytree(Risk(problem, Fisher()).gradient(network))[0]
    predicted = tilt @ apart / 40
    assert np.abs(moved - g - predicted).max() < 1e-3 * np.abs(predicted).max()


def test_the_projection_on_the_whole_sample_is_that_of_the_closed_form():
    quantities = (GradientOneNorm(1e-3), TrainingRisk())
    seen = MemoryProjection(quantities, Adam(beta1=0.6, beta2=0.9, eps=1e-3))
    found = seen.measure(AT)
    _, correction = adam_full_batch(REAL.value, NETWORK, 0.6, 0.9, 1e-3)
    correction = np.asarray(ravel_pytree(correction)[0])

    def of_norm(w):
        g = ravel_pytree(REAL.gradient(BACK(w)))[0]
        return jnp.sum(jnp.sqrt(g**2 + 1e-3))

    for slope, number in zip((jax.grad(of_norm)(FLAT), SLOPE), found, strict=True):
        wanted = correction @ slope / np.linalg.norm(slope)
        assert abs(number / wanted - 1) < 1e-11


def test_drawn_histories_agree_with_a_long_memory():
    flow = Adam(beta1=0.4, beta2=0.95, eps=1e-3, batch=4)
    seen = MemoryProjection((TrainingRisk(),), flow)
    drawn = MemoryProjection((TrainingRisk(),), flow, histories=24)
    limit, found = seen.correction(AT), drawn.correction(AT)
    assert np.linalg.norm(limit - found) < 0.25 * np.linalg.norm(found)


def test_a_projection_is_recorded_along_a_run():
    flow = Adam(beta1=0.5, beta2=0.9, batch=4)
    seen = MemoryProjection((HessianTrace(), GradientOneNorm()), flow)
    run = train(Experiment(NETWORK, REAL, flow, until=20), [seen], records=2)
    assert run.seen["MemoryProjection"].shape == (2, 2)
    assert np.isfinite(run.seen["MemoryProjection"]).all()


BAD = {
    "one probe": lambda: HessianTrace(1),
    "one probe of an error": lambda: HessianTraceError(1),
    "no iteration": lambda: TopEigenvalue(0),
    "eps negative": lambda: GradientOneNorm(-1.0),
    "no memory": lambda: MemoryProjection((TrainingRisk(),), SignDescent(0.1)),
    "no history": lambda: MemoryProjection((TrainingRisk(),), Adam(), histories=0),
    "no samples": lambda: deviations(
        Risk(Problem.from_scatter(within=np.eye(3), delta=np.ones(3)), Fisher()),
        NETWORK,
    ),
}


@pytest.mark.parametrize("make", **each(BAD))
def test_bad_numbers_are_refused(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) > 30
