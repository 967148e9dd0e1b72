"""Every claim accepts its witness, rejects its foil, and tells false theorems apart."""

import re

import pytest

from tacit import check, judge, Outcome, train
from tests.cases import CLAIMS, each


RIVALS = {
    f"{name}-{i}": (claim, rival)
    for name, claim in CLAIMS.items()
    for i, rival in enumerate(claim.rivals)
}


@pytest.mark.parametrize("claim", **each(CLAIMS))
def test_holds_of_its_witness(claim):
    verdict = check(claim, claim.witness())
    assert verdict.outcome is Outcome.HOLDS, str(verdict)


@pytest.mark.parametrize("claim", **each(CLAIMS))
def test_tells_its_foil_apart(claim):
    run = train(claim.foil(), claim.watches, records=claim.records)
    verdict = judge(claim, run)
    assert verdict.outcome is Outcome.SILENT, "no hypothesis noticed"
    if run.finite:
        assert verdict.gap > claim.margin * claim.tolerance, str(verdict)


@pytest.mark.parametrize(("claim", "rival"), **each(RIVALS))
def test_a_false_theorem_fails(claim, rival):
    verdict = check(rival, claim.witness())
    assert verdict.outcome is Outcome.FAILS, str(verdict)


@pytest.mark.parametrize("claim", **each(CLAIMS))
def test_says_where_it_comes_from(claim):
    assert claim.reference
    assert claim.tolerance > 0
    assert re.fullmatch(r"[A-Z]\d+[a-z]?", claim.id)
