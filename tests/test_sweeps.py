"""What a sweep runs, keeps and refuses."""

import itertools
import threading
from typing import Any

import numpy as np
import pytest

import tacit
from tacit import errors, losses, sweep
from tacit.flows import Descent, GradientFlow
from tacit.networks import Diagonal
from tacit.observables import Hoyer, TrainingRisk
from tacit.sweeps import Grid
from tests.sweeps import descent, regression, STEPS, unlucky, WATCH, written_out


GRID = {"depth": [2, 3], "seed": range(3)}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    place = tmp_path_factory.mktemp("done") / "runs"
    return sweep(descent, GRID, place, WATCH, workers=1, records=STEPS, batch=2)


def test_every_run_is_what_its_experiment_gives_alone(done):
    data = done.open()
    assert data.TrainingRisk.dims == ("depth", "seed", "time")
    for depth, seed in itertools.product(GRID["depth"], GRID["seed"]):
        row = data.sel(depth=depth, seed=seed)
        np.testing.assert_allclose(row.TrainingRisk, written_out(depth, seed), 1e-12)
        alone = tacit.train(descent(depth, seed), WATCH, records=STEPS)
        np.testing.assert_array_equal(
            row.LinearPredictor, alone.seen["LinearPredictor"]
        )
        assert row.steps == STEPS
    assert done.status().flawless


def test_the_same_call_runs_nothing_again(done, monkeypatch):
    place, said = done.store, []
    monkeypatch.setattr("tacit.sweeps.engine.inline.run_unit", None)
    path = str(place).split("'")[1]
    words: dict[str, Any] = {"workers": 1, "records": STEPS, "batch": 2}
    again = sweep(
        descent, GRID, path, WATCH, **words, progress=lambda *told: said.append(told)
    )
    assert again.open().identical(done.open())
    assert said[-1][:2] == (6, 6), "the last word is that all is done"


def test_a_grid_is_every_combination_that_is_wanted():
    grid = Grid(
        {
            ("width", "depth"): [(4, 1), (8, 2)],
            "loss": [losses.Squared, losses.Logistic],
        },
        where=lambda depth, loss: not (depth == 2 and loss is losses.Logistic),
    )
    points = [tuple(point.values.values()) for point in grid]
    assert points == [
        (4, 1, losses.Squared),
        (4, 1, losses.Logistic),
        (8, 2, losses.Squared),
    ]
    assert [point.index for point in grid] == [0, 1, 2]
    assert [point.labels["loss"] for point in grid] == [
        "Squared",
        "Logistic",
        "Squared",
    ]


@pytest.mark.parametrize(
    ("grid", "error", "says"),
    [
        ({}, errors.DataError, "at least one axis"),
        ({"depth": [], "seed": [0]}, errors.DataError, "depth is empty"),
        ({"depth": [1, 2, 1.0], "seed": [0]}, errors.DataError, "twice, at 0 and 2"),
        ({"depht": [1], "seed": [0]}, errors.DataError, "needs 'depth'"),
        ({"depth": [1], "seed": [0], "wdith": [3]}, errors.NotFoundError, "wdith"),
        ({"depth": [1]}, errors.DataError, "'seed'"),
        ({"depth": 3, "seed": [0]}, errors.KindError, "depth"),
        ({("depth", "seed"): [(1, 2), 3]}, errors.DataError, "tuple of 2"),
        ({"depth": [1], ("depth", "seed"): [(1, 2)]}, errors.DataError, "two axes"),
        ({"depth": [object()], "seed": [0]}, errors.DataError, "no identity"),
        ({"depth": [1], "seed": [threading.Lock()]}, errors.DataError, "no identity"),
    ],
)
def test_a_grid_that_will_not_do_is_refused(grid, error, says, tmp_path):
    with pytest.raises(error, match=says):
        sweep(descent, grid, tmp_path / "runs", workers=1)
    assert not (tmp_path / "runs").exists()


def test_an_experiment_that_is_another_each_time_is_refused(tmp_path):
    luck = np.random.default_rng(0)

    def drawn(depth, seed):
        start = Diagonal.balanced(luck.uniform(0.1, 1, 3), depth=depth)
        return tacit.Experiment(start, regression(seed), Descent(step=0.1), until=1)

    with pytest.raises(
        errors.DataError, match="two different experiments of one point"
    ):
        sweep(drawn, GRID, tmp_path / "runs", workers=1)


def test_an_experiment_that_changes_later_is_told(tmp_path):
    made = []

    def counted(depth, seed):
        made.append(seed)
        return descent(depth, 0 if len(made) < 9 else 7)

    with pytest.raises(errors.DataError, match="not the one that was planned"):
        sweep(counted, GRID, tmp_path / "runs", workers=1)


def test_one_bad_run_harms_no_other(tmp_path):
    done = sweep(
        unlucky, {"depth": [2], "seed": range(4)}, tmp_path / "r", WATCH, workers=1
    )
    data = done.open(pad=True)
    assert data.status.values.tolist() == [[0, 2, 1, 0]]
    failed, diverged = done.failures()
    assert failed.reason.startswith("ZeroDivisionError: seed 1 has no luck (line ")
    assert "no longer finite" in diverged.reason
    assert np.isfinite(data.TrainingRisk.isel(time=-1, seed=[0, 3])).all()
    assert str(done) == "4 of 4 runs: 2 ok, 1 diverged, 1 failed"
    assert "ZeroDivisionError" in done._repr_html_()


def test_a_run_that_cannot_be_judged_harms_no_other_of_its_batch(tmp_path, monkeypatch):
    from tacit.sweeps import units

    row_of = units.row_of

    def strict(work, point, *rest):
        if point.labels["seed"] == 1:
            raise ArithmeticError("no judgement")
        return row_of(work, point, *rest)

    monkeypatch.setattr(units, "row_of", strict)
    grid = {"depth": [2], "seed": range(3)}
    done = sweep(descent, grid, tmp_path / "r", WATCH, workers=1, batch=3)
    assert done.open(pad=True).status.values.tolist() == [[0, 2, 0]]
    (failure,) = done.failures()
    assert failure.reason.startswith("ArithmeticError: no judgement")


def test_two_sweeps_do_not_share_a_store(tmp_path):
    sweep(descent, {"depth": [2], "seed": [0]}, tmp_path / "r", workers=1)
    with pytest.raises(errors.OutputError, match="unlucky"):
        sweep(unlucky, {"depth": [2], "seed": [0]}, tmp_path / "r", workers=1)


def flow_at(alpha, seed):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((3, 3))
    problem = tacit.Problem.from_scatter(
        within=A @ A.T + np.eye(3), delta=rng.standard_normal(3)
    )
    start = Diagonal.balanced(alpha * np.sign(problem.delta) / 3, depth=2)
    risk = tacit.Risk(problem, losses.Fisher())
    return tacit.Experiment(start, risk, GradientFlow(), until=4.0)


def test_scales_are_one_solve_and_what_each_gives_alone(monkeypatch):
    from tacit.sweeps import scales

    monkeypatch.setattr(scales, "train_ensemble", None)  # all three are one walk
    watch, sizes = (TrainingRisk(), Hoyer()), [0.3, 1.0, 2.5]
    runs = scales.train_together([flow_at(a, 0) for a in sizes], watch, 4)
    assert not any(each.alone for each in runs)
    for alpha, (run, *_) in zip(sizes, runs, strict=True):
        alone = tacit.train(flow_at(alpha, 0), watch, records=4)
        np.testing.assert_allclose(run.times, alone.times)
        np.testing.assert_allclose(run.network.layers, alone.network.layers, 1e-7)
        for name in ("TrainingRisk", "Hoyer"):
            np.testing.assert_allclose(run.seen[name], alone.seen[name], rtol=1e-7)


@pytest.mark.parametrize("other", ["data", "loss", "flow", "direction"])
def test_what_differs_in_more_than_scale_is_no_one_walk(other):
    from tacit.sweeps.scales import _families

    one, two = flow_at(1.0, 0), flow_at(2.0, int(other == "data"))
    if other == "loss":
        one, two = (
            tacit.Experiment(e.network, regression(), e.flow, until=e.until)
            for e in (one, two)
        )
    if other == "flow":
        decayed = GradientFlow(weight_decay=0.1)
        one, two = (
            tacit.Experiment(e.network, e.risk, decayed, until=4.0) for e in (one, two)
        )
    if other == "direction":
        layers = np.asarray(two.network.layers) * [1.0, 1.0, 1.1]
        two = tacit.Experiment(Diagonal(layers), two.risk, two.flow, until=4.0)
    assert len(_families([one, two])) == 2


def test_claims_are_judged_and_forecasts_kept_beside_what_was_measured(tmp_path):
    grid = {"alpha": [1.0], "seed": [0, 1]}
    words = {"claims": ["B3", "I1"], "predict": True, "workers": 1}
    data = sweep(flow_at, grid, tmp_path / "r", **words).open()
    assert data.B3_outcome.values.tolist() == [["holds", "holds"]]
    assert set(data.I1_outcome.values.ravel().tolist()) == {"does not apply"}
    assert set(data.B3_why.values.ravel().tolist()) == {""}
    assert all("DeepLinear" in why for why in data.I1_why.values.ravel().tolist())
    np.testing.assert_allclose(
        data.B3_predicted.values.ravel(),
        data.B3_measured.isel({data.B3_measured.dims[-1]: -1}).values.ravel(),
        1e-9,
    )
    assert float(data.B3_distance.max()) < 1e-9
