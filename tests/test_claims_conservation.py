"""Conserved quantities where there is nothing to divide by, and integrals over time."""

import numpy as np
import pytest

from tacit import check, claims, Experiment, judge, oracles, Outcome, Risk, train
from tacit.claims.measures.paths import LEAST, over_time
from tacit.claims.parts import Unmeasured
from tacit.claims.witnesses.discriminants import definite, rectified, three_classes
from tacit.flows import GradientFlow
from tacit.losses import Dorfer, Fisher, LogDet, RatioTrace, TraceRatio
from tacit.networks import DeepLinear


SHORT = GradientFlow(rtol=1e-9)
COARSE = GradientFlow(rtol=1e-6, atol=1e-9, solver="explicit")


def on_three_classes(network, loss, flow=SHORT, until=0.3):
    return Experiment(network, Risk(three_classes(), loss), flow, until=until)


def level(depth):
    """A balanced start of two outputs."""
    target = np.random.default_rng(0).standard_normal((2, 8))
    return DeepLinear.balanced(target, depth=depth)


def test_a_balanced_start_keeps_its_balance():
    verdict = check(
        claims.GramDifferencesConserved(), on_three_classes(level(3), TraceRatio())
    )
    assert verdict.outcome is Outcome.HOLDS, str(verdict)
    assert np.max(np.abs(verdict.predicted)) < 1e-14


def test_neighbours_are_told_apart_below_a_top_that_rests():
    # A square last layer never moves under the ratio trace: that only it does is true.
    rng = np.random.default_rng(3)
    network = DeepLinear([rng.standard_normal(s) / 2 for s in ((4, 8), (2, 4), (2, 2))])
    loss = RatioTrace()
    verdict = check(claims.GramDifferencesConserved(), on_three_classes(network, loss))
    assert verdict.outcome is Outcome.HOLDS, str(verdict)


def test_one_layer_has_no_neighbour():
    verdict = check(
        claims.GramDifferencesConserved(), on_three_classes(level(1), TraceRatio())
    )
    assert verdict.not_met == ("it has two layers or more",)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_norms_are_judged_with_a_ridge_and_without(ridge):
    experiment = on_three_classes(rectified(), Dorfer(ridge=ridge), COARSE, until=0.05)
    verdict = check(claims.NormsGrowAlike(), experiment)
    assert verdict.outcome is Outcome.HOLDS, str(verdict)
    assert (np.ptp(verdict.predicted[:, 0]) > 1e-3) == bool(ridge)


def test_decay_breaks_a_balance_and_is_noticed():
    true = claims.BiasedBalance().witness()
    decaying = GradientFlow(rtol=1e-6, atol=1e-9, weight_decay=0.5)
    run = train(
        Experiment(true.network, true.risk, decaying, until=0.05),
        claims.BiasedBalance.observes,
        records=5,
    )
    verdict = judge(claims.BiasedBalance(), run)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert verdict.distance > 1e3 * verdict.allowed


@pytest.mark.parametrize("off", [0.0, 1e-9, 1e-3])
def test_a_slope_at_the_optimum_tells_nothing(off):
    problem, _ = definite()
    best = oracles.fisher_direction(problem).value
    aside = best + off * np.random.default_rng(0).standard_normal(len(best))
    risk = Risk(problem, Fisher())
    at = Experiment(DeepLinear([aside[None]]), risk, SHORT, until=0.0)
    verdict = check(claims.SlopeIsTangent(), at)
    told = Outcome.UNDECIDED if off == 0 else Outcome.HOLDS
    assert verdict.outcome is told, str(verdict)


def test_a_gram_matrix_at_rest_tells_nothing():
    found = train(on_three_classes(level(2), LogDet(), until=300.0))
    rest = on_three_classes(found.network, LogDet(), until=1e-6)
    verdict = check(claims.TopGramConserved(), rest)
    assert verdict.outcome is Outcome.UNDECIDED, str(verdict)


@pytest.mark.parametrize("rate", [1, 30, 200, 2e3, 2e4])
def test_the_error_of_an_integral_bounds_it(rate):
    times = np.linspace(0, 1, 201)
    total, error = over_time(times, np.exp(-rate * times))
    truth = -np.expm1(-rate * times) / rate
    off = np.max(np.abs(total - truth)) / np.max(np.abs(total))
    assert off <= error + 1e-14
    assert (error < 1e-6) == (rate < 100)


@pytest.mark.parametrize("seed", range(3))
def test_the_error_bounds_it_over_a_rise_that_falls_between_records(seed):
    """At four times the difference some of them were further off."""
    rng, times = np.random.default_rng(seed), np.linspace(0, 1, 400)
    for width in np.repeat(np.geomspace(2e-4, 3e-2, 25), 40):
        along = (times - rng.uniform(0.3, 0.7)) / width
        total, error = over_time(times, (1 + np.tanh(along)) / 2)
        truth = np.logaddexp(0, 2 * along) - np.logaddexp(0, 2 * along[0])
        off = np.max(np.abs(total - width * truth / 2)) / np.max(np.abs(total))
        assert off <= error + 1e-13


def test_an_integral_says_how_many_records_it_needs():
    times = np.linspace(0, 1, LEAST - 1)
    with pytest.raises(Unmeasured, match=f"needs {LEAST} records"):
        over_time(times, times)
