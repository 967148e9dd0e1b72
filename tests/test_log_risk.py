"""The flow on separable data, to the end: what is exact, what is conserved."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

import tacit
from tacit import flows, losses, networks, observables
from tacit.errors import CapabilityError, DataError
from tacit.integration import clocks
from tests.present import present


D = 3


def separable(seed=3, n=20, d=D):
    """Points on both sides of a hyperplane through 0, with room between."""
    rng = np.random.default_rng(seed)
    u = rng.standard_normal(d)
    u /= np.linalg.norm(u)
    X = rng.standard_normal((n, d)) / np.sqrt(d)
    y = np.where(X @ u > 0, 1, -1)
    return tacit.Problem(X + 0.3 * y[:, None] * u, y)


PROBLEM = separable()
LOSSES = {"Exponential": losses.Exponential(), "Logistic": losses.Logistic()}
RISKS = {name: tacit.Risk(PROBLEM, loss) for name, loss in LOSSES.items()}
DEEP = networks.DeepLinear(
    [
        0.05 * np.random.default_rng(8).standard_normal(shape)
        for shape in ((6, D), (6, 6), (1, 6))
    ]
)
MARGIN = tacit.oracles.max_margin(PROBLEM)


WATCH = (
    observables.LinearPredictor(),
    observables.Misalignment(),
    observables.RankExcess(),
)


def follow(
    network=DEEP, risk=RISKS["Exponential"], *, until=1e9, records: Any = 1, **options
):
    clock = clocks.LogRisk(**options)
    flow = flows.GradientFlow(rtol=1e-6, clock=clock)
    experiment = tacit.Experiment(network, risk, flow, until=until)
    return tacit.train(experiment, WATCH, records=records)


def direction(run):
    w = np.asarray(run.network.predictor())
    return w / np.linalg.norm(w)


def drift(run):
    """The change of the conserved differences, relative to the layers' size."""
    change = []
    begin, end = run.experiment.network.layers, run.network.layers
    for i in range(len(end) - 1):
        gap = [np.asarray(W[i + 1].T @ W[i + 1] - W[i] @ W[i].T) for W in (begin, end)]
        change.append(np.abs(gap[1] - gap[0]).max() / float(jnp.sum(end[i] ** 2)))
    return max(change)


@pytest.fixture(scope="module", params=list(RISKS))
def far(request):
    return follow(risk=RISKS[request.param])


@pytest.fixture(scope="module")
def farther():
    return follow(until=1e36, records=40)


@pytest.mark.parametrize("name", list(RISKS))
def test_agrees_with_scipy_in_flow_time(name):
    """Up to a norm of 30 the plain flow can be integrated by anyone."""
    risk = RISKS[name]
    run = follow(risk=risk, until=30.0, records=[5.0, 12.0, 30.0])
    rows = np.asarray(PROBLEM.targets)[:, None] * np.asarray(PROBLEM.X)

    def field(log_t, y):  # in log t, so that it ends
        W, V, U = y[:18].reshape(6, 3), y[18:54].reshape(6, 6), y[54:].reshape(1, 6)
        m = rows @ (U @ V @ W)[0]
        pull = np.exp(-m) if name == "Exponential" else 1 / (1 + np.exp(m))
        u = pull @ rows / len(rows)
        parts = np.outer((U @ V)[0], u), np.outer(U[0], W @ u), V @ W @ u
        return np.exp(log_t) * np.concatenate([p.ravel() for p in parts])

    start = np.concatenate([np.asarray(W).ravel() for W in DEEP.layers])
    ends = np.asarray(run.log_time)
    path = scipy.integrate.solve_ivp(
        field, (-20, ends[-1]), start, "LSODA", rtol=1e-10, atol=1e-12, t_eval=ends
    )
    for y, w in zip(path.y.T, run.seen["LinearPredictor"], strict=True):
        W, V, U = y[:18].reshape(6, 3), y[18:54].reshape(6, 6), y[54:].reshape(1, 6)
        theirs = (U @ V @ W)[0]
        assert np.linalg.norm(theirs - w) < 1e-4 * np.linalg.norm(w)


def test_reaches_the_margin_direction(far):
    assert far.finite
    assert far.times[-1] == 1e9
    length = np.linalg.norm(np.asarray(far.network.predictor()))
    assert abs(length / 1e9 - 1) < 1e-8
    assert MARGIN.spanning
    assert np.linalg.norm(direction(far) - np.asarray(MARGIN.value)) < 2e-8
    aligned = far.seen["Misalignment"][-1], far.seen["RankExcess"][-1]
    assert np.max(aligned[0]) < 1e-12
    assert np.max(aligned[1]) < 1e-7


def test_layers_stay_balanced(far):
    assert drift(far) < 1e-8


def test_projection_keeps_the_balance_to_rounding():
    run = follow(rebalance=True, until=1e6)
    assert run.finite
    assert drift(run) < 1e-14


def test_one_layer_may_start_at_zero():
    run = follow(networks.DeepLinear([np.zeros((1, D))]), records=5)
    assert run.finite
    assert np.linalg.norm(direction(run) - np.asarray(MARGIN.value)) < 2e-8


def test_the_limit_waits_until_margins_are_large():
    """Samples of length c turn w by w / c: the units decide where the end begins."""
    flat = networks.DeepLinear([np.zeros((1, D))])
    tiny = tacit.Problem(1e-12 * np.asarray(PROBLEM.X), np.asarray(PROBLEM.y))
    far = follow(flat, tacit.Risk(tiny, LOSSES["Exponential"]), until=1e14)
    near = follow(flat, until=1e2)
    assert far.finite
    assert far.asymptotic_from is None
    apart = np.linalg.norm(direction(far) - direction(near))
    assert apart < 1e-5
    assert np.linalg.norm(direction(near) - np.asarray(MARGIN.value)) > 1e-3


def test_samples_without_weight_do_not_pull():
    """Not even at the end: the first is on the wrong side, and weighs nothing."""
    X, y = np.asarray(PROBLEM.X), np.asarray(PROBLEM.y)
    wrong = tacit.Problem(
        np.vstack([-X[:1], X]), np.append(y[0], y), np.append(0.0, np.ones(len(y)))
    )
    flat = networks.DeepLinear([np.zeros((1, D))])
    run = follow(flat, tacit.Risk(wrong, LOSSES["Exponential"]))
    assert run.finite
    assert np.linalg.norm(direction(run) - np.asarray(MARGIN.value)) < 2e-8


def test_thirty_decades(farther):
    """The direction error falls with the norm until rounding ends it."""
    assert farther.finite
    assert farther.asymptotic_from == 1e6
    w = np.asarray(farther.seen["LinearPredictor"])
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    error = np.linalg.norm(w - np.asarray(MARGIN.value), axis=1)
    assert error[-1] < 1e-12
    assert np.all(error[1:] < error[:-1] * (1 + 1e-9) + 1e-14)
    assert farther.to_xarray().attrs["asymptotic_from"] == 1e6


def test_both_phases_meet():
    """The limiting flow continues the soft one: followed on, that says the same."""
    soft = follow(until=1e8, hand_over=1e9)
    hard = follow(until=1e8)
    assert soft.asymptotic_from is None
    assert hard.asymptotic_from == 1e6
    apart = np.linalg.norm(direction(soft) - direction(hard))
    assert apart < 1e-2 * np.linalg.norm(direction(hard) - np.asarray(MARGIN.value))
    ends = [float(present(run.log_time)[-1]) for run in (soft, hard)]
    assert abs(ends[0] / ends[1] - 1) < 1e-6


def test_records_do_not_disturb_the_path(far):
    often = follow(risk=far.experiment.risk, records=np.geomspace(10, 1e9, 30))
    assert np.linalg.norm(direction(often) - direction(far)) < 1e-7
    norms = np.linalg.norm(np.asarray(often.seen["LinearPredictor"]), axis=1)
    np.testing.assert_allclose(norms, often.times, rtol=1e-9)
    assert np.all(np.diff(np.asarray(often.log_time)) > 0)


def test_order_three():
    """The error falls like the third power of the steps' length: measured."""
    ends = {}
    for rtol in (1e-6, 1e-8, 1e-10):
        flow = flows.GradientFlow(rtol=rtol, clock="log-risk")
        run = tacit.train(
            tacit.Experiment(DEEP, RISKS["Exponential"], flow, until=1e3), records=1
        )
        ends[rtol] = np.asarray(run.network.predictor()), run.steps
    errors = [np.linalg.norm(ends[r][0] - ends[1e-10][0]) / 1e3 for r in (1e-6, 1e-8)]
    steps = [ends[r][1] for r in (1e-6, 1e-8)]
    slope = np.log(errors[0] / errors[1]) / np.log(steps[1] / steps[0])
    assert 2.3 < slope < 4


def test_an_event_in_this_clock():
    level = tacit.Reaches(observables.Cosine(np.asarray(MARGIN.value)), 0.999)
    flow = flows.GradientFlow(rtol=1e-6, clock="log-risk")
    run = tacit.train(
        tacit.Experiment(DEEP, RISKS["Exponential"], flow, until=level), records=1
    )
    assert run.finite
    assert abs(direction(run) @ np.asarray(MARGIN.value) - 0.999) < 1e-8


def test_an_event_that_never_comes_is_named():
    level = tacit.Reaches(observables.Cosine(-np.asarray(MARGIN.value)), 0.9)
    flow = flows.GradientFlow(rtol=1e-6, clock="log-risk")
    run = tacit.train(
        tacit.Experiment(DEEP, RISKS["Exponential"], flow, until=level), records=1
    )
    assert not run.finite
    assert "event not met" in present(run.reason)


def test_data_that_are_not_separable_end_with_a_reason():
    X = np.asarray(PROBLEM.X)
    y = np.where(PROBLEM.targets > 0, 1, -1)
    y[:6] = -y[:6]
    risk = tacit.Risk(tacit.Problem(X, y), LOSSES["Exponential"])
    run = follow(risk=risk)
    assert not run.finite
    assert "not separable" in present(run.reason)
    assert run.steps < 5000, "it does not go on for ever"
    assert np.all(np.isfinite(np.asarray(run.network.predictor())))


def test_an_ensemble_is_its_members():
    starts = [
        networks.DeepLinear([W * (1 + 0.1 * i) for W in DEEP.layers]) for i in range(3)
    ]
    flow = flows.GradientFlow(rtol=1e-4, clock="log-risk")
    alike = [
        tacit.Experiment(start, RISKS["Exponential"], flow, until=1e7)
        for start in starts
    ]
    watch = [observables.LinearPredictor()]
    together = tacit.train_ensemble(alike, watch, records=1)
    for run, experiment in zip(together, alike, strict=True):
        alone = tacit.train(experiment, watch, records=1)
        assert run.experiment == experiment
        assert np.linalg.norm(direction(run) - direction(alone)) < 1e-8
    other = tacit.Experiment(DEEP, RISKS["Logistic"], flow, until=1e7)
    with pytest.raises(DataError, match="experiment 1 differs"):
        tacit.train_ensemble([alike[0], other])
    with pytest.raises(DataError, match="at least one"):
        tacit.train_ensemble([])


GRADIENT = flows.GradientFlow(clock="log-risk")


@pytest.mark.parametrize(
    ("network", "risk", "flow", "until", "error", "says"),
    [
        (DEEP, RISKS["Logistic"], GRADIENT, 1e-9, DataError, "norm in this clock"),
        (
            DEEP,
            RISKS["Logistic"],
            GRADIENT,
            1e200,
            DataError,
            r"one from there up to 1e\+150",
        ),
        (
            networks.DeepLinear([np.zeros((6, D)), np.zeros((1, 6))]),
            RISKS["Logistic"],
            GRADIENT,
            1e3,
            DataError,
            "Assumption 2",
        ),
        (
            DEEP,
            tacit.Risk(PROBLEM, losses.Squared()),
            GRADIENT,
            1e3,
            DataError,
            "losses of a margin",
        ),
        (
            networks.MLP([np.ones((3, D)), np.ones((1, 3))]),
            RISKS["Logistic"],
            GRADIENT,
            1e3,
            CapabilityError,
            "AbstractLinearNetwork",
        ),
        (
            networks.Diagonal.balanced(np.ones(D), depth=2),
            RISKS["Logistic"],
            flows.GradientFlow(clock=clocks.LogRisk(rebalance=True)),
            1e3,
            CapabilityError,
            "DeepLinear",
        ),
    ],
)
def test_refusals(network, risk, flow, until, error, says):
    with pytest.raises(error, match=says):
        tacit.Experiment(network, risk, flow, until=until)


def test_a_gradient_too_small_for_a_number_is_not_zero():
    """Of samples this long the exponential loss is 0 at once, its logarithm is not."""
    long = tacit.Problem(1e9 * np.asarray(PROBLEM.X), np.asarray(PROBLEM.y))
    start = networks.DeepLinear([100 * np.asarray(MARGIN.value)[None]])
    risk = tacit.Risk(long, LOSSES["Exponential"])
    assert not np.any(np.asarray(risk.gradient(start).layers[0]))
    tacit.Experiment(start, risk, GRADIENT, until=1e3)


def test_a_record_below_the_start_is_refused():
    with pytest.raises(DataError, match="first record"):
        follow(records=[1e-9, 1e9])
    with pytest.raises(DataError, match="hand_over"):
        clocks.LogRisk(hand_over=0.0)


@pytest.mark.parametrize("seed", range(6))
def test_the_norm_of_the_start_is_a_record_however_it_is_rounded(seed):
    network = networks.DeepLinear.gaussian((D, 4, 1), scale=0.5, seed=seed)
    norm = float(np.linalg.norm(np.asarray(network.predictor())))
    for first in (norm, np.nextafter(norm, 0), np.nextafter(norm, 1e9)):
        norms = np.geomspace(first, 1e3, 5)
        run = follow(network, until=float(norms[-1]), records=norms)
        seen = np.linalg.norm(np.asarray(run.seen["LinearPredictor"]), axis=-1)
        assert run.reason is None
        np.testing.assert_allclose(seen.ravel(), norms, rtol=1e-9)
