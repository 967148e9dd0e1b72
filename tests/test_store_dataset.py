"""One labelled dataset out of a store, packed or not, and in other formats."""

import csv
import dataclasses
import sys

import numpy as np
import pytest
import xarray

from tacit.errors import DataError, MissingExtraError, OptionError, OutputError
from tacit.sweeps.store import Axis, Manifest, Row, Store
from tacit.sweeps.store.library import Library
from tests.stores import (
    ALPHAS,
    AXES,
    cosine,
    dataset,
    DEPTHS,
    ending,
    fill,
    key,
    manifest,
    row,
    rows,
    same,
    SEEDS,
    TIMES,
)  # fmt: skip


OK, DIVERGED, FAILED, PENDING, EXCLUDED = 0, 1, 2, 4, 5
POINTS = [
    (i, {"depth": d, "alpha": a, "seed": s})
    for i, (d, a, s) in enumerate(
        (d, a, s) for d in DEPTHS for a in ALPHAS for s in SEEDS
    )
]


def made(tmp_path, about=None, **how):
    return fill(Store.create(tmp_path / "runs", about or manifest()), **how)


@pytest.fixture(params=[False, True], ids=["loose", "packed"])
def packed(request):
    """A store's second way to hold the same."""
    return lambda store: (request.param and store.pack(), store)[1]


def test_every_run_is_at_its_labels(tmp_path, packed):
    found = packed(made(tmp_path)).open()
    for index, point in POINTS:
        at, told = found.sel(point), ending(index).get("status")
        assert at["status"] == {None: OK, "diverged": DIVERGED, "failed": FAILED}[told]
        assert str(at["reason"].values) == ending(index).get("reason", "")
        until = {None: 4, "diverged": 2, "failed": 0}[told]
        np.testing.assert_array_equal(at["cosine"][:until], cosine(point)[:until])
        assert np.isnan(at["cosine"][until:]).all()
        np.testing.assert_array_equal(
            at["steps"], np.nan if told == "failed" else 10 + index
        )
    np.testing.assert_array_equal(found["time"], TIMES)
    assert found["cosine"].dims == ("depth", "alpha", "seed", "time")
    assert found["cosine"].attrs == {"units": "1"}
    assert found["status"].attrs["flag_meanings"].split()[DIVERGED] == "diverged"


def test_a_whole_grid_keeps_its_types(tmp_path, packed):
    found = packed(made(tmp_path, wrong=False)).open()
    assert found["steps"].dtype == np.int64
    assert "reason" not in found
    assert {*np.unique(found["verdict"].values.astype(str))} == {"holds", "fails"}


def test_runs_of_other_shapes_are_nodes_of_a_tree(tmp_path, packed):
    """Depth splits the grid and nothing else: a run that failed is no shape."""
    found = packed(made(tmp_path, layers=True)).open()
    assert [*found.children] == ["runs", "depth=2", "depth=3"]
    for index, point in POINTS:
        node = found[f"depth={point['depth']}"]
        assert node.sizes["layer"] == point["depth"]
        if not ending(index):
            norms = node["norms"].sel(point)
            expected = np.outer(TIMES, np.arange(1.0, point["depth"] + 1))
            np.testing.assert_array_equal(norms, expected)
    runs = found["runs"].to_dataset()
    assert runs["status"].shape == (2, 3, 5)
    assert "norms" not in runs
    for index, point in POINTS:
        if not ending(index):  # what has one shape in all runs is there for all
            np.testing.assert_array_equal(runs["cosine"].sel(point), cosine(point))
            assert runs["steps"].sel(point) == 10 + index
    assert {c["status"].shape for c in list(found.children.values())[1:]} == {(1, 3, 5)}


def test_padded_there_is_one_dataset(tmp_path, packed):
    found = packed(made(tmp_path, layers=True)).open(pad=True)
    assert found["norms"].sizes["layer"] == 3
    assert np.isnan(found["norms"].sel(depth=2, layer=2)).all()
    tree = Store(tmp_path / "runs").open()
    for depth in DEPTHS:
        np.testing.assert_array_equal(
            found["norms"].sel(depth=[depth]).isel(layer=slice(depth)),
            tree[f"depth={depth}"]["norms"],
        )


def test_what_is_not_run_yet_and_what_never_will_be_are_told_apart(tmp_path):
    about = manifest(left_out=range(15, 20))
    store = Store.create(tmp_path / "runs", about)
    assert (store.open()["status"].sel(depth=3, alpha=0.1) == EXCLUDED).all()
    fill(store, [next(iter(about.units))], wrong=False)
    found = store.open()
    assert (found["status"].sel(depth=2, alpha=0.1) == OK).all()
    assert (found["status"] == PENDING).sum() == 20
    assert np.isnan(found["steps"].where(found["status"] == PENDING)).all()


def test_times_of_their_own_become_a_coordinate_of_every_run(tmp_path, packed):
    """As of runs that end with an event: one axis, and times over the grid."""
    about = manifest()
    store = Store.create(tmp_path / "runs", about)
    for unit in about.units:
        given = [
            dataclasses.replace(each, coords={"time": TIMES * (1 + each.index)})
            for each in rows(about, unit, wrong=False)
        ]
        store.commit(unit, given)
    found = packed(store).open()
    assert found["cosine"].dims == ("depth", "alpha", "seed", "time_index")
    for index, point in POINTS:
        np.testing.assert_array_equal(found["time"].sel(point), TIMES * (1 + index))


def test_axes_that_go_together_are_one_dimension(tmp_path):
    zipped = Axis("shape", {"width": [8, 16], "kind": ["tanh", "relu"]})
    about = Manifest("zip", (zipped, AXES[2]), {key(0): range(10)})
    given = [
        Row(i, about.point(i), "", values={"x": float(i)}) for i in range(about.size)
    ]
    found = dataset(fill_with(tmp_path, about, given))
    assert found["x"].dims == ("shape", "seed")
    assert found["kind"].values.tolist() == ["tanh", "relu"]
    np.testing.assert_array_equal(found["x"].where(found["width"] == 16, drop=True)[0],
                                  np.arange(5.0, 10))  # fmt: skip


def fill_with(tmp_path, about, given):
    store = Store.create(tmp_path / "zip", about)
    (unit,) = about.units
    store.commit(unit, given)
    return store


def test_a_name_with_other_axes_elsewhere_splits_and_cannot_be_padded(tmp_path):
    about = Manifest("split", (Axis.of("a", [0, 1]),), {key(0): [0, 1]})
    given = [
        Row(0, {"a": 0}, "", values={"x": 1.0}),
        Row(1, {"a": 1}, "", values={"x": np.ones(3)}, dims={"x": ("time",)}),
    ]
    store = fill_with(tmp_path, about, given)
    assert [*store.open().children] == ["runs", "a=0", "a=1"]
    assert [*store.open()["runs"].data_vars] == ["status"]
    with pytest.raises(DataError, match="x has the axes"):
        store.open(pad=True)


def test_packing_changes_nothing_but_the_number_of_files(tmp_path):
    store = made(tmp_path, layers=True)
    before = store.open()
    assert store.pack() == 6
    assert store.verify().files == 1
    assert same(store.open(), before)
    assert store.pack() == 0
    (tmp_path / "runs" / "ledger.sqlite").unlink()
    again = Store(tmp_path / "runs")
    assert len(again.failures()) == 6
    assert again.committed() == set(store.manifest.units)


def test_packing_goes_on_with_what_came_since(tmp_path):
    units = [*manifest().units]
    store = made(tmp_path, units=units[:3])
    assert store.pack() == 3
    fill(store)
    assert store.pack() == 3
    assert store.verify().units == 6
    assert store.verify().clean


def test_what_is_packed_while_it_is_read_is_read_where_it_went(tmp_path, monkeypatch):
    store = made(tmp_path)
    expected, find, seen = dataset(store), Library.find, []

    def late(library):
        found = find(library)
        if not seen:
            seen.append(store.pack())
        return found

    reader = Store(tmp_path / "runs")
    monkeypatch.setattr(reader._library, "find", lambda: late(reader._library))
    assert dataset(reader).identical(expected)
    assert seen == [6]


def test_zarr_reads_back(tmp_path):
    pytest.importorskip("zarr")
    store = made(tmp_path)
    (file,) = store.export(tmp_path / "runs.zarr")
    found, opened = xarray.open_zarr(file, consolidated=False), dataset(store)
    np.testing.assert_array_equal(found["cosine"], opened["cosine"])
    np.testing.assert_array_equal(found["status"], opened["status"])
    assert found["reason"].values.tolist() == opened["reason"].values.tolist()


def test_a_tree_is_a_zarr_group_with_groups(tmp_path):
    zarr = pytest.importorskip("zarr")
    (file,) = made(tmp_path, layers=True).export(tmp_path / "runs.zarr")
    assert {*zarr.open_group(file, mode="r").group_keys()} == {
        "runs",
        "depth=2",
        "depth=3",
    }


def test_netcdf_reads_back(tmp_path):
    store = made(tmp_path)
    (file,) = store.export(tmp_path / "runs.nc")
    with xarray.open_dataset(file) as found:
        np.testing.assert_array_equal(found["cosine"], store.open()["cosine"])


@pytest.mark.parametrize("ending_", ["csv", "parquet"])
def test_a_table_has_a_row_for_every_run(tmp_path, ending_):
    about = manifest(left_out=range(15, 20))
    store = made(tmp_path, about)
    single, arrays = store.export(tmp_path / f"runs.{ending_}")
    table = read(single)
    assert len(table) == 25
    ran = [each for each in POINTS if each[0] not in range(15, 20)]
    for told, (index, point) in zip(table, ran, strict=True):
        assert {name: float(told[name]) for name in point} == point
        if not ending(index):
            assert float(told["steps"]) == 10 + index
    assert len(read(arrays)) == 25 * len(TIMES)
    found = [float(each["cosine"]) for each in read(arrays)[-len(TIMES) :]]
    assert found == cosine({"alpha": 10.0, "seed": 4}).tolist()


def read(file):
    if file.suffix == ".csv":
        with file.open() as lines:
            return [*csv.DictReader(lines)]
    return pytest.importorskip("pyarrow.parquet").read_table(file).to_pylist()


def test_columns_of_an_axis_of_several_are_in_the_table(tmp_path):
    zipped = Axis("shape", {"width": [8, 16], "kind": ["tanh", "relu"]})
    about = Manifest("zip", (zipped,), {key(0): [0, 1]})
    given = [Row(i, about.point(i), "", values={"x": 1.0 * i}) for i in range(2)]
    (file,) = fill_with(tmp_path, about, given).export(tmp_path / "zip.csv")
    assert [(r["width"], r["kind"], r["x"]) for r in read(file)] == [
        ("8", "tanh", "0.0"), ("16", "relu", "1.0")
    ]  # fmt: skip


def test_an_export_overwrites_nothing(tmp_path):
    store = made(tmp_path)
    target = tmp_path / "runs.csv"
    target.write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        store.export(target)
    assert target.read_text() == "mine"
    with pytest.raises(OptionError, match="zarr, netcdf, parquet, csv"):
        store.export(tmp_path / "runs.docx")


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    store = made(tmp_path)
    with pytest.raises(MissingExtraError, match=r"tacit\[zarr\]"):
        store.export(tmp_path / "runs.zarr")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runs"]


def test_row_order_within_a_unit_does_not_matter(tmp_path):
    about = manifest()
    store = Store.create(tmp_path / "runs", about)
    for unit in about.units:
        store.commit(
            unit, [row(about, i, wrong=False) for i in about.units[unit]][::-1]
        )
    steps = dataset(store)["steps"].values
    np.testing.assert_array_equal(steps.ravel(), 10 + np.arange(30))
