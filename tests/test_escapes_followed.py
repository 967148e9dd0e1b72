"""Escapes to a level at which the activations bend too much for a sum of orders."""

import dataclasses

import numpy as np
import pytest

from tacit import Outcome
from tacit.claims import EscapeLaw, HermitePrefactor, SlavedReadOut
from tacit.claims.measures.escapes import orders
from tacit.training import train
from tacit.verdict import judge


# Levels at which the sum of the orders has no bound, beyond those of the witnesses.
LEVELS = {HermitePrefactor: 0.6, EscapeLaw: 0.6, SlavedReadOut: 0.3}


def beyond(kind, seed):
    near = kind().witness(seed)
    until = dataclasses.replace(near.until, level=LEVELS[kind])
    return dataclasses.replace(near, until=until)


@pytest.mark.parametrize("seed", [3, 6])
@pytest.mark.parametrize("kind", LEVELS)
def test_the_rest_of_the_way_is_followed_and_the_law_is_decided(kind, seed):
    verdict = judge(kind(), train(beyond(kind, seed), records=1))
    assert verdict.outcome is Outcome.HOLDS, verdict.why
    assert verdict.distance <= verdict.allowed < 0.1
    assert all(rival.distance > verdict.allowed for rival in verdict.rivals)


@pytest.mark.parametrize(("kind", "power"), [(HermitePrefactor, 2), (EscapeLaw, 1)])
def test_a_sum_of_orders_alone_has_no_bound_there(kind, power):
    assert np.all(np.isinf(orders(beyond(kind, 3), LEVELS[kind], power)))
