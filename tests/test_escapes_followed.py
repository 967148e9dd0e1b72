"""Escapes to a level at which the activations bend too much for a sum of orders."""

import dataclasses

import numpy as np
import pytest

from tacit import Outcome
from tacit.claims import EscapeLaw, HermitePrefactor, SlavedReadOut
from tacit.claims.hypotheses.saddles import small_of, start_gain
from tacit.claims.measures.escapes import (
    arrived,
    BENT,
    bent,
    first_order,
    leading,
    left_over,
    orders,
    plain,
    rescaled,
)
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


@pytest.mark.parametrize(("kind", "power"), [(HermitePrefactor, 2), (EscapeLaw, 1)])
def test_of_a_way_that_is_nearly_all_too_bent_half_is_in_doubt(kind, power):
    near = beyond(kind, 3)
    level, low, small = LEVELS[kind], start_gain(near), small_of(near)
    bends = [
        (gain, bent(near.risk, arrived(near, gain), small))
        for gain in np.geomspace(low, level, 60)
    ]
    start = max(gain for gain, bend in bends if bend < 0.9 * BENT)
    late = dataclasses.replace(near, network=rescaled(near.network, small, start / low))
    followed, law = train(late, records=1).times[-1], leading(late).time(level)
    assert np.isinf(orders(late, level, power)[0])
    doubt = first_order(late, level, power)
    assert 0.8 * BENT < doubt < 2
    assert doubt > abs(followed - law) / law


def test_what_is_followed_counts_as_far_as_it_is_off_and_may_be():
    near = beyond(HermitePrefactor, 3)
    start = rescaled(near.network, small_of(near), 100.0)
    again = dataclasses.replace(near, network=start)
    took = float(train(again, records=1).times[-1])
    assert left_over(near, start, took) == BENT * took
    assert left_over(near, start, 3 * took) == pytest.approx((2 + BENT) * took)
    assert left_over(near, plain(start), took) == np.inf  # another kind of network
    short = dataclasses.replace(near.until, within=took / 2)
    ends_before = dataclasses.replace(near, until=short)
    assert left_over(ends_before, start, took) == np.inf
