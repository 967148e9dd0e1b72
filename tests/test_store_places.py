"""Places where a store may be: a folder, and object stores through fsspec."""

import itertools
import os
import sys
import threading
import uuid
from typing import Any

import pytest

from tacit.errors import MissingExtraError, OutputError, StoreError
from tacit.sweeps.store import Store
from tacit.sweeps.store.objects import ObjectPlace
from tacit.sweeps.store.places import place_at
from tests.stores import dataset, fill, manifest, rows


fsspec = pytest.importorskip("fsspec")
MAKE = {
    "folder": lambda path: path / "runs",
    "file": lambda path: f"file://{path}/runs",
    "memory": lambda _: f"memory://{uuid.uuid4().hex}/runs",
}


@pytest.fixture(params=MAKE.values(), ids=list(MAKE))
def where(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture
def place(where):
    return place_at(where)


def test_what_is_published_is_there_for_good(place):
    assert place.publish("parts/a/one", b"first")
    assert not place.publish("parts/a/one", b"second")
    assert (place.read("parts/a/one"), place.size("parts/a/one")) == (b"first", 5)
    assert place.read("parts/a/one", 3) == b"fir"
    assert place.publish("parts/b/two", b"")
    assert sorted(place.names("parts")) == ["parts/a/one", "parts/b/two"]
    assert [*place.names("packs")] == []


def test_what_is_replaced_is_there_anew(place):
    for text in (b"one", b"another"):
        place.replace("about", text)
        assert place.read("about") == text
    place.remove("about")
    place.remove("about")
    with pytest.raises(FileNotFoundError):
        place.read("about")
    with pytest.raises(FileNotFoundError):
        place.size("about")


def test_of_writers_at_once_one_is_first_and_all_see_its_content(place):
    start, told = threading.Barrier(6), {}

    def write(i):
        start.wait()
        told[i] = place.publish("parts/a/one", b"%d" % i)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    (first,) = [i for i, new in told.items() if new]
    assert place.read("parts/a/one") == b"%d" % first


def test_a_store_is_the_same_anywhere(where):
    store = Store.open_or_create(where, manifest())
    assert store.claim("a") == [next(iter(store.manifest.units))]
    fill(store)
    again = Store(where)
    assert again.status().complete
    assert [f.index for f in again.failures()] == [7, 8, 17, 18, 27, 28]
    opened = dataset(again)
    assert again.pack() == 6
    assert dataset(Store(where)).identical(opened)
    assert again.verify().clean
    again.quarantine(next(iter(again.manifest.units)), "too late")
    assert len(Store(where).committed()) == 6
    with pytest.raises(OutputError, match="another sweep"):
        Store.open_or_create(where, manifest(sweep="other"))


def test_what_was_not_finished_is_not_there_and_is_swept_up(where):
    """Content without its marker, or a file without its name, of a killed writer."""
    store = fill(Store.open_or_create(where, manifest()))
    left = store._place
    if left.folder:
        (left.folder / "tmp" / "elsewhere.1.1").write_bytes(b"half")
        os.utime(left.folder / "tmp" / "elsewhere.1.1", (0, 0))
        (left.folder / "tmp" / f"{os.uname().nodename}.{os.getpid()}.9").write_bytes(
            b""
        )
    else:
        assert isinstance(left, ObjectPlace)
        left._put(b"half")
    audit = store.verify()
    assert audit.clean
    assert len(audit.leavings) == 1, "what a living process writes is left alone"
    assert store.repair().leavings == audit.leavings
    assert not store.verify().leavings
    assert store.open()["status"].size == 30


class Obstinate:
    """A backend that overwrites whatever it is told, as some that fsspec knows do."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        if mode == "create":
            raise NotImplementedError
        self._inner.pipe_file(path, value, **kwargs)


def test_a_backend_that_cannot_refuse_still_keeps_units_whole():
    where = MAKE["memory"](None)
    store = Store.open_or_create(where, manifest())
    place: Any = store._place
    place._fs = Obstinate(place._fs)
    fill(store)
    unit = next(iter(store.manifest.units))
    assert not store.commit(unit, rows(store.manifest, unit))
    assert Store(where).verify().clean


class Failing:
    """A backend that fails at the n-th call that writes."""

    def __init__(self, inner, at):
        self._inner, self._left = inner, at

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def pipe_file(self, *args, **kwargs):
        self._left -= 1
        if self._left == 0:
            raise OSError(28, "No space left on device")
        self._inner.pipe_file(*args, **kwargs)


def test_a_bucket_that_fails_loses_nothing():
    where = MAKE["memory"](None)
    store = Store.open_or_create(where, manifest())
    place: Any = store._place
    units = iter(store.manifest.units)
    for at, unit in zip(itertools.cycle((1, 2)), units, strict=False):
        working = place._fs
        place._fs = Failing(working, at)
        with pytest.raises(StoreError, match="no room left"):
            store.commit(unit, rows(store.manifest, unit))
        place._fs = working
        assert unit not in Store(where).committed()
        assert store.commit(unit, rows(store.manifest, unit))
    assert Store(where).status().complete
    assert store.verify().clean


def test_a_url_without_fsspec_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"tacit\[dask\]"):
        Store("s3://bucket/runs")


def test_a_url_that_nothing_serves_is_an_error_of_ours():
    with pytest.raises(StoreError, match="cannot reach the store gopher://hole"):
        Store("gopher://hole")
