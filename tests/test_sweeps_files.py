"""Sweeps as files, and the command that runs them."""

import json
import sys
from typing import ClassVar
from unittest import mock

import numpy as np
import pytest

import tacit
from tacit import cli
from tacit.claims import AbstractClaim, Hypothesis, Rival, Source, Term
from tacit.claims.papers import TACIT
from tacit.errors import SpecError
from tacit.specs import SweepSpec


BASE = """
until = 6
records = 3
[problem]
within = [[2.0, 0.5], [0.5, 1.0]]
delta = [1.0, -0.5]
[network]
kind = "Diagonal"
depth = 2
start = [0.4, 0.3]
[loss]
kind = "Fisher"
[flow]
kind = "Descent"
step = 0.05
"""
GRID = """
[grid]
network.depth = [2, 3]
[[grid.zip]]
flow.step = [0.05, 0.1]
until = [6, 3]
[[grid.skip]]
network.depth = 3
until = 3
[sweep]
observe = ["Hoyer", {kind = "TrainingRisk"}]
"""


@pytest.fixture
def run(monkeypatch, capsys):
    """`tacit run` as a shell would run it: its exit code and stdout."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["tacit", "run", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, capsys.readouterr().out

    return call


def written(tmp_path, grid=GRID):
    place = tmp_path / "own.toml"
    place.write_text(BASE + grid)
    return place


def test_a_point_is_the_spec_with_its_fields_replaced(tmp_path):
    spec = SweepSpec.read(written(tmp_path))
    assert spec.axes == {
        "network.depth": [2, 3],
        ("flow.step", "until"): [(0.05, 6), (0.1, 3)],
    }
    here = spec.base(**{"network.depth": 3, "flow.step": 0.1, "until": 3})
    plain = BASE.replace("depth = 2", "depth = 3").replace("0.05", "0.1")
    (tmp_path / "plain.toml").write_text(plain.replace("until = 6", "until = 3"))
    assert here == tacit.specs.Spec.read(tmp_path / "plain.toml").experiment()


@pytest.mark.parametrize(
    ("grid", "place", "says"),
    [
        ("", "grid", "a sweep has axes"),
        ("[grid]\nnetwork.depht = [1]", "network.depht", "Did you mean 'depth'"),
        ("[grid]\nnetwork.depth = [1, -2]", "network.depth", "at least 1; got -2"),
        ("[grid]\nnetwork.depth = 3", "grid.network.depth", "a list of values; got 3"),
        ("[grid]\nuntil.x = [3]", "grid.until.x", "until is no table"),
        ("[grid]\nseed = [1]\n[[grid.skip]]\nsed = 1", "grid.skip.sed", "is no axis"),
        ("[grid]\nseed = [1]\n[grid.zip]\nuntil = [1]", "grid.zip", "[[grid.zip]]"),
        (
            "[[grid.zip]]\nseed = [1, 2]\nuntil = [1]",
            "grid.zip[0]",
            "lists of one length",
        ),
        ("[grid]\nseed = [1]\n[sweep]\nobserv = []", "sweep.observ", "observe"),
        (
            '[grid]\nseed = [1]\n[sweep]\nclaims = ["Z9"]',
            "sweep.claims[0]",
            "no claim",
        ),
    ],
)
def test_a_mistake_is_told_by_its_place(grid, place, says, tmp_path):
    with pytest.raises(SpecError) as found:
        SweepSpec.read(written(tmp_path, grid))
    ((where, what),) = found.value.mistakes
    assert where == place
    assert says in what


def test_run_keeps_every_run_and_goes_on(run, tmp_path):
    place, store = written(tmp_path), tmp_path / "store"
    for _ in range(2):
        code, out = run(place, "--store", store, "--workers", 1, "--json")
        assert code == 0
        told = json.loads(out)
        assert told["schema"] == "tacit.run/1"
        assert told["runs"]["ok"] == 3
    data = tacit.Store(store).open(pad=True)
    assert data.Hoyer.dims[0] == "network.depth"
    assert (np.asarray(data.status) == 5).sum() == 1, "one point was left out"
    alone = tacit.train(
        SweepSpec.read(place).base(**{"flow.step": 0.1, "until": 3}),
        [tacit.observables.Hoyer()], records=3,
    )  # fmt: skip
    seen = np.asarray(data.Hoyer)[0, 1]
    np.testing.assert_allclose(seen[np.isfinite(seen)], alone.seen["Hoyer"])


def test_a_dry_run_says_what_it_comes_to_and_keeps_nothing(run, tmp_path):
    place, store = written(tmp_path), tmp_path / "store"
    _, out = run(place, "--store", store, "--dry-run", "--json")
    told = json.loads(out)
    assert (told["runs"], told["units"]) == (3, 2)
    assert sum(told["shapes"].values()) == 3
    assert told["bytes"] > 3 * 2 * 3 * 8
    assert not store.exists()
    assert all("run by run" in why for why in told["alone"].values())
    assert told["alone"].keys() == told["shapes"].keys()
    _, out = run(place, "--dry-run")
    assert out.count("one by one (Descent: moves are made run by run") == 2
    flows = BASE.replace('"Descent"\nstep = 0.05', '"GradientFlow"')
    place.write_text(flows + "[grid]\nproblem.delta = [[1.0, -0.5], [0.5, -1.0]]")
    _, out = run(place, "--dry-run")
    assert "in batches" in out
    assert "one by one" not in out


def test_exit_codes_tell_what_went_wrong(run, tmp_path):
    diverging = GRID.replace("[0.05, 0.1]", "[0.05, 1e200]")
    store = ("--store", tmp_path / "store", "--workers", 1)
    code, out = run(written(tmp_path, diverging), *store)
    assert code == 3
    assert "diverged" in out
    assert run(written(tmp_path, "[grid]\nsed = [1]"), *store)[0] == 2
    both = ("--workers", 2, "--cluster", "tcp://nowhere:1")
    assert run(written(tmp_path), *both)[0] == 2


class Unmoved(AbstractClaim):
    """False on purpose: the predictor stays where it was."""

    id: ClassVar[str] = "Z1"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = tacit.networks.Diagonal
    sees: ClassVar[float] = 1e-3

    def hypotheses(self, experiment):
        yield Hypothesis("it has two layers", experiment.network.depth == 2)

    def predicted(self, run):
        return np.asarray(run.experiment.network.predictor())

    def measured(self, run):
        return np.asarray(run.network.predictor())

    def budget(self, run):
        del run
        yield Term("tolerance", 1e-6, "chosen", "nothing")

    def rivals(self, run):
        yield Rival("it is none", np.zeros_like(self.predicted(run)))

    def witness(self, seed=None):
        raise NotImplementedError

    foil = witness


def test_a_claim_that_fails_on_a_run_ends_with_1(run, tmp_path, monkeypatch):
    monkeypatch.setattr("tacit.specs.grids.every_claim", lambda: [Unmoved])
    claimed = GRID + 'claims = ["Z1"]\n'
    store = ("--store", tmp_path / "store", "--workers", 1)
    code, out = run(written(tmp_path, claimed), *store, "--json")
    assert code == 1
    assert json.loads(out)["outcomes"] == {"Z1": {"does not apply": 1, "fails": 2}}
    diverging = claimed.replace("0.1]", "1e200]")  # which comes second
    assert run(written(tmp_path, diverging), *store)[0] == 1


def test_an_interrupted_run_can_go_on(run, tmp_path, monkeypatch):
    from tacit.sweeps import files
    from tacit.sweeps.engine import Drained

    monkeypatch.setattr(files, "run_spec", mock.Mock(side_effect=Drained))
    assert run(written(tmp_path), "--store", tmp_path / "store")[0] == 4
