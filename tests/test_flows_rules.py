"""Steps by a rule: the published loops, what they promise, and where they end."""

from typing import Any

import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.errors import CapabilityError, DataError
from tacit.flows import (
    Descent,
    GradientNormalized,
    LossNormalized,
    PowerDecay,
    PrescribedSteps,
)
from tacit.flows.rules import curvature_bound
from tacit.losses import Exponential, Logistic, Squared
from tacit.networks import DeepLinear, Diagonal
from tacit.observables import FrobeniusNorms, TrainingRisk
from tests.cases import each, RULES
from tests.present import present


RNG = np.random.default_rng(12)
X = RNG.standard_normal((12, 3))
X /= np.linalg.norm(X, axis=1).max()
Y = np.where(X[:, 0] > 0, 1, -1)
PROBLEM = Problem(X, Y)
LAYERS = [0.5 * RNG.standard_normal(shape) for shape in ((4, 3), (2, 4), (1, 2))]
START = DeepLinear(LAYERS)


def slope(layers):
    """The logistic risk and its gradient in the layers, by hand."""
    W, V, U = layers
    margins = Y * (X @ (U @ V @ W)[0])
    g = -((Y / (1 + np.exp(margins))) @ X) / len(X)
    back = [U @ V, U, np.ones((1, 1))]
    ahead = [g, W @ g, V @ W @ g]
    steps = [np.outer(b[0], a) for b, a in zip(back, ahead, strict=True)]
    return np.mean(np.log1p(np.exp(-margins))), steps


def prescribed(layers, radius):
    while max(np.linalg.norm(W) for W in layers) > radius - 1 + 1e-14:
        radius += 0.25
    beta = 2 * 9 * radius**4 * 1.25
    return min(1 / beta, 1.0), radius


def by_hand(rule, steps, power=0.0):
    layers, radius = LAYERS, 1 + max(np.linalg.norm(W) for W in LAYERS)
    for k in range(steps):
        value, g = slope(layers)
        if isinstance(rule, PrescribedSteps):
            rate, radius = prescribed(layers, radius)
        elif isinstance(rule, LossNormalized):
            rate = rule.size / value
        else:
            rate = rule.size / np.sqrt(sum(np.sum(x**2) for x in g))
        rate = rate * (k + 1) ** -power
        layers = [W - rate * x for W, x in zip(layers, g, strict=True)]
    return layers


def run(rule, steps, *, schedule=None, loss=None, start: Any = START, records: Any = 5):
    risk = Risk(PROBLEM, loss or Logistic())
    flow = Descent(rule, schedule=schedule)
    watched = [TrainingRisk()]
    watched += [FrobeniusNorms()] if isinstance(start, DeepLinear) else []
    return train(Experiment(start, risk, flow, until=steps), watched, records=records)


@pytest.mark.parametrize("rule", **each(RULES))
def test_a_rule_is_its_loop(rule):
    power = 0.5 if isinstance(rule, GradientNormalized) else 0.0
    found = run(rule, 40, schedule=PowerDecay(power) if power else None)
    assert found.finite
    for W, V in zip(found.network.layers, by_hand(rule, 40, power), strict=True):
        np.testing.assert_allclose(W, V, rtol=1e-9, atol=1e-12)


def test_prescribed_steps_never_raise_the_risk():
    found = run(PrescribedSteps(), 5000, records=np.arange(5001))
    assert np.all(np.diff(found.seen["TrainingRisk"]) < 0)
    grown = np.asarray(found.seen["FrobeniusNorms"]).max(axis=1)
    assert grown[-1] > grown[0] + 0.2, "the radius had to be raised"


def test_a_radius_is_raised_by_as_much_as_it_takes():
    far = DeepLinear([3.0 * W for W in LAYERS])
    rule, risk = PrescribedSteps(growth=0.1), Risk(PROBLEM, Logistic())
    widest = max(np.linalg.norm(W) for W in far.layers)
    rate, _, radius = rule.pull(risk, far, np.asarray(1.0))
    assert widest + 1 <= radius < widest + 1.1
    assert np.isclose(rate, 1 / curvature_bound(Logistic(), 3, radius))


def test_steps_by_the_loss_go_on_where_the_risk_is_no_number():
    one = DeepLinear([LAYERS[0][:1]])
    found = run(LossNormalized(1.0), 200_000, start=one)
    assert found.finite
    assert found.seen["TrainingRisk"][-1] == 0
    assert np.linalg.norm(found.network.predictor()) > 1e4


def test_steps_by_the_loss_are_too_long_for_three_layers():
    """The curvature of the logarithm grows with the layers: the risk rises again."""
    risks = run(LossNormalized(0.1), 300, records=300).seen["TrainingRisk"]
    assert risks.min() < 1e-8
    assert risks[-1] > 1
    assert np.all(np.isfinite(risks))


def test_a_run_that_overflows_keeps_its_last_good_state():
    found = run(20.0, 10_000, loss=Exponential())
    assert not found.finite
    assert "no longer finite (step 20.0: try a smaller one)" in present(found.reason)
    assert all(np.all(np.isfinite(W)) for W in found.network.layers)
    assert run(20.0, int(found.times[-1]), loss=Exponential()).finite


LONG = Risk(Problem(3 * X, Y), Logistic())
BAD = {
    "size 0": (lambda: LossNormalized(0.0), DataError, "size above 0"),
    "size NaN": (lambda: GradientNormalized(np.nan), DataError, "size above 0"),
    "growth": (lambda: PrescribedSteps(-1.0), DataError, "growth above 0"),
    "momentum": (
        lambda: Descent(LossNormalized(0.1), momentum=0.5),
        DataError,
        "LossNormalized is a rule for plain descent",
    ),
    "decay": (
        lambda: Descent(PrescribedSteps(), weight_decay=0.5),
        DataError,
        "leave out momentum, nesterov and weight_decay",
    ),
    "rough loss": (
        lambda: run(PrescribedSteps(), 1, loss=Exponential()),
        DataError,
        "Lipschitz: Logistic or PolynomialTail; Exponential states no such bound",
    ),
    "no logarithm": (
        lambda: run(LossNormalized(0.1), 1, loss=Squared()),
        DataError,
        "Squared has none",
    ),
    "diagonal": (
        lambda: run(PrescribedSteps(), 1, start=Diagonal(np.ones((2, 3)))),
        CapabilityError,
        "PrescribedSteps needs a DeepLinear; Diagonal",
    ),
    "long samples": (
        lambda: Experiment(START, LONG, Descent(PrescribedSteps()), until=1),
        DataError,
        "no longer than 1; the longest has length 3",
    ),
}


@pytest.mark.parametrize(("make", "error", "text"), BAD.values(), ids=BAD)
def test_bad_rules_are_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()
