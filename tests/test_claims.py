"""Every claim holds of its witness, not of its foil, and tells false theorems apart."""

import functools
import re

import pytest

from tacit import judge, Outcome, train
from tacit.claims.papers import Source, STATUS
from tests import claim_laws
from tests.cases import CLAIMS
from tests.variations import planted, VARIATIONS


DRAWS = 2
"""Fresh draws of every witness; the soak takes ten."""


def together(names):
    """By name; those of one claim in one process, which compiles it once."""
    return [
        pytest.param(name, id=name, marks=pytest.mark.xdist_group(name.split("-")[0]))
        for name in names
    ]


@functools.lru_cache(maxsize=4)
def tried(name, seed=None):
    """The verdict on a witness: its own draw, or a fresh one."""
    claim = CLAIMS[name]
    witness = claim.witness() if seed is None else claim.witness(seed)
    return judge(claim, train(witness, claim.observes, records=claim.records))


@pytest.mark.parametrize("name", together(CLAIMS))
def test_holds_of_its_witness_and_sees_what_it_says(name):
    verdict = tried(name)
    assert verdict.outcome is Outcome.HOLDS, str(verdict)
    claim_laws.allow_nothing_negative(verdict)
    claim_laws.state_something_else(verdict)
    assert verdict.sees <= CLAIMS[name].sees, str(verdict)


@pytest.mark.parametrize("name", together(CLAIMS))
def test_every_rival_fails_on_the_witness(name):
    claim_laws.fail_beside_it(tried(name))


@pytest.mark.parametrize("name", together(CLAIMS))
def test_a_planted_error_fails(name):
    claim = CLAIMS[name]
    run = train(claim.witness(), claim.observes, records=claim.records)
    # Above a bound there is another, which is true as well.
    for sign in (-1,) if claim.at_most else (1, -1):
        false = planted(claim, run, sign * 2 * claim.sees)
        assert false > tried(name).allowed, "the claim does not see what it says"


@pytest.mark.parametrize("name", together(CLAIMS))
def test_holds_of_fresh_draws(name):
    found = [tried(name, seed) for seed in range(DRAWS)]
    assert all(v.outcome is not Outcome.FAILS for v in found), list(map(str, found))
    assert any(v.outcome is Outcome.HOLDS for v in found), list(map(str, found))


def rotating():
    """Two variations a claim, another two for the next: all of them over the table."""
    kinds = list(VARIATIONS)
    for i, name in enumerate(CLAIMS):
        for kind in (kinds[2 * i % len(kinds)], kinds[(2 * i + 1) % len(kinds)]):
            group = pytest.mark.xdist_group(name.split("-")[0])
            yield pytest.param(name, kind, id=f"{name}-{kind}", marks=group)


@pytest.mark.parametrize(("name", "kind"), list(rotating()))
def test_nothing_true_fails_elsewhere(name, kind):
    claim = CLAIMS[name]
    varied = VARIATIONS[kind](claim.witness())
    if varied is None:
        pytest.skip("it is not another experiment")
    verdict = judge(claim, train(varied, claim.observes, records=claim.records))
    assert verdict.outcome is not Outcome.FAILS, str(verdict)


@pytest.mark.parametrize("name", together(CLAIMS))
def test_tells_its_foil_apart(name):
    claim = CLAIMS[name]
    run = train(claim.foil(), claim.observes, records=claim.records)
    verdict = judge(claim, run)
    assert verdict.outcome is Outcome.NOT_APPLICABLE, "no hypothesis noticed"
    if not run.finite:
        return
    assert not verdict.distance <= verdict.allowed, str(verdict)


@pytest.mark.parametrize("name", together(CLAIMS))
def test_a_forecast_trains_nothing(name):
    if not CLAIMS[name].foresees:
        pytest.skip("it predicts on the path")
    claim_laws.foresee_untrained(CLAIMS[name])


@pytest.mark.parametrize("name", together(CLAIMS))
def test_says_where_it_comes_from(name):
    claim = CLAIMS[name]
    assert re.fullmatch(r"[A-Z]\d+[a-z]?", claim.id)
    sources = claim.source
    for each in (sources,) if isinstance(sources, Source) else sources:
        assert each.status in STATUS
        assert each.paper.authors
    assert claim.sees > 0
