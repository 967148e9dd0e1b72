"""Claims on limits of Deep LDA where a run has not come near them."""

import numpy as np
import pytest

from tacit import check, Experiment, Outcome, Risk
from tacit.claims import SlowestRate
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
