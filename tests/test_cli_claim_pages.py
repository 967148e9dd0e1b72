"""`tacit claims ID` prints the page of a claim, as the documentation has it."""

import json

import pytest
from typer.testing import CliRunner

import tacit
from tacit import cli
from tacit.claims import LayersFindTheMargin, QuasiNormConserved, SparsestMargin
from tacit.cli.stated import stated_claims
from tacit.display.notation import plain
from tacit.errors import NotFoundError, TacitError
from tacit.reporting import claim_page
from tests.test_documentation import extension


def invoked(*words):
    return CliRunner().invoke(cli.app, ["claims", *words])


def test_the_page_has_all_parts_of_the_claim():
    done = invoked("b3")
    assert done.exit_code == 0
    said, claim = " ".join(done.stdout.split()), QuasiNormConserved()
    witness = claim.witness()
    rivals = tacit.check(claim, witness).rivals
    assert rivals
    for text in (
        plain(claim.statement),
        f"status {claim_page.STATUS[claim.source.status]}",
        *(plain(each.text) for each in claim.hypotheses(witness)),
        *(plain(each.statement) for each in rivals),
        f"a relative error of {claim.sees:.0e}",
        "Diagonal(layers=f64[3,7]), Fisher(",
        "B3 QuasiNormConserved holds",
    ):
        assert text in said


@pytest.mark.parametrize("kind", [SparsestMargin, LayersFindTheMargin])
def test_the_page_of_the_site_and_that_of_a_terminal_say_the_same(kind):
    claim = kind()
    witness = claim.witness()
    site = extension("catalogue").page(kind, ())
    terminal = "\n".join(claim_page.statement_lines(claim, witness, 10_000))
    for text in claim_page.conditions(claim, witness):
        assert f"* {text}\n" in site
        assert f"* {plain(text)}\n" in terminal
    for name in ("status", "predicts", "sees"):
        (row,) = (s for s in site.splitlines() if s.startswith(f"| {name} |"))
        assert f"{name:<9} {row.split('|')[2].strip()}" in terminal


def test_an_unknown_one_is_answered_by_the_nearest():
    error = invoked("J44").exception
    assert isinstance(error, NotFoundError)
    assert "J4" in str(error)
    assert "package.module:Class" in str(error)


def test_as_json_it_is_the_row_of_the_list():
    rows = json.loads(invoked("J4", "--json").stdout)["claims"]
    (listed,) = (each._asdict() for each in stated_claims() if each.id == "J4")
    assert rows == [listed]


def test_a_name_and_a_choice_do_not_go_together():
    error = invoked("J4", "--about", "margin").exception
    assert isinstance(error, TacitError)
    assert "either NAME or --paper" in str(error)
