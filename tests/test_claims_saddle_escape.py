"""Conditions of the claims on saddles that no witness or foil breaks."""

import numpy as np
import pytest

from tacit import check, Experiment, Outcome, Problem, Risk, train
from tacit.claims import DriftOfBalance, HeNormalExponent, NextOrder
from tacit.claims.witnesses.saddles import even, gaussian, leaving
from tacit.flows import GradientFlow
from tacit.losses import Squared
from tacit.networks import MLP


X = np.random.default_rng(3).standard_normal((20, 3))
CENTRED = np.sin(X[:, 0]) - np.sin(X[:, 0]).mean()
SLOPE = "the activation has a slope at 0, on one side at least"
ORDER = "the order of the activation is in the targets: E[y u^q] is not 0"
MEAN = "the activation is 0 at 0, or the read-out small and the targets of mean 0"


@pytest.mark.parametrize(
    ("activation", "mean", "small", "not_met"),
    [
        ("relu", 0.3, 3, []),
        ("square", 0.0, 3, [SLOPE]),
        ("softplus", 0.0, 3, []),
        ("softplus", 0.02, 3, [MEAN]),
        ("softplus", 0.0, (0, 1), [MEAN]),
    ],
)
def test_the_law_at_random_starts_asks_for_a_slope_and_nothing_constant(
    activation, mean, small, not_met
):
    widths = (3, 4, 4, 1)
    start = MLP.he_normal(widths, small=small, eps=0.01, activation=activation)
    risk = Risk(Problem(X, CENTRED + mean), Squared())
    run = train(Experiment(start, risk, GradientFlow(), until=0.0), records=1)
    asked = HeNormalExponent().hypotheses(run.experiment)
    unmet = [each.text for each in asked if not each.met]
    assert [text for text in unmet if text in (SLOPE, MEAN)] == not_met


@pytest.mark.parametrize("activation", ["gelu", "silu"])
@pytest.mark.parametrize("claim", [NextOrder(), DriftOfBalance()])
def test_an_order_that_cancels_in_the_targets_is_no_next_order(claim, activation):
    odd = gaussian(np.arctan)
    run = leaving(even(4e-3, 4, activation), odd, 0.03)
    verdict = check(claim, run)
    assert verdict.outcome is Outcome.NOT_APPLICABLE, str(verdict)
    assert verdict.not_met == (ORDER,)


def test_of_a_late_order_the_loss_makes_the_next_one():
    # Class B of order 5 at two layers: the loss bends first, whatever the moment.
    late = leaving(even(4e-3, 2, lambda z: z + z**5), gaussian(np.arctan), 0.03)
    asked = {each.text for each in NextOrder().hypotheses(late)}
    assert ORDER not in asked
    assert ORDER in {each.text for each in DriftOfBalance().hypotheses(late)}
