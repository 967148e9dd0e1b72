"""What may happen to a store: killed writers, full and closed disks, lost files."""

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tacit import sweep
from tacit.errors import StoreError
from tacit.sweeps.store import Axis, folders, Store
from tacit.sweeps.store.ledger import Ledger
from tests.present import present
from tests.stores import AXES, cosine, dataset, fill, key, manifest, rows
from tests.sweeps import descent, STEPS, WATCH


MANY = (*AXES[:2], Axis.of("seed", list(range(50))))
WRITER = """
import sys
from tacit.sweeps.store import Store
from tests.stores import rows
store, worker = Store(sys.argv[1]), sys.argv[2]
while units := store.claim(worker):
    for unit in units:
        store.commit(unit, rows(store.manifest, unit, wrong=False))
        print(unit, flush=True)
"""


def writer(place, name):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), name],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def intact(place, units):
    """The store holds these units, whole and right."""
    store = Store(place)
    assert units <= store.committed()
    audit = store.verify()
    assert audit.clean, audit
    found = dataset(store)
    done = found["status"] == 0
    for point in np.argwhere(done.values)[::7]:
        at = found.isel(dict(zip(done.dims, point, strict=True)))
        labels = {str(name): at[name].item() for name in done.dims}
        np.testing.assert_array_equal(at["cosine"], cosine(labels))
    return store


def test_killed_writers_lose_nothing_they_said_was_kept(tmp_path):
    place, drawn = tmp_path / "runs", random.Random(3)
    store = Store.create(place, manifest(axes=MANY))
    said = set()
    for i in range(6):
        with writer(place, f"worker {i}") as process:
            for _ in range(drawn.randrange(1, 9)):
                said.add(present(process.stdout).readline().strip())
            time.sleep(drawn.random() * 0.02)  # somewhere within the next commit
            process.send_signal(signal.SIGKILL)
            said |= {*present(process.stdout).read().split()}
        intact(place, said - {""})
        store.release(f"worker {i}")
    with writer(place, "the last") as process:
        present(process.stdout).read()
    assert intact(place, said - {""}).status().complete
    files = [*place.rglob("*.safetensors")]
    assert len(files) == len(store.manifest.units), "committed exactly once"
    store.repair()
    assert not store.verify().leavings


def test_a_killed_packer_loses_nothing(tmp_path):
    """Every moment between two changes of the disk is one at which it may be killed."""
    whole = fill(Store.create(tmp_path / "whole", manifest()), wrong=False)
    steps, original = 0, present(whole._place.folder)
    while True:
        place = tmp_path / f"killed after {steps}"
        shutil.copytree(original, place)
        store = Store(place)
        kill_after(steps, store._place)
        with contextlib.suppress(Killed):
            store.pack()
            break
        intact_at = Store(place)
        assert len(intact_at.committed()) == 6
        assert dataset(intact_at).identical(dataset(whole))
        intact_at.repair()
        assert intact_at.verify().clean
        steps += 1
    assert steps == 7  # one pack is written, six parts are removed


class Killed(BaseException):
    """As if by SIGKILL."""


def kill_after(steps, place):
    """Have whoever uses `place` killed before the change after so many."""
    left = iter(range(steps))

    def mortal(change):
        def act(*args):
            if next(left, None) is None:
                raise Killed
            return change(*args)

        return act

    for name in ("publish", "remove", "replace"):
        setattr(place, name, mortal(getattr(place, name)))


@pytest.mark.parametrize("call", ["fsync", "link", "mkdir"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_whatever_the_disk_refuses_earlier_results_stay(
    tmp_path, monkeypatch, call, code
):
    place = tmp_path / "runs"
    store = Store.create(place, manifest())
    first, *others = store.manifest.units
    fill(store, [first])
    other = next(unit for unit in others if unit[0] != first[0])  # in another folder
    refuse = OSError(code, os.strerror(code))

    def refused(*_, **__):
        raise refuse

    target = folders.Path if call == "mkdir" else folders.os
    monkeypatch.setattr(target, call, refused)
    with pytest.raises(StoreError, match=r"is intact") as caught:
        store.commit(other, rows(store.manifest, other))
    assert caught.value.__cause__ is refuse
    monkeypatch.undo()
    assert Store(place).committed() == {first}
    assert not [*(place / "tmp").iterdir()]
    assert store.commit(other, rows(store.manifest, other))
    assert store.verify().clean


@pytest.fixture
def disk(tmp_path):
    """A file system of 2 MB of its own, which a test may fill, or close."""
    where = tmp_path / "disk"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(where)]
    try:
        done = subprocess.run(mount, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip("only root may mount a file system")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


def test_a_disk_that_fills_up(disk):
    store = Store.create(disk / "runs", manifest(axes=MANY))
    ballast, units = disk / "ballast", [*store.manifest.units]
    fill(store, units[:3], wrong=False)
    room = shutil.disk_usage(disk).free
    ballast.write_bytes(b"0" * (room - 20_000))
    with pytest.raises(StoreError, match="room") as caught:
        fill(store, units, wrong=False)
    assert "again" in str(caught.value)
    kept = {unit for unit in units if [*(disk / "runs").rglob(f"*/{unit}.*")]}
    assert {*units[:3]} <= kept < {*units}
    ballast.unlink()
    intact(disk / "runs", kept)
    fill(store, units, wrong=False)
    assert intact(disk / "runs", {*units}).status().complete


def test_a_sweep_on_a_disk_that_fills_up_goes_on_when_there_is_room(disk, monkeypatch):
    monkeypatch.setattr("tacit.sweeps.tidings.EVERY", 0.0)
    ballast, grid = disk / "ballast", {"depth": [2], "seed": range(6)}
    words = {"observe": WATCH, "records": STEPS, "batch": 1, "workers": 1}

    def fill_up(done, _, text):
        if text != "planning" and done >= 2 and not ballast.exists():
            with contextlib.suppress(OSError):  # the sweep writes at the same time
                ballast.write_bytes(b"0" * shutil.disk_usage(disk).free)

    with pytest.raises(StoreError, match="(?i)room"):
        sweep(descent, grid, disk / "runs", progress=fill_up, **words)
    ballast.unlink()
    kept = Store(disk / "runs").committed()
    assert 2 <= len(kept) < 6
    done = sweep(descent, grid, disk / "runs", **words)
    assert done.status().flawless
    assert done.store.verify().clean
    assert kept <= done.store.committed()
    assert all(done.store.attempts(key) == 1 for key in kept)


def test_a_disk_that_is_closed_to_writing(disk):
    place = disk / "runs"
    store = Store.create(place, manifest())
    first, second, *_ = store.manifest.units
    fill(store, [first])
    store._books.ledger.close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    closed = Store(place)
    assert closed.status().units["committed"] == 1
    assert closed.open()["status"].size == 30
    assert closed.verify().clean
    with pytest.raises(StoreError, match="cannot be written to"):
        closed.commit(second, rows(closed.manifest, second))
    with pytest.raises(StoreError, match="cannot be written to"):
        Store.open_or_create(disk / "other", manifest())
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert Store(place).committed() == {first}


LOSSES = {
    "deleted": lambda file: file.unlink(),
    "deleted with its log": lambda file: [
        each.unlink() for each in file.parent.glob("ledger.sqlite*")
    ],
    "overwritten": lambda file: file.write_bytes(b"no database " * 1000),
    "empty": lambda file: file.write_bytes(b""),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_ledger_that_is_lost_is_made_anew(tmp_path, lose):
    store = fill(Store.create(tmp_path / "runs", manifest()), wrong=True)
    store.quarantine(next(iter(store.manifest.units)), "in vain, it is committed")
    before = store.status().runs, store.failures()
    store._books.ledger.close()
    lose(tmp_path / "runs" / "ledger.sqlite")
    again = Store(tmp_path / "runs")
    assert (again.status().runs, again.failures()) == before
    assert again.verify().clean


def test_a_ledger_deleted_in_the_middle_is_made_anew_by_who_goes_on(tmp_path):
    store = Store.create(tmp_path / "runs", manifest())
    first, second, third, *_ = store.manifest.units
    fill(store, [first])
    other = Store(tmp_path / "runs")
    assert other.claim("b") == [second]
    for file in (tmp_path / "runs").glob("ledger.sqlite*"):
        file.unlink()
    fill(store, [third])
    assert other.committed() == store.committed() == {first, third}
    assert store.claim("a") == [second]  # nobody remembers b, and twice is harmless
    fill(other, [second])
    assert not store.commit(second, rows(store.manifest, second))
    assert store.verify().clean


def test_what_is_damaged_is_named_put_aside_and_run_again(tmp_path):
    store = fill(Store.create(tmp_path / "runs", manifest()), wrong=False)
    victim = sorted((tmp_path / "runs").rglob("*.safetensors"))[2]
    raw = victim.read_bytes()
    victim.write_bytes(raw[: len(raw) // 2])
    name = str(victim.relative_to(tmp_path / "runs"))
    with pytest.raises(StoreError, match=f"{name} is damaged: .*tacit store repair"):
        store.open()
    assert [*store.verify().damaged] == [name]
    assert [*store.repair().damaged] == [name]
    assert (tmp_path / "runs" / "damaged" / name).read_bytes() == raw[: len(raw) // 2]
    assert store.pending() == [victim.stem]
    fill(store, wrong=False)
    assert victim.read_bytes() == raw
    assert store.verify().clean


def test_a_part_under_another_name_is_not_believed(tmp_path):
    store = Store.create(tmp_path / "runs", manifest())
    first, second, *_ = store.manifest.units
    fill(store, [first])
    (file,) = (tmp_path / "runs").rglob("*.safetensors")
    wrong = file.parent.parent / second[0] / f"{second}.safetensors"
    wrong.parent.mkdir(exist_ok=True)
    shutil.copy(file, wrong)
    (why,) = store.verify().damaged.values()
    assert "not that of its name" in why
    store.repair()
    assert store.committed() == {first}


def test_a_manifest_that_is_damaged_is_said_to_be(tmp_path):
    fill(Store.create(tmp_path / "runs", manifest()))
    (tmp_path / "runs" / "tacit-store.json").write_text('{"schema": "tacit.store/1"}')
    with pytest.raises(StoreError, match=r"tacit-store.json is damaged"):
        Store(tmp_path / "runs")


FORK = """
import os, sys
from tacit.sweeps.store import Store
from tests.stores import fill
store = Store(sys.argv[1])
store.claim("before")  # the connection that a child inherits
child = os.fork()
name = "parent" if child else "child"
while units := store.claim(name):
    fill(store, units, wrong=False)
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_child_that_was_forked_has_a_connection_of_its_own(tmp_path):
    Store.create(tmp_path / "runs", manifest(axes=MANY))
    work = [sys.executable, "-c", FORK, str(tmp_path / "runs")]
    subprocess.run(work, check=True, timeout=60)
    store = intact(tmp_path / "runs", set())
    assert len(store.committed()) == len(store.manifest.units) - 1
    assert store.release("before")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def ledger(path, clock, units=3):
    sizes = {key(i): 1 for i in range(units)}
    return Ledger(path, "digest", sizes, tuple, dict, clock)


def test_a_lease_runs_out_when_it_must_and_not_before(tmp_path):
    clock = Clock()
    one = ledger(tmp_path / "ledger", clock)
    (unit,) = one.claim("a", 1, 60.0)
    clock.now += 59
    assert unit not in one.claim("b", 9, 60.0)
    assert one.beat("a", 60.0) == 1
    clock.now += 59
    assert one.claim("c", 9, 60.0) == []
    clock.now += 2
    assert unit in one.claim("c", 9, 60.0)
    assert one.beat("a", 60.0) == 0


def test_after_a_restart_of_the_machine_nobody_holds_anything(tmp_path):
    """The clock counts from the start, so that leases of before lie in the future."""
    clock = Clock()
    one = ledger(tmp_path / "ledger", clock)
    assert len(one.claim("a", 9, 1e6)) == 3
    one.close()
    clock.now = 10.0
    assert len(ledger(tmp_path / "ledger", clock).claim("b", 9, 60.0)) == 3


def test_setting_the_time_of_day_changes_nothing(tmp_path, monkeypatch):
    store = Store.create(tmp_path / "runs", manifest())
    (unit,) = store.claim("a", lease=60.0)
    for jump in (1e9, -1e9):
        now = time.time() + jump
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert unit not in store.claim("b")
        assert store.beat("a") == 1
    assert {w.worker: w.silent < 60 for w in store.status().workers}["a"]


def test_a_driver_with_other_code_does_not_mix_its_units_in(tmp_path):
    old = Store.create(tmp_path / "runs", manifest())
    assert old.claim("a")
    new = Store.open_or_create(tmp_path / "runs", manifest(salt="code 2"))
    assert new.claim("b") == [next(iter(new.manifest.units))]
    with pytest.raises(StoreError, match="has taken the store over"):
        old.claim("a")
