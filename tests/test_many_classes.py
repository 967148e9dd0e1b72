"""More classes than features: by number, where one-hot rows would outgrow the data."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import ClosedJaxpr, Jaxpr

from tacit import Experiment, Problem, Risk, Scatter, train
from tacit.errors import DataError
from tacit.flows import Descent, Stochastic
from tacit.losses import AbstractScatterLoss, Dorfer, LogDet, RatioTrace, TraceRatio
from tacit.networks import MLP


class Product(AbstractScatterLoss):
    """One of a user's own, that knows nothing of how classes are told."""

    basis_free: bool = True
    ridge: float = 0.0
    input_ridge: float = 0.0

    def criterion(self, within, contrast):
        total = within + contrast @ contrast.T
        return jnp.linalg.slogdet(within)[1] - jnp.linalg.slogdet(total)[1]


LOSSES = {
    "RatioTrace": RatioTrace(),
    "TraceRatio": TraceRatio(),
    "LogDet": LogDet(),
    "Dorfer, the program's": Dorfer(),
    "Dorfer, the article's": Dorfer(convention="scatter", threshold=3.0),
    "own": Product(),
}
N, D, C, K = 300, 4, 60, 3


def many(seed, weights=None):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(N) % C)
    X = rng.standard_normal((N, D)) + 2 * rng.standard_normal((C, D))[y]
    return Problem(X, y, weights)


def network(seed):
    return MLP.he_normal((D, 7, K), seed=seed, activation="tanh")


def plain(loss, problem):
    """The same function of the layers with one-hot rows."""
    eye = jnp.eye(C)[np.asarray(problem.codes)]

    def value(layers):
        outputs = jax.vmap(MLP(layers, "tanh"))(problem.X)
        return loss(outputs, eye, problem.weights)

    return value


def sizes(jaxpr):
    for eqn in jaxpr.eqns:
        yield from (v.aval.size for v in eqn.outvars)
        for held in jax.tree.leaves(list(eqn.params.values())):
            if isinstance(held, ClosedJaxpr):
                yield from sizes(held.jaxpr)
            elif isinstance(held, Jaxpr):
                yield from sizes(held)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_value_and_gradient_are_those_of_one_hot_rows(loss, weighted, seed):
    weights = np.random.default_rng(seed).uniform(0.5, 2, N) if weighted else None
    problem, start = many(seed, weights), network(seed)
    risk, layers = Risk(problem, loss), list(start.weights)
    value, slope = jax.value_and_grad(plain(loss, problem))(layers)
    np.testing.assert_allclose(risk.value(start), value, rtol=1e-12)
    for found, true in zip(risk.gradient(start).weights, slope, strict=True):
        np.testing.assert_allclose(found, true, rtol=0, atol=1e-12 * np.abs(true).max())


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_nothing_holds_a_number_for_every_sample_and_class(loss):
    risk = Risk(many(0), loss)
    of = jax.make_jaxpr(lambda layers: risk.gradient(MLP(layers, "tanh")).weights)
    largest = max(sizes(of(list(network(0).weights)).jaxpr))
    assert largest < N * C / 2
    assert largest >= N * K  # the walk sees the outputs


def test_a_descent_goes_where_one_hot_rows_lead():
    problem, layers, step = many(2), list(network(2).weights), 0.05
    risk = Risk(problem, LogDet())
    flow = Descent(step)
    end = train(Experiment(network(2), risk, flow, until=20), records=1).network
    slope = jax.jit(jax.grad(plain(LogDet(), problem)))
    for _ in range(20):
        moves = zip(layers, slope(layers), strict=True)
        layers = [W - step * G for W, G in moves]
    for found, true in zip(end.weights, layers, strict=True):
        np.testing.assert_allclose(found, true, rtol=1e-9)


def test_a_batch_that_lacks_a_class_is_seen():
    risk = Risk(many(3), LogDet())
    flow = Stochastic(0.01, batch=10)
    run = train(Experiment(network(3), risk, flow, until=3), records=1)
    assert run.reason is not None
    assert "class" in run.reason


def test_where_there_are_no_samples_the_way_out_is_said():
    known = Problem.from_scatter(Scatter.of(many(4).X, many(4).codes))
    risk = Risk(known, LogDet())
    for asked in (lambda: risk.value(network(4)), risk.sample):
        with pytest.raises(DataError, match="scatter matrices.*Make it from X and y"):
            asked()
