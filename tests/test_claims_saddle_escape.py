"""Conditions of the claims on saddles that no witness or foil breaks."""

import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.claims import HeNormalExponent
from tacit.flows import GradientFlow
from tacit.losses import Squared
from tacit.networks import MLP


X = np.random.default_rng(3).standard_normal((20, 3))
CENTRED = np.sin(X[:, 0]) - np.sin(X[:, 0]).mean()
SLOPE, MEAN = "the activation has a slope at 0, on one side at least", "or the targets"


@pytest.mark.parametrize(
    ("activation", "mean", "broken"),
    [
        ("relu", 0.3, ""),
        ("square", 0.0, SLOPE),
        ("softplus", 0.0, ""),
        ("softplus", 0.02, MEAN),
    ],
)
def test_the_law_at_random_starts_asks_for_a_slope_and_nothing_constant(
    activation, mean, broken
):
    start = MLP.he_normal((3, 4, 1), small=2, eps=0.01, activation=activation)
    risk = Risk(Problem(X, CENTRED + mean), Squared())
    run = train(Experiment(start, risk, GradientFlow(), until=0.0), records=1)
    unmet = [each.text for each in HeNormalExponent().hypotheses(run) if not each.met]
    unmet = [text for text in unmet if text != "it ends where the risk has fallen"]
    assert len(unmet) == bool(broken)
    assert all(broken in text for text in unmet)
