"""Flows that move in steps: measured order, plain loops, honest ends, bad numbers."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tacit import Experiment, Problem, Reaches, Risk, RiskBelow, train
from tacit.flows import AbstractFixedStep, Adam, Descent, PowerDecay, SignDescent
from tacit.losses import Squared
from tacit.networks import Diagonal
from tacit.observables import FisherRatio, Layers
from tests.present import present

from .cases import D, each, FLOWS, PROBLEM, RISK


START = np.random.default_rng(3).uniform(0.3, 1.2, (2, D))
FIXED = each(FLOWS, AbstractFixedStep)
DESCENTS = {
    "plain": Descent(0.01),
    "heavy ball": Descent(0.01, momentum=0.6),
    "Nesterov": Descent(0.01, momentum=0.6, nesterov=True),
    "decay": Descent(0.01, weight_decay=0.3),
    "schedule": Descent(0.05, momentum=0.3, schedule=PowerDecay(0.5)),
    "all": Descent(0.01, momentum=0.8, nesterov=True, weight_decay=0.2),
}


def slope(layers, problem=PROBLEM):
    """The gradient of -log J in the layers by hand, from the samples."""
    X, y = np.asarray(problem.X), np.asarray(problem.y)
    low, high = X[y < 0], X[y > 0]
    delta = high.mean(axis=0) - low.mean(axis=0)
    both = np.concatenate([low - low.mean(axis=0), high - high.mean(axis=0)])
    w = layers.prod(axis=0)
    product = both.T @ (both @ w) / len(X)
    g = 2 * product / (w @ product) - 2 * delta / (delta @ w)
    return np.stack([g * np.delete(layers, i, 0).prod(0) for i in range(len(layers))])


def moved(flow, steps, risk=RISK, seed=0, **more):
    experiment = Experiment(Diagonal(START), risk, flow, until=steps, seed=seed)
    return train(experiment, [Layers()], **more)


@pytest.mark.parametrize("flow", **each(FLOWS))
def test_a_run_like_the_last_traces_nothing(flow):
    """Python's share of a warm run is then a millisecond, not thirty."""
    experiment, traced = Experiment(Diagonal(START), RISK, flow, until=2), []

    def listen(event: str, duration_secs: float, **more: str | int):
        del duration_secs
        if "trace" in event or "compile" in event:
            traced.append(more.get("fun_name", event))

    for _ in range(2):  # before the second, room may be made for new functions
        train(experiment, [Layers()], records=1)
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        run = train(experiment, [Layers()], records=1)
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert run.finite
    assert not traced


def plain_loop(flow, steps, gradient):
    """Gradient descent as in a textbook; `gradient` takes the layers and the move."""
    theta, v = START.copy(), np.zeros_like(START)
    beta, mu = flow.momentum, flow.weight_decay
    for k in range(steps):
        rate = flow.step * ((k + 1) ** -0.5 if flow.schedule else 1.0)
        at = theta + beta * v if flow.nesterov else theta
        v = beta * v - rate * (gradient(at, k) + mu * at)
        theta = theta + v
    return theta


@pytest.mark.parametrize("flow", **each(DESCENTS))
def test_descent_is_the_textbook_loop(flow):
    found = moved(flow, 60).network.layers
    wanted = plain_loop(flow, 60, lambda at, _: slope(at))
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


def test_adam_is_the_published_loop():
    flow = Adam(0.02, beta1=0.8, beta2=0.95, eps=1e-6)
    theta, m, v = START.copy(), 0.0, 0.0
    for t in range(1, 51):
        g = slope(theta)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        theta = theta - 0.02 * (m / (1 - 0.8**t)) / np.sqrt(v / (1 - 0.95**t) + 1e-6)
    np.testing.assert_allclose(moved(flow, 50).network.layers, theta, rtol=1e-10)


def test_sign_descent_is_its_loop():
    theta = START.copy()
    for _ in range(20):
        theta = theta - 0.003 * np.sign(slope(theta))
    found = moved(SignDescent(0.003), 20).network.layers
    np.testing.assert_allclose(found, theta, rtol=1e-12)


def exact(span=1.0):
    """The gradient flow by SciPy, from the gradient by hand."""
    run = solve_ivp(
        lambda _, y: -slope(y.reshape(START.shape)).ravel(), (0, span), START.ravel(),
        "DOP853", rtol=1e-12, atol=1e-13,
    )  # fmt: skip
    return run.y[:, -1].reshape(START.shape)


def measured_order(flow, counts=(256, 512, 1024)):
    """The order in the step of the distance to the flow, over a unit of flow time."""
    errors = []
    for n in counts:
        # A velocity that has settled moves 1 / (1 - momentum) steps at a time.
        step = (1 - getattr(flow, "momentum", 0.0)) / n
        run = moved(eqx.tree_at(lambda f: f.step, flow, step), n, records=1)
        errors.append(np.linalg.norm(run.network.layers - exact()))
    return -np.polyfit(np.log(counts), np.log(errors), 1)[0]


@pytest.mark.parametrize("flow", **FIXED)
def test_order(flow):
    found = measured_order(flow)
    if flow.order == 0:
        assert found < 0.4, "it follows the flow after all"
    else:
        assert abs(found - flow.order) < 0.1


@pytest.mark.parametrize("name", ["plain", "heavy ball", "Nesterov"])
def test_order_of_descent(name):
    assert abs(measured_order(DESCENTS[name]) - Descent.order) < 0.1


@pytest.mark.parametrize("flow", **FIXED)
def test_records_do_not_change_the_run(flow):
    whole = moved(flow, 20, records=np.arange(21))
    assert whole.times.tolist() == list(range(21))
    np.testing.assert_array_equal(whole.seen["Layers"][0], START)
    for records in (1, np.array([7]), np.array([0, 3, 19])):
        run = moved(flow, 20, records=records)
        at = np.asarray(run.times).astype(int)
        assert at[-1] == 20
        np.testing.assert_allclose(
            run.seen["Layers"], whole.seen["Layers"][at], rtol=1e-13
        )


@pytest.mark.parametrize("flow", **each(FLOWS))
def test_no_time_at_all(flow):
    run = moved(flow, 0)
    assert run.finite
    assert run.times.tolist() == [0.0]
    np.testing.assert_allclose(run.network.layers, START, rtol=1e-15)


@pytest.mark.parametrize("flow", **each(FLOWS))
def test_the_same_experiment_is_the_same_run(flow):
    first, second = moved(flow, 8), moved(flow, 8)
    np.testing.assert_array_equal(first.network.layers, second.network.layers)


def test_a_step_that_is_too_long_says_so():
    regression = Risk(Problem(PROBLEM.X, np.asarray(PROBLEM.X)[:, 0]), Squared())
    run = moved(Descent(3.0), 1000, regression)
    last = int(run.times[-1])
    assert not run.finite
    assert present(run.reason).startswith(f"after step {last}, ")
    assert "step 3.0: try a smaller one" in present(run.reason)
    assert jnp.all(jnp.isfinite(run.seen["Layers"]))
    np.testing.assert_array_equal(run.network.layers, run.seen["Layers"][-1])
    # It is the last good one: a run that ends there is fine, one step more is not.
    assert moved(Descent(3.0), last, regression).finite
    assert not moved(Descent(3.0), last + 1, regression).finite


LEVEL = Reaches(FisherRatio(), 0.6, within=1000)


@pytest.mark.parametrize("flow", **FIXED)
def test_an_event_ends_a_run_at_the_first_step_past_it(flow):
    run = moved(flow, LEVEL, records=1)
    assert run.finite
    whole = moved(flow, int(run.times[-1]), records=np.arange(int(run.times[-1]) + 1))
    level = [float(RISK.value(Diagonal(w))) for w in whole.seen["Layers"]]
    past = np.exp(-np.array(level)) >= 0.6
    assert past[-1]
    assert not past[:-1].any()


def test_an_event_that_is_never_met():
    run = moved(Descent(0.01), Reaches(FisherRatio(), 1e3, within=50))
    assert run.times[-1] == 50
    assert "not met within 50 steps" in present(run.reason)


def test_a_risk_that_overflows_meets_no_level():
    regression = Risk(Problem(PROBLEM.X, np.asarray(PROBLEM.X)[:, 0]), Squared())
    run = moved(Descent(3.0), RiskBelow(1e-3, within=1000), regression)
    assert not run.finite


FACTS = {
    "Adam": (0, 0.999, 1e-8),
    "AdamW": (0, 0.999, 1e-6),
    "Descent": (0.5, 0, 0),
    "GradientFlow": (0, 0, 0),
    "Memoryless": (0, 0, 0),
    "RMSprop": (0, 0.9, 1e-8),
    "SignDescent": (0, 0, 0),
    "Stochastic": (0, 0, 0),
}


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_answers_what_claims_ask(name):
    flow = FLOWS[name]
    assert (flow.momentum, flow.beta2, flow.eps) == FACTS[name]
    assert (flow.rtol > 0) == (flow.clock is not None) == flow.continuous
    assert (flow.step is None) == flow.continuous
    assert flow.weight_decay == {"AdamW": 0.01}.get(name, 0)
    assert flow.schedule is None
    assert flow.warm == 0
