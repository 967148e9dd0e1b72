"""The law of escape with its prefactor, against formulas by hand and the flow."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tacit import Experiment, Problem, Reaches, Risk, train
from tacit.errors import CapabilityError, DataError
from tacit.flows import GradientFlow
from tacit.losses import Squared
from tacit.networks import Chain, MLP, ResidualMLP
from tacit.observables import MeanGain
from tacit.oracles import escape_time
from tacit.saddles import small_layers


U, MASS = np.polynomial.hermite_e.hermegauss(60)
MASS = MASS / MASS.sum()


def taught(teacher, scale=1.0):
    return Risk(Problem(scale * U[:, None], teacher(U), MASS), Squared())


RISK = taught(np.arctan)
H = float(MASS @ (U * np.arctan(U)))
RNG = np.random.default_rng(1000)
X = RNG.standard_normal((60, 4))
SAMPLE = Risk(Problem(X, np.tanh(X[:, 0])), Squared())
FLOW = GradientFlow(clock="escape")


def test_one_small_layer_waits_no_longer_for_a_smaller_start():
    law = escape_time(Chain(0.8, [0.9, 1e-3], "arctan"), RISK, 0.02)
    K = float(MASS @ (np.arctan(U) * np.arctan(0.9 * np.arctan(0.8 * U))))
    assert (law.power, law.small, law.aligned) == (0, (2,), True)
    assert np.isclose(law.rate, K, rtol=1e-12)
    assert np.isclose(law.value, (0.02 - 1e-3) / K, rtol=1e-12)


def test_two_small_layers_wait_a_logarithm():
    law = escape_time(Chain(1e-3, [1e-3, 0.7], "silu", 4), RISK, 0.02)
    assert law.small == (0, 1)
    K = 0.25 * 0.7 * H  # two activations above, of slope a half
    assert np.isclose(law.rate, K, rtol=1e-12)
    assert np.isclose(law.value, math.log(20) / K, rtol=1e-12)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_more_small_layers_wait_a_power_wherever_they_are(place):
    gains = np.full(4, 1e-3)
    gains[place] = 0.8
    law = escape_time(Chain(gains[0], gains[1:], "tanh"), RISK, 0.02)
    K = MASS @ (np.arctan(U) * np.tanh(0.8 * U)) if place == 0 else 0.8 * H
    assert np.isclose(law.rate, K, rtol=1e-12)
    assert np.isclose(law.value, (1e3 - 50) / K, rtol=1e-12)


def test_unequal_layers_are_a_quadrature():
    gains, level = np.array([2e-3, 5e-3, 1e-3]), 0.03
    law = escape_time(Chain(gains[0], gains[1:], "tanh"), RISK, level)

    def met(_, y):
        return np.prod(y) - level**3

    vars(met)["terminal"] = True
    run = solve_ivp(
        lambda _, y: H * np.prod(y) / y, (0, 1e5), gains, "DOP853",
        events=met, rtol=1e-12, atol=1e-16,
    )  # fmt: skip
    assert np.isclose(law.value, run.t_events[0][0], rtol=1e-9)


SMALL = {"1": (2,), "2, apart": (0, 2), "3": (0, 1, 2)}


@pytest.mark.parametrize("small", SMALL.values(), ids=SMALL)
def test_law_and_flow_agree_at_random_starts(small):
    errors, residuals = [], []
    for eps in (1e-2, 1e-3):
        network = MLP.he_normal((4, 6, 6, 1), seed=5, small=small, eps=eps)
        level = 20 * eps
        law = escape_time(network, SAMPLE, level)
        assert law.small == small
        assert not law.aligned
        until = Reaches(MeanGain(small), level)
        run = train(Experiment(network, SAMPLE, FLOW, until=until), records=1)
        errors.append(abs(float(run.times[-1]) / float(law.value) - 1))
        residuals.append(law.residual)
    assert errors[1] < (0.03 if len(small) == 1 else 1e-3)
    assert errors[1] < 0.2 * errors[0]
    assert residuals[1] < 0.2 * residuals[0] < 0.1


def test_the_residual_sees_a_wrong_law():
    law = escape_time(Chain.even(1e-3, depth=3), RISK, 0.02)
    assert law.residual == law.certificate(RISK.problem) < 1e-5
    assert law.certificate(taught(np.sin).problem) < 1e-5, "still an aligned one"
    assert law.certificate(taught(np.cos).problem) > 0.1


def test_layers_are_small_below_a_gap():
    assert small_layers([np.eye(2), 1e-2 * np.eye(2), np.eye(2)]) == (1,)
    assert small_layers([np.eye(2), 0.5 * np.eye(2)]) == (0, 1)


REFUSED = {
    "biases": (
        lambda: MLP.he_normal((4, 3, 1), small=2, eps=0.1, biases=True),
        DataError,
        "with biases",
    ),
    "a kink": (
        lambda: MLP.he_normal((4, 3, 1), small=2, eps=0.01, activation="relu"),
        DataError,
        "relu has a kink at 0",
    ),
    "no slope": (
        lambda: MLP.he_normal((4, 3, 1), small=2, eps=0.01, activation="cube"),
        DataError,
        "cube has slope 0 .* r - 2 does not apply",
    ),
    "not 0 at 0": (
        lambda: MLP.he_normal((4, 3, 1), small=2, eps=0.01, activation="softplus"),
        DataError,
        "softplus is not 0 at 0.*Centre it",
    ),
    "a layer of zeros": (
        lambda: MLP([np.zeros((3, 4)), 1e-3 * np.ones((1, 3))]),
        DataError,
        "layer 1 is 0",
    ),
    "level below": (
        lambda: MLP.he_normal((4, 3, 1), small=2, eps=0.5),
        DataError,
        "level = 0.05 is no number above",
    ),
    "another network": (
        lambda: ResidualMLP([np.ones((1, 4))]),
        CapabilityError,
        "needs a MLP; ResidualMLP",
    ),
    "away": (
        lambda: Chain(-1e-3 * np.eye(4)[0], np.full(2, 1e-3)),
        DataError,
        "points away from the signal",
    ),
}


@pytest.mark.parametrize(("make", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_where_there_is_no_law_it_says_why(make, error, text):
    still = X[:, :1] * np.eye(4)[:1]
    risk = Risk(Problem(still, np.tanh(X[:, 0])), Squared())
    with pytest.raises(error, match=text):
        escape_time(make(), risk, 0.05)


def test_a_teacher_without_a_signal_is_refused():
    even = taught(lambda u: u**2 - 1)
    with pytest.raises(DataError, match="no signal that the small layers see"):
        escape_time(Chain.even(1e-3, depth=3), even, 0.05)


@pytest.mark.parametrize("depth", [2, 3])
def test_the_next_order_has_the_loss_in_it(depth):
    start, level = Chain.even(5e-3, depth=depth, width=4), 0.02
    wide = Risk(Problem(2 * U[:, None], np.arctan(U), MASS), Squared())
    law = escape_time(start, wide, level)
    until = Reaches(MeanGain(), level)
    run = train(Experiment(start, wide, FLOW, until=until), records=1)
    added = float(run.times[-1]) - float(law.value)
    assert np.isclose(law.corrected - float(law.value), added, rtol=0.01)


def test_the_small_layers_may_be_said():
    chain = Chain(0.05, [1e-3, 1e-3])
    assert escape_time(chain, RISK, 0.02).small == (1, 2)
    assert escape_time(chain, RISK, 0.02, small=(0, 1, 2)).small == (0, 1, 2)
    with pytest.raises(DataError, match="not below 0.05, the norm of a layer"):
        escape_time(chain, RISK, 0.06, small=(1, 2))
    with pytest.raises(DataError, match="indices of layers that start small"):
        escape_time(chain, RISK, 0.02, small=(3,))
