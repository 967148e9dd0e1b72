"""The clock of plateaus: times of the flow, in steps that no plateau multiplies."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from tacit import Experiment, Problem, Risk, RiskBelow, train
from tacit.errors import DataError
from tacit.flows import GradientFlow
from tacit.integration.clocks import Escape
from tacit.losses import Squared
from tacit.networks import MLP
from tacit.observables import Imbalance, ImbalanceRate
from tests.present import present


RNG = np.random.default_rng(1000)
X = RNG.standard_normal((40, 4))
Y = np.tanh(X[:, 0])
RISK = Risk(Problem(X, Y), Squared())
ZERO = 0.5 * float(np.mean(Y**2))
LEVEL = RiskBelow(0.9 * ZERO)
LONG = RiskBelow(0.9 * ZERO, within=1e3)
WIDTHS = (4, 5, 5, 1)
FLOW = GradientFlow(clock="escape")
COARSE = GradientFlow(rtol=1e-6, clock="escape")


def start(eps, small=3, activation="tanh"):
    return MLP.he_normal(WIDTHS, seed=2, small=small, eps=eps, activation=activation)


def escape(network, flow=FLOW, until: RiskBelow | float = LEVEL, **more):
    return train(Experiment(network, RISK, flow, until=until), **{"records": 1, **more})


def velocity(_, y):
    """Minus the gradient of a tanh network by hand, in plain NumPy."""
    A, B, C = (y[:20].reshape(5, 4), y[20:45].reshape(5, 5), y[45:].reshape(1, 5))
    g = np.tanh(X @ A.T)
    h = np.tanh(g @ B.T)
    d = ((h @ C.T)[:, 0] - Y)[:, None] / len(X)
    e = d @ C * (1 - h**2)
    f = e @ B * (1 - g**2)
    return -np.concatenate([(f.T @ X).ravel(), (e.T @ g).ravel(), (d.T @ h).ravel()])


def flat(network):
    return np.concatenate([np.asarray(W).ravel() for W in network.weights])


def reference(network, **more):
    """The flow by SciPy in plain time at rtol 1e-12, to the level or to `span`."""

    def met(_, y):
        A, B, C = (y[:20].reshape(5, 4), y[20:45].reshape(5, 5), y[45:].reshape(1, 5))
        out = (np.tanh(np.tanh(X @ A.T) @ B.T) @ C.T)[:, 0]
        return 0.5 * np.mean((out - Y) ** 2) - 0.9 * ZERO

    vars(met)["terminal"] = True
    y = flat(network)
    options = {"rtol": 1e-12, "atol": 1e-15 * np.abs(y).max(), "events": met} | more
    return solve_ivp(velocity, (0, options.pop("span", 1e6)), y, "DOP853", **options)


@pytest.mark.parametrize("rtol", [1e-6, 1e-9])
def test_the_time_to_escape_is_that_of_an_integrator_at_1e_12(rtol):
    network = start(0.01)
    known = reference(network)
    run = escape(network, GradientFlow(rtol=rtol, clock="escape"))
    error = abs(float(run.times[-1]) / known.t_events[0][0] - 1)
    assert error < (1e-5 if rtol == 1e-6 else 1e-8)
    assert abs(float(RISK.value(run.network)) / ZERO - 0.9) < 1e-12


def test_records_are_at_times_of_the_flow():
    network = start(0.03)
    span = 0.9 * float(escape(network).times[-1])
    run = escape(network, until=span, observe=[Imbalance()], records=7)
    known = reference(network, span=span, t_eval=run.times, events=None)
    np.testing.assert_allclose(run.times, np.linspace(0, span, 8)[1:], rtol=1e-14)
    squares = known.y**2
    parts = [squares[a:b].sum(0) for a, b in ((0, 20), (20, 45), (45, 50))]
    wanted = np.stack(parts[1:], axis=1) - np.stack(parts[:-1], axis=1)
    np.testing.assert_allclose(run.seen["Imbalance"], wanted, rtol=1e-6, atol=1e-10)


def test_records_on_the_way_to_an_event_end_at_it():
    run = escape(start(0.03), observe=[Imbalance(), ImbalanceRate()], records=40)
    assert run.finite
    assert len(run.times) == 40
    assert abs(float(RISK.value(run.network)) / ZERO - 0.9) < 1e-12
    # The predicted rate is the slope of what is recorded.
    times, seen = np.asarray(run.times), np.asarray(run.seen["Imbalance"])
    slope = CubicSpline(times, seen).derivative()(times)[5:30]
    rate = np.asarray(run.seen["ImbalanceRate"])[5:30]
    assert np.max(np.abs(slope - rate)) < 2e-3 * np.max(np.abs(rate))


def test_a_longer_plateau_takes_hardly_more_steps():
    counts, times = [], []
    for eps in (1e-2, 1e-4):
        run = escape(start(eps))
        counts.append(run.steps)
        times.append(float(run.times[-1]))
    assert times[1] > 50 * times[0]
    assert counts[1] < 3 * counts[0] < 60


def test_a_smaller_start_is_as_exact():
    # With a fixed absolute tolerance the coarse one would be off by 1e-4.
    network = start(1e-5)
    fine, coarse = (float(escape(network, f).times[-1]) for f in (FLOW, COARSE))
    assert abs(coarse / fine - 1) < 1e-5


@pytest.mark.parametrize("small", [(0,), (0, 1), (0, 1, 2)])
def test_which_layers_set_the_pace_changes_no_result(small):
    network, flow = start(0.01), GradientFlow(clock=Escape(small=small))
    same = float(escape(network).times[-1])
    assert abs(float(escape(network, flow).times[-1]) / same - 1) < 1e-7


def test_kinks_end_at_the_level_or_with_a_reason():
    rectified = start(0.01, activation="relu")
    rough = escape(rectified, GradientFlow(rtol=1e-4, clock="escape"))
    fine = escape(rectified, GradientFlow(rtol=1e-12, clock="escape"))
    assert rough.finite
    assert fine.finite
    assert fine.steps < 20_000
    assert abs(float(rough.times[-1]) / float(fine.times[-1]) - 1) < 3e-3


def test_a_dead_network_waits_to_its_bound():
    rectified = start(0.01, activation="relu")
    weights = [-jnp.abs(rectified.weights[0]), *rectified.weights[1:]]
    risk = Risk(Problem(np.abs(X), Y), Squared())
    gone = Experiment(MLP(weights, "relu"), risk, COARSE, until=LONG)
    run = train(gone, records=1)
    assert present(run.reason).startswith("event not met by t = 1000")


def test_a_level_that_is_never_reached_ends_at_its_bound():
    run = escape(start(0.03), COARSE, RiskBelow(-1.0, within=1e3))
    assert present(run.reason).startswith("event not met by t = 1000")
    assert float(run.times[-1]) == 1e3
    flow = GradientFlow(clock="escape", solver="explicit", max_steps=30)
    run = escape(start(0.03), flow, RiskBelow(-1.0))
    assert "(30 steps): no steps are left" in present(run.reason)
    run = escape(start(0.03), COARSE, RiskBelow(2 * ZERO))
    assert "the flow is as good as at rest" in present(run.reason)
    assert present(run.reason).endswith("the risk is below the level from the start")


def test_a_velocity_that_is_no_number_is_named():
    def broken(z):  # between the points where an activation is probed
        return jnp.where((z > 0.2) & (z < 0.3), jnp.nan, z)

    loud = MLP([10 * W for W in start(0.03).weights[:1]] + [np.ones((1, 5))], broken)
    run = escape(loud, COARSE)
    assert "t = 0" in present(run.reason)
    assert "the velocity there is not finite" in present(run.reason)


def test_a_level_met_at_the_start_is_met_there():
    run = escape(start(0.03), COARSE, RiskBelow(1.0, relative=True))
    assert run.finite
    assert float(run.times[-1]) == 0.0
    np.testing.assert_array_equal(flat(run.network), flat(start(0.03)))


def test_a_start_at_the_saddle_is_refused():
    still = MLP([np.zeros((3, 4)), np.zeros((1, 3))])
    with pytest.raises(DataError, match="a saddle that no flow leaves"):
        Experiment(still, RISK, FLOW, until=1.0)
    flow = GradientFlow(clock=Escape(small=(3,)))
    with pytest.raises(DataError, match="MLP has 3 layers, numbered from 0"):
        Experiment(start(0.1), RISK, flow, until=1.0)
    with pytest.raises(DataError, match="finite time or an event"):
        Experiment(start(0.1), RISK, FLOW, until=float("inf"))
