"""Verdicts as a ledger: every line is as the published schema says, and no other is."""

import dataclasses
import json
import math

import pytest
from typer.testing import CliRunner

from tacit import cli
from tacit.reporting import Finding, ledger, schemas


jsonschema = pytest.importorskip("jsonschema")
WORDS = ("Z1", "Toy", r"$\lVert w \rVert$ stays.", "Somebody (2020), Theorem 1")
FINDINGS = {
    "witness": Finding(*WORDS, "holds", 1e-15, 1e-9, role="witness", nearest=0.2),
    "rival": Finding(*WORDS, "fails", 0.2, 1e-9, role="rival", on="it falls"),
    "foil": Finding(*WORDS, "does not apply", math.nan, math.nan, ("a", "b")),
    "run": Finding(*WORDS, "undecided", 0.1, math.inf, why="a longer run"),
}
SCHEMA = schemas.schema("verdict")
VALID = jsonschema.Draft202012Validator(SCHEMA)


def read(findings, **more):
    return [json.loads(line) for line in ledger.lines(findings, **more).splitlines()]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_line_is_as_the_schema_says(name):
    (line,) = read([FINDINGS[name]], study="toys")
    VALID.validate(line)
    assert line["outcome"] == FINDINGS[name].outcome
    assert line["study"] == "toys"
    assert "$" not in line["statement"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("witness", {"outcome": "confirmed"}),
        ("witness", {"role": "hero"}),
        ("witness", {"distance": "small"}),
        ("witness", {"more": 1}),
        ("witness", {"schema": "tacit.verdict/2"}),
        ("foil", {"not_met": []}),
        ("run", {"why": None}),
    ],
)
def test_what_is_no_line_is_told(name, change):
    (line,) = read([FINDINGS[name]])
    assert not VALID.is_valid(line | change)


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Finding)])
def test_the_schema_knows_every_field_of_a_finding(field):
    names = {"name": "claim", "nearest": "nearest_rival"}
    assert names.get(field, field) in SCHEMA["properties"]


def test_the_command_writes_a_ledger(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "tacit.reporting.trials.trials", lambda *_: iter(FINDINGS.values())
    )
    file = tmp_path / "verdicts.jsonl"
    done = CliRunner().invoke(cli.app, ["check", "B3", "--ledger", str(file)])
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["outcome"] for line in found] == [
        each.outcome for each in FINDINGS.values()
    ]
    for line in found:
        VALID.validate(line)
