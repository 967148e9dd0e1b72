"""Every claim accepts its witness, rejects its foil, and tells false theorems apart."""

import functools
import re

import pytest

from tacit import judge, Outcome, train
from tests.cases import CLAIMS


def together(cases):
    """Cases by name; those of one claim, in one process, which compiles it once."""
    return [
        pytest.param(*case, id=name, marks=pytest.mark.xdist_group(name.split("-")[0]))
        for name, case in cases.items()
    ]


EACH = together({name: (name,) for name in CLAIMS})
RIVALS = together(
    {
        f"{name}-{i}": (name, rival)
        for name, claim in CLAIMS.items()
        for i, rival in enumerate(claim.rivals)
    }
)


@functools.lru_cache(maxsize=8)
def witnessed(name):
    """The witness of a claim, trained: its rivals are judged on the same run."""
    claim = CLAIMS[name]
    return train(claim.witness(), claim.observes, records=claim.records)


@pytest.mark.parametrize("name", EACH)
def test_holds_of_its_witness(name):
    verdict = judge(CLAIMS[name], witnessed(name))
    assert verdict.outcome is Outcome.HOLDS, str(verdict)


@pytest.mark.parametrize(("name", "rival"), RIVALS)
def test_a_false_theorem_fails(name, rival):
    assert type(rival) is type(CLAIMS[name]), "it may watch something else"
    verdict = judge(rival, witnessed(name))
    assert verdict.outcome is Outcome.FAILS, str(verdict)


@pytest.mark.parametrize("name", EACH)
def test_tells_its_foil_apart(name):
    claim = CLAIMS[name]
    run = train(claim.foil(), claim.observes, records=claim.records)
    verdict = judge(claim, run)
    assert verdict.outcome is Outcome.NOT_APPLICABLE, "no hypothesis noticed"
    if run.finite:
        assert verdict.gap > claim.margin * claim.tolerance, str(verdict)


@pytest.mark.parametrize("name", EACH)
def test_says_where_it_comes_from(name):
    claim = CLAIMS[name]
    assert claim.reference
    assert claim.tolerance > 0
    assert re.fullmatch(r"[A-Z]\d+[a-z]?", claim.id)
