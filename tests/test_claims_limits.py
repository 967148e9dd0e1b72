"""Claims on limits of Deep LDA where a run has not come near them."""

import numpy as np
import pytest

from tacit import check, Experiment, Outcome, Risk
from tacit.claims import AverageIsElasticNet, SlowestRate
from tacit.claims.witnesses.discriminants import CLOSE, definite
from tacit.losses import Fisher
from tacit.networks import Diagonal
from tacit.oracles import fisher_direction


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
