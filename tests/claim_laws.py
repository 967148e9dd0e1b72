"""What every claim keeps, of the suite and of a user's own; each raises if it does not.

They are laws of `tests/test_claims.py` and tried on faults in
`tests/test_claim_laws.py`.
"""

from unittest import mock

import numpy as np

from tacit.flows import GradientFlow


ROUNDING = 1e-12


def allow_nothing_negative(verdict):
    """Every term of the budget is 0 or more, to rounding: none pays for another."""
    assert verdict.allowed >= 0, f"the budget is negative: {verdict.budget}"
    for term in verdict.budget:
        assert term.size >= -ROUNDING, f"the budget has a negative term: {term}"


def state_something_else(verdict):
    """There is a rival, and each predicts something else than the claim."""
    assert verdict.rivals, "a claim names a false statement nearby"
    for rival in verdict.rivals:
        assert rival.distance > 0, f"a rival equals the claim: {rival.statement}"


def fail_beside_it(verdict):
    """Each rival is further off than the theorem allows."""
    for rival in verdict.rivals:
        assert rival.distance > verdict.allowed, rival.statement


def foresee_untrained(claim):
    """The forecast is made without training, in finite numbers, and certified."""
    witness = claim.witness()
    with refused(GradientFlow), refused(type(witness.flow)):
        forecast = claim.forecast(witness)
    finite = np.all(np.isfinite(np.asarray(forecast.value, float)))
    assert finite, f"a forecast is of finite numbers: {forecast.value}"
    assert forecast.about, "a forecast says of what it is"
    assert forecast.certificate >= 0, "the error of a forecast is 0 or more"


def refused(flow):
    """While this lasts the flow goes nowhere."""
    error = AssertionError("a forecast must not train")
    return mock.patch.multiple(
        flow,
        path=mock.Mock(side_effect=error),
        arrival=mock.Mock(side_effect=error),
    )
