"""Specs: a file says what Python says, the same thing in one way, and nothing else."""

import dataclasses
import itertools
import pathlib
import re
import subprocess
import sys
import tomllib

import equinox as eqx
import numpy as np
import pytest

import tacit
from tacit import flows
from tacit.events import AbstractEvent
from tacit.integration import clocks
from tacit.specs import Spec
from tacit.specs.toml import as_toml
from tests.cases import each, FLOWS, LOSSES
from tests.specs import DEEP, table, TWO


ROW = [0.5] * 13
SPECS = {
    "base": {},
    "drawn": {"problem": {"synthetic": "strong_weak_noise", "seed": 1, "n": 60}},
    "drawn-array": {
        "problem": {
            "synthetic": "two_gaussians", "seed": 1, "n": 60, "d": 2, "delta": [1, 2]
        }
    },
    "matrices": {"problem": TWO},
    "between": {
        "problem": {"within": [[2, 1], [1, 2]], "between": [[2, 0], [0, 1]]},
        "network": {"kind": "Diagonal", "depth": 2, "start": [0.5, 0.2]},
    },
    "integer-classes": {
        "problem": {
            "name": "digits", "classes": [3, 8], "varying": True, "singular": True,
            "standardised": True,
        },
    },
    "layers": {"network": {"kind": "Diagonal", "layers": [ROW, ROW]}},
    "uniform": {"network": DEEP | {"start": "uniform", "alpha": 0.1}},
    "sides": {
        "network": {"kind": "TwoSided", "alpha": 0.1}, "loss": {"kind": "Squared"}
    },
    "sides-at": {"network": {"kind": "TwoSided", "kappa": 0.1, "start": "signs"}},
    "sides-given": {"network": {"kind": "TwoSided", "u": ROW, "v": [0.1] * 13}},
    "random": {"network": {"kind": "DeepLinear", "widths": [4, 1], "seed": 3}},
    "matched": {"network": {"kind": "DeepLinear", "depth": 2, "start": "signs"}},
    "perceptron": {
        "network": {
            "kind": "MLP", "weights": [[ROW, ROW], [[1, 2]]], "biases": [[1, 2], [0]]
        },
        "loss": {"kind": "Logistic"},
    },
    "below": {"until": {"risk_below": 0.5, "relative": True}},
    "reached": {"until": {"reaches": "Hoyer", "level": 0.5, "within": 100}},
    "reached-options": {
        "until": {"reaches": {"kind": "SupportSize", "threshold": 0.1}, "level": 5}
    },
    "schedule": {
        "flow": {
            "kind": "Descent", "step": 0.1, "nesterov": True, "momentum": 0.5,
            "schedule": {"kind": "PowerDecay", "power": 0.5},
        },
    },
    "seed": {"seed": 7},
    "times": {"records": [0, 1, 2.5]},
}  # fmt: skip


@pytest.mark.parametrize("changes", **each(SPECS))
def test_a_spec_written_and_read_is_the_same_experiment(changes, tmp_path):
    spec = Spec.of(table(**changes))
    file = tmp_path / "own.toml"
    file.write_text(spec.to_toml())
    again = Spec.read(file)
    assert (again, hash(again)) == (spec, hash(spec))
    assert again.to_toml() == spec.to_toml()
    assert again.experiment() == spec.experiment()


def test_no_two_specs_share_a_digest():
    digests = [Spec.of(table(**changes)).digest for changes in SPECS.values()]
    assert len(set(digests)) == len(SPECS)


def test_a_spec_says_what_python_says():
    problem = tacit.load("wine", classes=("class_0", "class_1")).standardised()
    w0 = np.sign(problem.delta) / problem.d
    python = tacit.Experiment(
        tacit.networks.Diagonal.balanced(w0, depth=3),
        tacit.Risk(problem, tacit.losses.Fisher()),
        tacit.flows.GradientFlow(),
        until=5.0,
    )
    assert Spec.of(table()).experiment() == python


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"until": 5.0}),
        ({}, {"network__alpha": 1, "loss__ridge": 0, "seed": 0}),
        ({}, {"network__depth": 3.0}),
        ({"problem": TWO}, {"problem": TWO | {"within": [[2.0, 1], [1.0, 2]]}}),
        ({"records": [1, 2]}, {"records": [1.0, 2.0]}),
        (
            {"until": {"reaches": "Hoyer", "level": 1}},
            {"until": {"reaches": {"kind": "Hoyer"}, "level": 1.0}},
        ),
    ],
)
def test_the_same_said_otherwise_has_the_same_digest(one, other):
    assert Spec.of(table(**one)).digest == Spec.of(table(**other)).digest


def test_the_digest_does_not_change_from_run_to_run():
    code = f"from tacit.specs import Spec; print(Spec.of({table()!r}).digest)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == Spec.of(table()).digest


@pytest.mark.parametrize("section", ["loss", "flow"])
def test_every_member_of_a_family_can_be_written(section):
    for case in {"loss": LOSSES, "flow": FLOWS}[section].values():
        if isinstance(case, flows.Memoryless):  # made of a flow: not for a file
            continue
        names = [field.name for field in dataclasses.fields(case)]
        keys = {name: getattr(case, name) for name in names}
        if "clock" in keys:
            kinds = {kind: name for name, kind in clocks.CLOCKS.items()}
            keys["clock"] = kinds[type(case.clock)]
        given = {name: x for name, x in keys.items() if x is not None}
        spec = Spec.of(table(**{section: {"kind": type(case).__name__, **given}}))
        assert eqx.tree_equal(getattr(spec, section).build(), case)


RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(30, 3)), np.arange(30) % 2
FILED = {"label": "y", "features": ["a", "b", "c"], "weights": "w"}


def save(folder, kind, labels=Y):
    columns = dict(zip("abc", X.T, strict=True)) | {"y": labels, "w": Y + 1.0}
    file = folder / f"own.{kind}"
    if kind == "npz":
        np.savez(file, **columns)
    else:
        rows = itertools.chain([columns], zip(*columns.values(), strict=True))
        file.write_text("\n".join(",".join(map(str, row)) for row in rows))
    return file


@pytest.mark.parametrize("labels", [Y, 2.0 * Y - 1, np.array(["no", "yes"])[Y]])
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_columns_of_a_file_are_a_problem(tmp_path, kind, labels):
    save(tmp_path, kind, labels)
    given = table(problem={"file": f"own.{kind}", **FILED})
    mine = Spec.of(given, folder=tmp_path).problem.build()
    assert eqx.tree_equal(
        mine, tacit.Problem(X, labels, Y + 1.0, features=tuple("abc"))
    )
    del given["problem"]["features"], given["problem"]["weights"]
    assert Spec.of(given, folder=tmp_path).problem.build().features == tuple("abcw")


def test_a_file_counts_by_what_is_in_it(tmp_path):
    (tmp_path / "there").mkdir()
    problem = {"file": save(tmp_path, "csv").name, **FILED}
    save(tmp_path / "there", "csv")
    first = Spec.of(table(problem=problem), folder=tmp_path)
    second = Spec.of(table(problem=problem), folder=tmp_path / "there")
    assert first == second
    save(tmp_path, "csv", 1 - Y)
    assert Spec.of(table(problem=problem), folder=tmp_path) != second


def test_a_random_network_is_that_of_its_seed():
    def layers(**more):
        network = {"kind": "DeepLinear", "widths": [4, 1], **more}
        return Spec.of(table(network=network)).experiment().network.layers

    assert [W.shape for W in layers()] == [(4, 13), (1, 4)]
    assert eqx.tree_equal(layers(seed=1), layers(seed=1))
    assert not np.any(layers(seed=1)[0] == layers(seed=2)[0])
    np.testing.assert_allclose(layers(alpha=0.5)[1], layers()[1] / 2, rtol=1e-15)


@pytest.mark.parametrize(
    "text", ['quote " and \\ back', "line\nbreak\t\x7f\x01", "π 𝛑"]
)
def test_any_text_survives_being_written(text):
    assert tomllib.loads(as_toml({"a": {"b": {"c": [text]}}})) == {
        "a": {"b": {"c": [text]}}
    }


GUIDE = (pathlib.Path(__file__).parent.parent / "docs" / "specs.md").read_text()


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
def test_the_guide_shows_what_can_be_run(tmp_path, monkeypatch, text):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "mine.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    rows = zip(RNG.normal(size=40), RNG.normal(size=40), "ab" * 20, strict=True)
    lines = [f"{x},{y},{label}" for x, y, label in rows]
    (tmp_path / "samples.csv").write_text("\n".join(["gene_1,gene_7,group", *lines]))
    assert Spec.of(table(**tomllib.loads(text)), folder=tmp_path).experiment()


def test_every_is_the_longest_time_between_two_looks():
    for event in ({"risk_below": 1}, {"reaches": "Hoyer", "level": 0.5}):
        for asked in ({"every": 2}, {}):
            until = Spec.of(table(until=event | asked)).experiment().until
            assert isinstance(until, AbstractEvent)
            assert until.every == asked.get("every")
