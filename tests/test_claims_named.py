"""Claims of one's own by where they are: on the command line, in Python, in errors."""

import ast
import json
import pathlib
import re

import pytest
from typer.testing import CliRunner

import tacit
from tacit import cli, Outcome
from tacit.claims.catalogue import find_claims
from tacit.cli.base import FAILED, FINE
from tacit.errors import DataError


PAGE = pathlib.Path(__file__).parents[1] / "docs" / "howto" / "own_claim.md"
MORE = """

class Sized(OneNormStays):
    id = "Z3"
    size: int


class Taken(OneNormStays):
    id = "B3"


class Outer:
    class Inner(OneNormStaysAtTwo):
        id = "Z4"
"""


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    """The classes and functions of the page, in a module that Python finds."""
    shown = "".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S))
    kept = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)
    page = ast.parse(shown)
    page.body = [node for node in page.body if isinstance(node, kept)]
    text = ast.unparse(page)
    (tmp_path / "mine.py").write_text(text + MORE)
    (tmp_path / "broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)


def shell(*words):
    done = CliRunner().invoke(cli.app, [*words, "--json"])
    return done.exit_code, json.loads(done.stdout)["verdicts"]


def test_a_true_one_holds_of_its_witness_and_not_of_its_foil():
    code, verdicts = shell("check", "mine:OneNormStaysAtTwo")
    assert code == FINE
    assert [(v["role"], v["outcome"]) for v in verdicts] == [
        ("witness", "holds"), ("rival", "fails"), ("foil", "does not apply"),
    ]  # fmt: skip
    assert {v["id"] for v in verdicts} == {"Z2"}


def test_a_false_one_fails_among_others():
    code, verdicts = shell("check", "mine:OneNormStays", "B3")
    assert code == FAILED
    found = {(v["id"], v["role"]): v["outcome"] for v in verdicts}
    assert found["Z1", "witness"] == "fails"
    assert found["B3", "witness"] == "holds"


def test_the_place_is_a_name_in_python_too():
    import mine  # pyright: ignore[reportMissingImports]

    made = mine.experiment(2)
    assert tacit.check("mine:OneNormStaysAtTwo", made).outcome is Outcome.HOLDS
    assert tacit.check("mine:Outer.Inner", made).claim.id == "Z4"
    (told,) = tacit.predict(mine.experiment(3), ["mine:OneNormStaysAtTwo"]).foreseen
    assert told.not_met == ("the depth is 2",)


BAD = {
    "no module": ("elsewhere:Stays", "importing elsewhere raises .*PYTHONPATH"),
    "a module that raises": ("broken:Stays", "broken raises ZeroDivisionError"),
    "no class": ("mine:Nothing", "the module mine has no Nothing"),
    "a function": ("mine:experiment", "no subclass of tacit.claims.AbstractClaim"),
    "another class": ("mine:Diagonal", "no subclass of tacit.claims.AbstractClaim"),
    "a module": ("mine:np", "no subclass of tacit.claims.AbstractClaim"),
    "not finished": ("tacit.claims:AbstractClaim", "abstract: it does not define"),
    "no class said": ("mine:", "'mine:'"),
    "no module said": (":Stays", "':Stays'"),
    "a path": ("./mine.py:Stays", "package.module:Class"),
    "arguments": ("mine:Sized", "made of nothing: .*'size'"),
    "an ID that is taken": ("mine:Taken", "Taken has the ID B3"),
}


@pytest.mark.parametrize(("place", "says"), BAD.values(), ids=BAD)
def test_what_is_no_claim_is_said_before_anything_is_trained(place, says):
    with pytest.raises(DataError, match=says) as caught:
        find_claims(place, [])
    assert place in str(caught.value) or "B3" in says
    error = CliRunner().invoke(cli.app, ["check", place]).exception
    assert str(error) == str(caught.value)
