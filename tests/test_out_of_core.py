"""`Scatter` over rows that are not in memory: the same rows, the same scatter."""

import sys
import tracemalloc

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st
from scipy.sparse import csc_array, csr_array, csr_matrix

from tacit.errors import (
    DataError,
    MissingExtraError,
    NotFoundError,
    OptionError,
    ShapeError,
)  # fmt: skip
from tacit.problems import Scatter, scatter_blocks, scatter_file, trees
from tests.test_scatter import assert_same, two_pass


def table(n=200, d=5, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return rng.normal(size=(n, d)) + y[:, None], y, rng.integers(0, 4, n) / 2


def as_memmap(X, path):
    np.save(path / "X.npy", X)
    return np.load(path / "X.npy", mmap_mode="r")


def as_zarr(X, path):
    zarr = pytest.importorskip("zarr")
    return zarr.create_array(str(path / "X.zarr"), data=X, chunks=(37, X.shape[1]))


def as_dask(X, path):
    del path
    return pytest.importorskip("dask.array").from_array(X, chunks=(37, 2))


LIE = {
    "memmap": as_memmap,
    "zarr": as_zarr,
    "dask": as_dask,
    "csr": lambda X, _: csr_array(X),
    "csc": lambda X, _: csc_array(X),
    "matrix": lambda X, _: csr_matrix(X),
}


@pytest.mark.parametrize("lie", LIE.values(), ids=LIE)
@pytest.mark.parametrize("weighted", [False, True])
def test_wherever_rows_lie_their_scatter_is_the_same(lie, weighted, tmp_path):
    X, y, w = table()
    w = w if weighted else None
    found, expected = Scatter.of(lie(X, tmp_path), y, w), Scatter.of(X, y, w)
    assert_same(found, expected)
    for ends in ("low", "high"):
        np.testing.assert_array_equal(getattr(found, ends), getattr(expected, ends))


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.02, 0.3, 0.49, 0.51, 0.9, 1.0])
)
def test_sparse_rows_equal_two_passes_at_every_density(seed, density):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 4)) * (rng.random((60, 4)) < density)
    X[:, 0] += 1e6 * (density == 1)  # an offset is no sparse matter
    y, w = rng.permutation(np.arange(60) % 2), rng.integers(1, 4, 60) / 2
    found = Scatter.of(csr_array(X), y, w)
    within, between = two_pass(X, y, w)
    scale = max(np.abs(within).max(), 1e-300)
    np.testing.assert_allclose(found.within, within.astype(float), atol=1e-13 * scale)
    scale = max(np.abs(between).max(), 1e-300)
    np.testing.assert_allclose(found.between, between.astype(float), atol=1e-9 * scale)


def test_what_is_one_number_in_all_rows_has_no_spread_sparse_or_not():
    y = np.arange(40) % 2
    X = np.column_stack([np.full(40, 0.1), np.zeros(40), y * 0.3, np.arange(40.0)])
    found = Scatter.of(csr_array(X), y)
    np.testing.assert_array_equal(np.diag(found.sums)[:3], 0)
    np.testing.assert_array_equal(found.means[:, :3], [[0.1, 0, 0], [0.1, 0, 0.3]])


def test_sparse_chunks_merge_with_dense_ones():
    X, y, w = table()
    parts = [(csr_array(X[:70]), y[:70], w[:70]), (X[70:], y[70:], w[70:])]
    assert_same(Scatter.from_chunks(parts), Scatter.of(X, y, w))


def test_sparse_rows_are_never_dense():
    """In full they would be 160 MB; what is needed besides them is d × d."""
    rng = np.random.default_rng(0)
    n, d, filled = 40_000, 500, 3
    columns = rng.integers(0, d, (n, filled)).ravel()
    X = csr_array(
        (rng.normal(size=n * filled), columns, np.arange(n + 1) * filled), (n, d)
    )
    y = rng.integers(0, 2, n)
    tracemalloc.start()
    found = Scatter.of(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6
    few = rng.choice(d, 6, replace=False)
    rows = X[:, few].toarray()
    within, _ = two_pass(rows, y, np.ones(n))
    np.testing.assert_allclose(found.within[np.ix_(few, few)], within.astype(float),
                               atol=1e-12)  # fmt: skip


class Shy:
    """An array on a disk that says how much of it was asked for at once."""

    chunks = (50, 5)

    def __init__(self, X):
        self._X, self.shape, self.most = X, X.shape, 0

    def __getitem__(self, cut):
        found = self._X[cut]
        self.most = max(self.most, len(found))
        return found

    def __array__(self, *_, **__):
        raise AssertionError("read as a whole")


def test_what_has_chunks_is_read_by_them():
    X, y, w = table(333)
    shy = Shy(X)
    assert_same(Scatter.of(shy, y, w), Scatter.of(X, y, w))
    assert shy.most == 50


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_is_read_some_rows_at_a_time(tmp_path, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    X, y, w = table()
    frame = pandas.DataFrame(X, columns=list("abcde"))
    frame.insert(2, "kind", np.array(["fig", "pear", "apple"])[y])
    frame["mass"] = w
    file = tmp_path / f"rows.{ending}"
    if ending == "csv":
        frame.to_csv(file, index=False)
    else:
        frame.to_parquet(file, row_group_size=64)
    found = scatter_file(file, "kind", weights="mass", rows=30)
    assert_same(found, Scatter.of(X, frame["kind"].to_numpy(), w))
    assert found.classes == ("apple", "fig", "pear")
    with pytest.raises(NotFoundError, match="no column in .* 'kinds'. Did you mean"):
        scatter_file(file, "kinds")


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(OptionError, match=r"one of .csv, .parquet"):
        scatter_file(tmp_path / "rows.xlsx", "kind")


def test_blocks_without_weight_or_a_class_are_merged_all_the_same():
    da = pytest.importorskip("dask.array")
    X, y, w = table(90)
    y, w = np.sort(y), w.copy()
    w[30:60] = 0  # a block of nothing; and the classes lie in blocks of their own
    found = scatter_blocks(da.from_array(X, chunks=(30, 5)), y, w)
    assert_same(found, Scatter.of(X, y, w))


def test_many_blocks_are_merged_as_a_tree_and_only_scatters_travel(monkeypatch):
    dask = pytest.importorskip("dask")
    da = pytest.importorskip("dask.array")
    X, y, _ = table(600)
    widths, merge = [], trees._merged

    def counted(parts):
        assert all(isinstance(part, Scatter) for part in parts)
        widths.append(len(parts))
        return merge(parts)

    monkeypatch.setattr(trees, "_merged", counted)
    with dask.config.set(scheduler="synchronous"):
        found = scatter_blocks(da.from_array(X, chunks=(10, 5)), y)
    assert_same(found, Scatter.of(X, y))
    assert sorted(widths) == [4, 8, 8, 8, 8, 8, 8, 8, 8]  # 60 blocks, then 8


def test_dask_arrays_that_do_not_fit_together_are_refused():
    da = pytest.importorskip("dask.array")
    X, y, w = table(60)
    blocks = da.from_array(X, chunks=(20, 5))
    with pytest.raises(ShapeError, match="X has 60 rows but y has shape"):
        Scatter.of(blocks, y[1:])
    with pytest.raises(ShapeError, match="weights has shape"):
        Scatter.of(blocks, y, w[:, None])
    with pytest.raises(ShapeError, match="n rows by d features"):
        Scatter.of(blocks[0], y)
    with pytest.raises(DataError, match="none has positive weight"):
        Scatter.of(blocks, y, 0 * w)


def test_a_package_that_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"tacit\[parquet\]"):
        scatter_file(tmp_path / "rows.parquet", "kind")
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(MissingExtraError, match=r"tacit\[dask\]"):
        scatter_blocks(None, None)
