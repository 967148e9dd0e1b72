"""What the verbs print under --json is as the published schemas say."""

import copy
import json
import pathlib
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tacit import cli
from tacit.errors import NotFoundError
from tacit.reporting import About, Finding, installation, schemas, Section
from tacit.studies import STUDIES
from tacit.studies.base import AbstractStudy, Answer, Question
from tacit.sweeps.store import Store
from tests.stores import fill, manifest


jsonschema = pytest.importorskip("jsonschema")
SPEC = """
until = 1e3
[problem]
name = "wine"
classes = ["class_0", "class_1"]
standardised = true
[network]
kind = "Diagonal"
depth = 2
start = "signs"
[loss]
kind = "Fisher"
[flow]
kind = "GradientFlow"
"""
SWEEP = (
    SPEC.replace('kind = "GradientFlow"', 'kind = "Descent"\nstep = 1e3').replace(
        "until = 1e3", "until = 2"
    )
    + """
[grid]
flow.step = [0.01, 1e200]
[sweep]
claims = ["B3"]
"""
)
TABLE = "length,width,kind\n" + "".join(
    f"{i * i % 7 + 3 * (i % 2)}.5,{i * 3 % 5}.25,{'ab'[i % 2]}\n" for i in range(30)
)
PROBE = [
    Finding("Z1", "Toy", "s", "Somebody", "holds", 0.0, 1e-9, role="witness"),
    Finding("Z1", "Toy", "s", "Somebody", "does not apply", 1.0, 1e-9, ("a",)),
]
LINEAR = ["--network", "deep-linear", "--widths", "2,2,2"]
ADVICE = ["--noise-scale", "228", "--beta1", "0.9", "--beta2", "0.95"]
PRINTED = {
    "check": ["check", "B1"],
    "check, a run": ["check", "B1", "I1c", "--spec", "own.toml"],
    "predict": ["predict", "--spec", "own.toml"],
    "claims": ["claims", "--paper", "1810.02032"],
    "laws": ["laws", *LINEAR],
    "laws, undetermined": ["laws", "--network", "mlp", "--widths", "1,2,1"],
    "laws, refuted": ["laws", *LINEAR, "--refute", "trace(W1)"],
    "laws, not refuted": ["laws", *LINEAR, "--refute", "norm2(W1) - norm2(W2)"],
    "select": ["select", "own.csv", "--label", "kind", "--out", "chosen"],
    "doctor": ["doctor"],
    "reproduce": ["reproduce", "short"],
    "data": ["data", "iris", "wine"],
    "advise-adam": ["advise-adam", "--batch", "32", *ADVICE],
    "advise-adam, stages": ["advise-adam", "--batch", "32x2000,64", *ADVICE],
    "run": ["run", "sweep.toml", "--workers", "1"],
    "run, dry": ["run", "sweep.toml", "--dry-run"],
    "store-status": ["store", "status", "filled"],
    "store-status, of a sweep": ["store", "status", "runs/sweep"],
    "store-audit": ["store", "verify", "harmed"],
    "store-audit, repair": ["store", "repair", "harmed"],
    "store-pack": ["store", "pack", "filled"],
    "store-export": ["store", "export", "filled", "all.csv"],
}
AUDITS = {"store verify", "store repair"}
"""Verbs that print one record."""


class Short(AbstractStudy):
    """A study of one question, answered at once."""

    name, title, lede, reference = "short", "Short", "Nothing is asked.", "nobody"
    about = About("nothing", "none", (("$x$", "nothing"),), "nobody")

    def questions(self):
        section = Section("Nothing", "Nothing was asked.")
        answer = Answer(section, tuple(PROBE))
        return (Question("one", "nothing", lambda _: answer, "Nothing."),)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """The record of every command of the table, printed for real."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("here"))
        patch.setattr(installation, "self_check", lambda _: PROBE)
        patch.setitem(STUDIES, "short", Short())
        pathlib.Path("own.toml").write_text(SPEC)
        pathlib.Path("own.csv").write_text(TABLE)
        pathlib.Path("sweep.toml").write_text(SWEEP)
        fill(Store.create("filled", manifest())).claim("somebody")
        first, *_ = fill(Store.create("harmed", manifest())).committed()
        next(pathlib.Path("harmed").rglob(f"{first}*")).write_bytes(b"")
        found = {}
        for name, words in PRINTED.items():
            more = ["--workers", "1"] if words[0] == "reproduce" else []
            done = CliRunner().invoke(cli.app, [*words, *more, "--json"])
            assert done.exit_code in (0, 1, 3, 4), done.output
            found[name] = json.loads(done.stdout)
        return found


def valid(name):
    return jsonschema.Draft202012Validator(schemas.schema(name.split(",")[0]))


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_one_and_goes_by_the_name_of_its_record(name):
    found = schemas.schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["$id"] == f"tacit.{name}/1"


def test_every_verb_that_prints_json_has_one():
    whole: Any = typer.main.get_command(cli.app)
    told = {*printing(whole.commands)}
    names = {"store-audit" if n in AUDITS else n.replace(" ", "-") for n in told}
    assert names == set(schemas.names()) - {"verdict"}
    shown = (" ".join(w[: 1 + (w[0] == "store")]) for w in PRINTED.values())
    assert told == {*shown}


def printing(verbs, under=""):
    """The verbs that print JSON, those of groups too."""
    for name, verb in verbs.items():
        if any(p.name == "as_json" for p in verb.params):
            yield under + name
        yield from printing(getattr(verb, "commands", {}), f"{name} ")


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_is_as_the_schema_says(printed, name):
    valid(name).validate(printed[name])


@pytest.mark.parametrize("name", PRINTED)
def test_what_lacks_a_field_or_has_another_is_told(printed, name):
    """In the record itself and in every record that a list of it holds."""
    check = valid(name)
    for place in objects(printed[name]):
        for spoil in (without_last, with_another):
            other = copy.deepcopy(printed[name])
            spoil(at(other, place))
            assert not check.is_valid(other), (place, spoil.__name__)


def objects(record, path=()):
    """The paths of the record and of the first record in each list inside it."""
    yield path
    for key, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from objects(value[0], (*path, key, 0))


def at(record, path):
    for step in path:
        record = record[step]
    return record


def without_last(record):
    record.popitem()


def with_another(record):
    record["another"] = 1


def test_another_name_is_refused():
    with pytest.raises(NotFoundError, match="Did you mean 'check'"):
        schemas.schema("chek")
