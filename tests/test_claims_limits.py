"""Claims on limits, where budgets are tight: far off, along others, after others."""

import dataclasses

import numpy as np
import pytest

from tacit import check, Experiment, Outcome, Risk
from tacit.claims import (
    AverageIsElasticNet,
    DescentDrift,
    EliminationLaw,
    ExponentialTails,
    KernelLimit,
    LastBiasIdle,
    LayerNormsConserved,
    LayersFindTheMargin,
    LayersPulledAlike,
    LongerMemoryAntiRegularises,
    PlateausOfLeastSquares,
    PowerLawTails,
    SignStepsDrift,
    SlowestRate,
)
from tacit.claims.witnesses.discriminants import CLOSE, definite
from tacit.flows import Descent
from tacit.losses import Fisher
from tacit.networks import Diagonal, TwoSided
from tacit.oracles import fisher_direction
from tests.variations import VARIATIONS


@pytest.mark.parametrize("own", [2, 10, 37])
@pytest.mark.parametrize(("depth", "until"), [(3, 3.0), (3, 22.0), (5, 100.0)])
def test_far_from_a_limit_no_rate_is_its_own(own, depth, until):
    # An entry of the limit is far smaller than at the start, and for long far off.
    problem, w0 = definite(own=own)
    signed = w0 * np.sign(fisher_direction(problem).value)
    start = Diagonal.balanced(signed, depth=depth)
    run = Experiment(start, Risk(problem, Fisher()), CLOSE, until=until)
    verdict = check(SlowestRate(), run)
    assert verdict.outcome is Outcome.UNDECIDED, str(verdict)
    assert "too far from its limit" in verdict.why


@pytest.mark.parametrize("seed", [116, 124, 215])
def test_what_the_duals_lack_bounds_the_average_whatever_their_signs(seed):
    # What the ends of two duals lack is of unlike signs, and their features correlate.
    claim = AverageIsElasticNet()
    verdict = check(claim, claim.witness(seed))
    assert verdict.outcome is Outcome.HOLDS, str(verdict)
    kappa = verdict.budget[0]
    assert verdict.distance == pytest.approx(kappa.size, rel=1e-2)


@pytest.mark.parametrize(("seed", "alpha"), [(118, 1e-40), (141, 1e-20)])
def test_plateaus_allow_for_jumps_that_came_late(seed, alpha):
    # After five jumps the duals are behind by 5 and 11 times 1 / log(1 / kappa).
    claim = PlateausOfLeastSquares()
    begin = TwoSided.balanced(9, alpha=alpha)
    run = dataclasses.replace(claim.witness(seed), network=begin)
    assert check(claim, run).outcome is Outcome.HOLDS


@pytest.mark.parametrize("seed", [11, 28, 29, 38])
def test_steps_that_multiply_the_drift_are_near_no_limit(seed):
    # They start where J is 1e-4 and steep: half the step takes a third off the drift.
    claim = DescentDrift()
    verdict = check(claim, claim.witness(seed))
    assert verdict.outcome is Outcome.UNDECIDED, str(verdict)
    shorter = dataclasses.replace(claim.witness(seed), flow=Descent(1e-6), until=1000)
    assert check(claim, shorter).outcome is Outcome.HOLDS


@pytest.mark.parametrize("seed", [39, 156])
def test_a_cosine_that_noise_has_almost_undone_has_no_sign(seed):
    # With one sample a batch it is 0.04 and 0.19, of -0.81 and -0.84 on all samples.
    claim = LongerMemoryAntiRegularises()
    verdict = check(claim, claim.witness(seed))
    assert verdict.outcome in (Outcome.HOLDS, Outcome.UNDECIDED), str(verdict)
    assert verdict.measured[0] == 0
    assert verdict.measured[-1] == -1


@pytest.mark.parametrize(
    "claim",
    [ExponentialTails(), PowerLawTails(depth=3), LayersFindTheMargin()],
    ids=lambda claim: claim.id,
)
def test_fresh_witnesses_are_drawn_until_their_theorem_is_about_them(claim):
    # Of 30 draws two pushed no weight to 0, and four had too few support vectors.
    for seed in range(10, 40):
        asked = claim.hypotheses(claim.witness(seed))
        assert not [each.text for each in asked if not each.met]


@pytest.mark.parametrize(
    ("claim", "seed"),
    [
        (LastBiasIdle(), 0),
        (LastBiasIdle(), 1),
        (LayersPulledAlike(ridge=0.0), 0),
        (LayersPulledAlike(ridge=0.0), 1),
        (LayersPulledAlike(), 0),
    ],
)
@pytest.mark.parametrize("start", ["start-1e-2", "start-1e2"])
@pytest.mark.parametrize("data", ["data-1e-3", "rotated"])
def test_outputs_that_are_almost_alike_lose_digits(claim, seed, start, data):
    # Biases of 1e-2 beside what small weights make of small data.
    varied = VARIATIONS[data](VARIATIONS[start](claim.witness(seed)))
    assert check(claim, varied).outcome is not Outcome.FAILS


@pytest.mark.parametrize(
    ("seed", "kinds"),
    [(1, ("start-1e-2", "depth-1")), (None, ("depth-1", "rtol-1e-4"))],
)
def test_nothing_brings_a_norm_back_over_many_steps(seed, kinds):
    claim = LayerNormsConserved(depth=2)
    varied = claim.witness(seed)
    for kind in kinds:
        varied = VARIATIONS[kind](varied)
    assert check(claim, varied).outcome is Outcome.HOLDS


def test_signs_have_no_limit_where_a_weight_of_many_layers_rests_at_0():
    claim = SignStepsDrift()
    small = VARIATIONS["depth-6"](VARIATIONS["start-1e-2"](claim.witness(0)))
    verdict = check(claim, small)
    assert verdict.outcome is Outcome.UNDECIDED, str(verdict)
    assert "chatter" in verdict.why


@pytest.mark.parametrize(
    ("claim", "seed", "kinds"),
    [
        (EliminationLaw(depth=2), 0, ("depth-5", "start-1e2")),
        (KernelLimit(depth=3), None, ("start-1e-2", "depth-1")),
    ],
)
def test_first_order_and_a_fixed_atol_are_not_all(claim, seed, kinds):
    # The slope changes so much that its square counts; weights of 4e-7 under an `atol`
    # of 1e-13.
    varied = claim.witness(seed)
    for kind in kinds:
        varied = VARIATIONS[kind](varied)
    verdict = check(claim, varied)
    assert verdict.outcome is not Outcome.FAILS, str(verdict)
