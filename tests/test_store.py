"""The store of a sweep: what is put in comes out, once, whoever asks."""

import dataclasses
import json
import pickle
import threading

import numpy as np
import pytest

from tacit.errors import DataError, NotFoundError, OutputError, ShapeError
from tacit.sweeps.store import Axis, Manifest, Part, Row, Store
from tests.stores import ALPHAS, AXES, fill, key, manifest, row, rows


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "runs", manifest())


def same(one, other):
    """Whether two rows say the same, types of single numbers apart."""
    for a, b in ((one.values, other.values), (one.coords, other.coords)):
        if a.keys() != b.keys() or any(not np.array_equal(a[n], b[n]) for n in a):
            return False
    rest = ("index", "point", "digest", "status", "reason", "dims", "attrs")
    return all(getattr(one, name) == getattr(other, name) for name in rest)


@pytest.mark.parametrize("layers", [False, True])
def test_a_part_gives_back_the_rows_it_was_made_of(layers):
    about = manifest(size=30)
    (unit,) = about.units
    given = rows(about, unit, layers=layers)
    found = Part.from_bytes(Part.of(unit, given, "code").to_bytes()).rows()
    for one, other in zip(given, found, strict=True):
        bare = dataclasses.replace(one, attrs={}) if one.status == "failed" else one
        assert same(bare, other)


def test_a_part_is_a_file_of_safetensors(store):
    (unit, *_) = store.manifest.units
    fill(store, [unit], wrong=False)
    (file,) = store_files(store)
    raw = file.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    meta = header.pop("__metadata__")
    assert all(isinstance(text, str) for text in meta.values())
    spans = sorted(each["data_offsets"] for each in header.values())
    assert [b for _, b in spans] == [a for a, _ in spans[1:]] + [len(raw) - 8 - size]
    about = header["0/v/cosine"]
    begin, end = about["data_offsets"]
    numbers = np.frombuffer(raw[8 + size :][begin:end], "<f8").reshape(about["shape"])
    expected = [row(store.manifest, i).values["cosine"] for i in range(5)]
    assert about["dtype"] == "F64"
    np.testing.assert_array_equal(numbers, expected)


def store_files(store):
    return sorted(store._place.folder.rglob("*.safetensors"))


@pytest.mark.parametrize("at", [9, 200, -1], ids=["header", "text", "numbers"])
def test_one_changed_bit_is_noticed(store, at):
    fill(store)
    file = store_files(store)[0]
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    file.write_bytes(raw)
    assert [*store.verify().damaged] == [str(file.relative_to(store._place.folder))]


def test_every_run_is_counted_once(store):
    first, second, *_ = store.manifest.units
    assert store.status().units == dict(
        pending=6, claimed=0, committed=0, quarantined=0
    )
    fill(store, [first, second])
    assert store.committed() == {first, second}
    assert len(store.pending()) == 4
    assert not store.status().complete
    assert not store.finished()
    fill(store)
    assert store.finished()
    status = store.status()
    assert status.complete
    assert not status.flawless
    assert status.runs == dict(ok=24, diverged=3, failed=3, quarantined=0, pending=0)


def test_a_run_that_went_wrong_is_not_a_missing_one(store):
    fill(store)
    found = {each.index: each for each in store.failures()}
    assert sorted(found) == [7, 8, 17, 18, 27, 28]
    assert found[7].reason == "run 7 blew up\nat once"
    assert found[28].point == store.manifest.point(28)
    assert (found[8].status, found[17].status) == ("failed", "diverged")


def test_a_second_writer_changes_nothing(store):
    unit = next(iter(store.manifest.units))
    assert store.commit(unit, rows(store.manifest, unit))
    raw = [file.read_bytes() for file in store_files(store)]
    other = [
        dataclasses.replace(each, digest="") for each in rows(store.manifest, unit)
    ]
    assert not store.commit(unit, other)
    assert not Store(store._place.folder, ledger=False).commit(unit, other)
    assert [file.read_bytes() for file in store_files(store)] == raw


def test_of_writers_at_once_one_is_told_that_it_was_first(store):
    unit = next(iter(store.manifest.units))
    stores = [Store(store._place.folder, ledger=False) for _ in range(8)]
    told, start = [], threading.Barrier(8)

    def write(each):
        start.wait()
        told.append(each.commit(unit, rows(each.manifest, unit)))

    threads = [threading.Thread(target=write, args=(each,)) for each in stores]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(told) == [False] * 7 + [True]
    assert store.verify().clean


def test_what_is_given_back_says_what_was_claimed_last(store):
    first, second, *_ = store.manifest.units
    assert store.claim("b") == [first]
    assert store.claim("a") == [second]
    store.release("b")
    assert store.claim("a") == [first]
    assert store.release("a") == [second, first]


def test_no_two_workers_get_the_same_unit(store):
    got = [*store.claim("a", limit=2), *store.claim("b", limit=9), *store.claim("c")]
    assert got == [*store.manifest.units]
    assert {w.worker: w.units for w in store.status().workers} == {"a": 2, "b": 4}
    assert store.release("a") == got[:2]
    assert store.claim("c", limit=9) == got[:2]
    assert store.attempts(got[0]) == 2
    assert store.beat("c") == 2
    fill(store, got[:1])
    assert store.beat("c") == 1
    assert store.claim("d", limit=9) == []


def test_a_unit_that_keeps_ending_its_worker_is_given_up(store):
    first, second, *_ = store.manifest.units
    assert not store.record_failure(first, "killed by signal 9", quarantine_after=2)
    assert store.record_failure(first, "killed by signal 9", quarantine_after=2)
    store.quarantine(second, "out of memory")
    assert {first, second}.isdisjoint(store.pending())
    fill(store, [*store.manifest.units][2:])
    again = Store(store._place.folder)
    assert again.status().complete
    assert {f.reason for f in again.failures() if f.unit == first} == {
        "killed by signal 9"
    }
    status = again.open()["status"]
    assert (status.sel(depth=2, alpha=ALPHAS[:2]) == 3).all()
    assert sorted(again.retry()) == sorted([first, second])
    assert again.pending() == [first, second]
    assert again.status().runs["quarantined"] == 0


def test_a_failed_unit_rests_before_it_is_tried_again(store):
    (unit,) = store.claim("a")
    store.record_failure(unit, "killed", pause=3600.0)
    assert unit not in store.claim("b", limit=9)
    assert unit in store.pending()


def test_what_is_committed_after_all_is_not_given_up(store):
    unit = next(iter(store.manifest.units))
    store.quarantine(unit, "gave no answer")
    fill(store, [unit])
    assert store.committed() == {unit}
    assert store.status().units["quarantined"] == 0
    assert (store.open()["status"].sel(depth=2, alpha=0.1) == 0).all()


def test_a_store_goes_on_where_it_was(store):
    units = [*store.manifest.units]
    fill(store, units[:2])
    again = Store.open_or_create(store._place.folder, manifest())
    assert again.pending() == units[2:]
    assert pickle.loads(pickle.dumps(again)).committed() == set(units[:2])


def test_results_of_other_code_count_for_nothing(store):
    fill(store)
    new = Store.open_or_create(store._place.folder, manifest(salt="code 2"))
    assert new.committed() == set()
    assert (new.open()["status"] == 4).all()
    assert {*new.verify().foreign.values()} == {"code 1"}
    fill(new)
    assert len(new.committed()) == 6
    back = Store.open_or_create(store._place.folder, manifest())
    assert len(back.committed()) == 6


def test_a_grid_may_grow(store):
    """Units keep their key where they stand elsewhere in the new grid."""
    units = [*store.manifest.units]
    fill(store, units[:2], wrong=False)
    before = store.open()["cosine"]
    axes = (AXES[0], Axis.of("alpha", [0.01, *ALPHAS]), AXES[2])
    size, old = len(AXES[2]), store.manifest
    moved = {
        k: [i + size * (1 + i // 15) for i in runs] for k, runs in old.units.items()
    }
    more = {key("new", d): [20 * d + i for i in range(5)] for d in range(2)}
    grown = Manifest(old.sweep, axes, moved | more, old.salt)
    new = Store.open_or_create(store._place.folder, grown)
    assert new.committed() == set(units[:2])
    after = new.open()["cosine"].sel(alpha=ALPHAS)
    np.testing.assert_array_equal(before, after)


def test_workers_elsewhere_write_and_the_driver_acknowledges(store):
    first, second, *_ = store.manifest.units
    assert len(store.pending()) == 6
    far = Store(store._place.folder, ledger=False)
    assert far.commit(first, rows(far.manifest, first))
    assert store.committed() == set()
    assert store.acknowledge([first, second]) == {first}
    assert store.committed() == {first}


def test_the_parts_count_and_not_what_the_ledger_remembers(store):
    first, second, *_ = store.manifest.units
    fill(store, [first])
    (file,) = store_files(store)
    far = Store(store._place.folder, ledger=False)
    assert far.commit(second, rows(far.manifest, second))
    file.unlink()
    again = Store(store._place.folder)
    assert again.committed() == {second}
    assert again.claim("a") == [first]


CHANGED = {
    "a run of another unit": lambda r: dataclasses.replace(r[0], index=29),
    "another point": lambda r: dataclasses.replace(r[0], point={"depth": 2}),
    "a name of the grid": lambda r: dataclasses.replace(r[0], values={"alpha": 1.0}),
    "a name of the store": lambda r: dataclasses.replace(r[0], values={"status": 1}),
    "complex numbers": lambda r: dataclasses.replace(r[0], values={"x": 1j}, dims={}),
    "lists of two lengths": lambda r: dataclasses.replace(
        r[0], values={"x": [[1], [1, 2]]}, dims={}, attrs={}
    ),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_rows_that_do_not_belong_are_refused(store, change):
    unit = next(iter(store.manifest.units))
    good = [
        dataclasses.replace(each, attrs={}, dims={}, values={}, coords={})
        for each in rows(store.manifest, unit)
    ]
    with pytest.raises(DataError, match="run"):
        store.commit(unit, [change(good), *good[1:]])
    assert store.committed() == set()
    assert not store_files(store)


def test_a_unit_is_committed_whole(store):
    unit = next(iter(store.manifest.units))
    with pytest.raises(DataError, match="all runs of a unit at once"):
        store.commit(unit, rows(store.manifest, unit)[1:])
    with pytest.raises(NotFoundError, match="no unit of this sweep"):
        store.commit(key("another"), [])


@pytest.mark.parametrize(
    ("values", "dims"),
    [({"x": np.ones(3)}, {}), ({"x": np.ones(3), "y": np.ones(4)}, "xy")],
)
def test_axes_are_named_and_agree(store, values, dims):
    unit = next(iter(store.manifest.units))
    given = rows(store.manifest, unit)
    named = {name: ("time",) for name in dims}
    given[0] = dataclasses.replace(
        given[0], values=values, dims=named, coords={}, attrs={}
    )
    with pytest.raises(ShapeError, match="run 0: "):
        store.commit(unit, given)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Row(0, {}, "", "lost"), "status of a run is one of"),
        (lambda: Row(0, {}, "", "failed"), "run 0 failed; give the reason"),
        (lambda: Row(0, {}, "", dims={"x": ("t",)}), "describes 'x'"),
        (lambda: Row(0, {}, "", values={"x": 1}, coords={"x": [1]}), "and as a coord"),
        (lambda: Axis.of("a", []), "has no labels"),
        (lambda: Axis("ab", {"a": [1], "b": [1, 2]}), "columns of several lengths"),
        (lambda: manifest(axes=(AXES[0], AXES[0])), "axis 'depth' twice"),
        (lambda: Manifest("s", AXES, {"short": [0]}), "not the key of a unit"),
        (lambda: Manifest("s", AXES, {key(1): [0, 0]}), "there twice"),
        (lambda: Manifest("s", AXES, {key(1): [0], key(2): [0]}), "there twice"),
        (lambda: Manifest("s", AXES, {key(1): [30]}), "places 0 to 29"),
        (lambda: Manifest("s", (Axis.of("a", [np.inf]),), {}), "is JSON"),
        (lambda: Manifest("s", (Axis.of("a", [object()]),), {}), "is JSON"),
    ],
)
def test_a_grid_or_a_row_that_makes_no_sense_is_refused(make, says):
    with pytest.raises((DataError, ValueError), match=says):
        make()


def test_the_labels_of_a_run_count_the_last_axis_first():
    about = manifest()
    whole = [
        {"depth": d, "alpha": a, "seed": s}
        for d in AXES[0].columns["depth"]
        for a in ALPHAS
        for s in AXES[2].columns["seed"]
    ]
    assert [about.point(i) for i in range(30)] == whole
    assert Manifest.from_json(about.to_json()).digest == about.digest


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"thesis.tex": b"x"}, "holds thesis.tex, and is no store"),
        (
            {"tacit-store.json": b'{"schema": "tacit.store/9"}'},
            "format 'tacit.store/9'",
        ),
        ({}, "there is no store at"),
    ],
    ids=["not ours", "another version", "nothing"],
)
def test_what_is_no_store_is_not_touched(tmp_path, content, says):
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(OutputError, match=says):
        Store(tmp_path)
    if content:
        with pytest.raises(OutputError, match=says):
            Store.open_or_create(tmp_path, manifest())
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == content


def test_a_store_holds_one_sweep(store):
    with pytest.raises(OutputError, match="holds another sweep, cosines"):
        Store.open_or_create(store._place.folder, manifest(sweep="sines"))
    with pytest.raises(OutputError, match="there is a store at"):
        Store.create(store._place.folder, manifest())
    with pytest.raises(OutputError, match="is no store|a file"):
        Store.open_or_create(store._place.folder / "tacit-store.json", manifest())
