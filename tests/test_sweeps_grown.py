"""A grid may grow: what was computed stays, and only what is new is run."""

from typing import Any

import numpy as np
import pytest

from tacit import sweep
from tests.sweeps import descent, STEPS, WATCH, written_out


FIRST = {"depth": [2, 3], "seed": [0, 1, 2]}
WORDS: dict[str, Any] = {"observe": WATCH, "records": STEPS, "workers": 1}


@pytest.fixture
def ran(monkeypatch):
    """The points that were run, since it was last emptied."""
    from tacit.sweeps.engine import inline

    points, run = [], inline.run_unit

    def watched(work, unit):
        points.extend(tuple(each.point.labels.values()) for each in unit.members)
        return run(work, unit)

    monkeypatch.setattr(inline, "run_unit", watched)
    return points


GROWN = {
    "behind": {"depth": [2, 3], "seed": [0, 1, 2, 3]},
    "before": {"depth": [1, 2, 3], "seed": [0, 1, 2]},
    "between, on both axes": {"depth": [2, 4, 3], "seed": [0, 5, 1, 2]},
    "in another order": {"depth": [3, 2], "seed": [2, 0, 1]},
}


@pytest.mark.parametrize("batch", [None, 2])
@pytest.mark.parametrize("grid", GROWN.values(), ids=GROWN)
def test_only_what_is_new_is_run(grid, batch, ran, tmp_path):
    words = WORDS | {"batch": batch}
    before = sweep(descent, FIRST, tmp_path / "r", **words).open()
    old = set(ran)
    ran.clear()
    done = sweep(descent, grid, tmp_path / "r", **words)
    everything = {(depth, seed) for depth in grid["depth"] for seed in grid["seed"]}
    assert sorted(ran) == sorted(everything - old)
    after = done.open(pad=True)
    for depth, seed in everything:
        here = after.TrainingRisk.sel(depth=depth, seed=seed)
        np.testing.assert_allclose(here, written_out(depth, seed), 1e-12)
    same = after.TrainingRisk.sel(depth=before.depth, seed=before.seed)
    np.testing.assert_array_equal(same, before.TrainingRisk)  # to the last bit
    assert done.status().flawless
    assert done.store.verify().clean


def test_a_grid_grows_step_by_step_and_the_last_call_runs_nothing(ran, tmp_path):
    for most in (1, 4, 9, 9):
        ran.clear()
        done = sweep(
            descent, {"depth": [2], "seed": range(most)}, tmp_path / "r", **WORDS
        )
    assert not ran
    assert done.status().runs["ok"] == 9


def test_what_goes_together_may_grow_too(ran, tmp_path):
    names, rows = ("depth", "alpha"), [(2, 1.0), (3, 0.5)]
    sweep(descent, {names: rows, "seed": [0]}, tmp_path / "r", **WORDS)
    ran.clear()
    rows = [(2, 0.5), *rows]
    done = sweep(descent, {names: rows, "seed": [0]}, tmp_path / "r", **WORDS)
    assert ran == [(2, 0.5, 0)]
    assert done.open(pad=True).alpha.values.tolist() == [0.5, 1.0, 0.5]


def test_a_condition_that_is_lifted_adds_what_it_left_out(ran, tmp_path):
    few = WORDS | {"where": lambda depth, seed: depth + seed < 4, "batch": 1}
    sweep(descent, FIRST, tmp_path / "r", **few)
    ran.clear()
    sweep(descent, FIRST, tmp_path / "r", **WORDS)
    assert sorted(ran) == [(2, 2), (3, 1), (3, 2)]


def test_a_unit_that_lost_a_run_is_run_anew_and_no_other(ran, tmp_path):
    words: dict[str, Any] = {**WORDS, "batch": 2}
    sweep(descent, {"depth": [2], "seed": range(6)}, tmp_path / "r", **words)
    ran.clear()
    done = sweep(descent, {"depth": [2], "seed": range(5)}, tmp_path / "r", **words)
    assert ran == [(2, 4)]
    assert done.open().sizes["seed"] == 5


def test_units_that_are_done_stay_when_others_are_to_be_smaller(
    ran, tmp_path, monkeypatch
):
    from tacit.sweeps.store import Store

    grid = {"depth": [2], "seed": range(12)}
    commit, kept = Store.commit, []

    def once(store, key, rows, **words):
        if kept:
            raise KeyboardInterrupt
        kept.append(len(rows))
        return commit(store, key, rows, **words)

    monkeypatch.setattr(Store, "commit", once)
    with pytest.raises(KeyboardInterrupt):
        sweep(descent, grid, tmp_path / "r", batch=6, **WORDS)
    monkeypatch.setattr(Store, "commit", commit)
    ran.clear()
    done = sweep(descent, grid, tmp_path / "r", batch=4, **WORDS)
    assert [seed for _, seed in ran] == [6, 7, 8, 9, 10, 11]
    assert sorted(map(len, done.store.manifest.units.values())) == [2, 4, 6]


def test_an_axis_that_nothing_depends_on_is_no_confusion(tmp_path):
    """Two points of one experiment are two runs, of units of their own."""

    def the_same(depth, name):
        del name
        return descent(depth, 0)

    grid = {"depth": [2], "name": ["a", "b", "c"]}
    done = sweep(the_same, grid, tmp_path / "r", batch=1, **WORDS)
    assert done.status().units["committed"] == 3
    assert done.open().TrainingRisk.sizes["name"] == 3


def test_other_code_is_another_run_also_at_a_point_that_was_there(ran, tmp_path):
    def one(alpha):
        return descent(2, 0, alpha)

    def other(alpha):
        return descent(3, 0, alpha)

    other.__qualname__ = one.__qualname__
    sweep(one, {"alpha": [0.5]}, tmp_path / "r", **WORDS)
    ran.clear()
    sweep(other, {"alpha": [0.5, 1.0]}, tmp_path / "r", **WORDS)
    assert ran == [(0.5,), (1.0,)]
