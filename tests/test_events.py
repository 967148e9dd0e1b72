"""An event is found where it begins, and none that lasts is stepped over."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit

from tacit import Experiment, Problem, Reaches, Risk, RiskBelow, train
from tacit.errors import DataError
from tacit.flows import Descent, GradientFlow
from tacit.integration.clocks import Escape
from tacit.losses import Logistic, Squared
from tacit.networks import DeepLinear, Diagonal
from tacit.observables import AbstractObservable
from tests.cases import D, PROBLEM
from tests.present import present


class Count(AbstractObservable):
    """A whole number that falls by 1 at each of `moments`, in time."""

    moments: tuple[float, ...] = (0.7, 1.3, 1.9)

    def measure(self, at):
        return np.sum(at.time < np.asarray(self.moments)).astype(float)


class Dip(AbstractObservable):
    """Below 0 for `half` before and after the moment `at`."""

    at: float = 3.0
    half: float = 0.05

    def measure(self, at):
        return (at.time - self.at) ** 2 - self.half**2


SQUARES, RISK = Risk(PROBLEM, Squared()), Risk(PROBLEM, Logistic())
DIAGONAL = Diagonal(np.full((2, D), 0.3))
WAYS = {
    "explicit": GradientFlow(),
    "coarse": GradientFlow(rtol=1e-4),
    "stiff": GradientFlow(solver="stiff"),
    "parameters": GradientFlow(chart="parameters"),
    "escape": GradientFlow(clock="escape"),
    "escape, stiff": GradientFlow(clock="escape", solver="stiff"),
}


LAYERED = DeepLinear([np.full((2, D), 0.3), np.full((1, 2), 0.3)])


def run(event, flow):
    layered = isinstance(flow, GradientFlow) and isinstance(flow.clock, Escape)
    network = LAYERED if layered else DIAGONAL
    return train(Experiment(network, SQUARES, flow, until=event), records=1)


@pytest.mark.parametrize("way", WAYS)
def test_a_count_is_at_its_level_from_the_moment_it_gets_there(way):
    for level, when in ((2, 0.7), (1.5, 1.3), (1, 1.3), (0, 1.9), (0.5, 1.9)):
        found = run(Reaches(Count(), level, within=9.0), WAYS[way])
        assert found.reason is None
        assert found.times[-1] == pytest.approx(when, abs=1e-12)
        assert found.times[-1] >= when * (1 - 1e-15)


@pytest.mark.parametrize("way", WAYS)
def test_what_lasts_as_long_as_every_is_not_stepped_over(way):
    for half in (0.05, 0.011):
        event = Reaches(Dip(half=half), 0.0, within=9.0, every=0.02)
        found = run(event, WAYS[way])
        assert found.reason is None
        assert found.times[-1] == pytest.approx(3 - half, abs=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_a_run_without_its_event_says_what_it_may_have_missed(way):
    missed = run(Reaches(Count(), -1, within=9.0), WAYS[way])
    assert "event not met" in present(missed.reason)
    assert "give the event `every`" in present(missed.reason)
    close = run(Reaches(Count(), -1, within=9.0, every=0.5), WAYS[way])
    assert "event not met" in present(close.reason)
    assert "`every`" not in present(close.reason)


def test_every_changes_no_moment_that_is_found_without_it():
    moments = [
        float(run(RiskBelow(0.9, relative=True, **how), GradientFlow()).times[-1])
        for how in ({}, {"every": 0.01}, {"every": 1e6})
    ]
    assert np.allclose(moments, moments[0], rtol=1e-9)


def test_steps_are_looked_at_one_by_one():
    found = run(Reaches(Count((2.5, 7.5)), 1, within=20), Descent(1e-3))
    assert found.times[-1] == 3
    missed = run(Reaches(Dip(at=5.5, half=0.2), 0.0, within=20), Descent(1e-3))
    assert "`every`" not in present(missed.reason)  # there is nothing between two moves


def test_in_norms_every_is_the_longest_way_between_two_looks():
    net = DeepLinear([np.full((1, D), 0.1)])
    begin = float(np.linalg.norm(net.predictor()))
    flow = GradientFlow(clock="log-risk", rtol=1e-4)

    def to(**how):
        dip = Reaches(Dip(begin + 0.3, 0.01), 0.0, within=begin + 0.5, **how)
        return train(Experiment(net, RISK, flow, until=dip), records=1)

    assert "event not met" in present(to().reason), "steps here are longer than the dip"
    found = to(every=0.005)
    assert found.reason is None
    assert found.times[-1] == pytest.approx(begin + 0.29, rel=1e-12)


@pytest.mark.parametrize("records", [1, 7])
def test_in_norms_an_event_is_met_while_the_norm_still_falls(records):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((12, 3)) + 2 * np.array([1.0, 0, 0])
    start = np.array([[-1.5, 0.4, 0.2]])  # on the wrong side: the norm falls first

    def field(_, w):
        return X.T @ expit(-X @ w) / len(X)

    def below(_, w):
        return np.mean(np.logaddexp(0, -X @ w)) - 1.0

    vars(below)["terminal"] = True
    found = solve_ivp(
        field, (0, 1e3), start[0], method="DOP853", rtol=1e-12, atol=1e-13, events=below
    )
    truth = found.y_events[0][0]
    assert np.linalg.norm(truth) < np.linalg.norm(start), "no case of this kind"
    labels = np.repeat([1.0, -1.0], 6)
    risk = Risk(Problem(labels[:, None] * X, labels), Logistic())
    flow = GradientFlow(clock="log-risk")
    until = RiskBelow(1.0)
    run = train(
        Experiment(DeepLinear([start]), risk, flow, until=until), records=records
    )
    assert run.reason is None
    assert len(run.times) == 1
    np.testing.assert_allclose(run.network.predictor().ravel(), truth, rtol=1e-7)
    assert run.times[-1] == pytest.approx(np.linalg.norm(truth), rel=1e-8)


@pytest.mark.parametrize("every", [0.0, -1.0, np.inf, np.nan])
def test_every_is_a_time(every):
    with pytest.raises(DataError, match="every = "):
        RiskBelow(0.1, every=every)
