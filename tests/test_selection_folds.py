"""Folds: dealt by content, gathered in any parts, merged in any order."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from tacit.errors import DataError, ShapeError
from tacit.problems import Scatter
from tacit.selection import deal, FoldScatters
from tests.present import present
from tests.sweeps import WORKERS


def rows(n=60, d=5, C=3):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), np.arange(n) % C


def test_every_row_is_held_out_once_and_every_class_evenly():
    X, y = rows()
    held = deal(X, y, np.ones(60), 5)
    np.testing.assert_array_equal(held.sum(1), 1)
    for c in range(3):
        np.testing.assert_array_equal(held[y == c].sum(0), 4)


def test_the_order_of_rows_and_their_storage_do_not_matter():
    X, y = rows()
    X[X < 0] = 0
    held = deal(X, y, np.ones(60), 4)
    order = np.random.default_rng(1).permutation(60)
    np.testing.assert_array_equal(deal(X[order], y[order], np.ones(60), 4), held[order])
    np.testing.assert_array_equal(deal(csr_array(X), y, np.ones(60), 4), held)
    X[X == 0] = -0.0
    np.testing.assert_array_equal(deal(X, y, np.ones(60), 4), held)


def test_copies_are_held_out_together():
    X, y = rows()
    held = deal(np.r_[X, X], np.r_[y, y], np.ones(120), 5)
    np.testing.assert_array_equal(held[:60], held[60:])


@pytest.mark.parametrize("kinds", [1, 2, 3])
def test_a_column_of_few_values_is_still_split_evenly(kinds):
    """By content alone a fold would hold all rows of one value."""
    X, y = (np.arange(60) % kinds)[:, None].astype(float), np.arange(60) // 30
    held = deal(X, y, np.ones(60), 5)
    np.testing.assert_allclose(held.sum(1), 1)
    for c in (0, 1):
        np.testing.assert_allclose(held[y == c].sum(0), 6)


def test_a_row_that_is_alone_in_its_class_is_never_held_out():
    X, y = rows()
    held = deal(np.r_[X, X[:1] + 1], np.r_[y, 3], np.ones(61), 5)
    assert not held[60].any()
    with pytest.raises(DataError, match="calibrate=False"):
        deal(np.eye(3), np.arange(3), np.ones(3), 2)


def assert_same(a, b):
    for one, other in zip(a.folds, b.folds, strict=True):
        assert one.classes == other.classes
        np.testing.assert_allclose(one.mass, other.mass)
        np.testing.assert_allclose(one.sums, other.sums, atol=1e-10)


def test_dealing_goes_on_where_it_stopped():
    X, y = rows()
    whole = FoldScatters.of(X, y, folds=4)
    first = FoldScatters.of(X[:25], y[:25], folds=4)
    assert_same(first + FoldScatters.of(X[25:], y[25:], folds=4, after=first), whole)
    total = Scatter.of(X, y)
    np.testing.assert_allclose(whole.total.sums, total.sums, atol=1e-10)
    np.testing.assert_allclose(
        present(whole.without(1)).n + present(whole.folds[1]).n, 60
    )


class Inline:
    """What `gather` asks of a `distributed.Client`, in this process."""

    def submit(self, function, *given, pure):
        assert pure is False
        self.calls = getattr(self, "calls", 0) + 1
        given = [x.value if isinstance(x, Result) else x for x in given]
        return Result(function(*given))


class Result:
    def __init__(self, value):
        self.value = value

    def result(self):
        return self.value


@pytest.mark.parametrize("parts", [1, 2, 5, 8])
def test_gathering_on_workers_is_gathering_here(parts):
    X, y = rows(80)
    chunks = [(lambda i=i: (X[i::parts], y[i::parts])) for i in range(parts)]
    client = Inline()
    assert_same(
        FoldScatters.gather(chunks, client=client), FoldScatters.gather(iter(chunks))
    )
    assert client.calls == 2 * parts - 1  # a tree of pairs


def test_gathering_on_dask():
    distributed = pytest.importorskip("distributed")
    dask_array = pytest.importorskip("dask.array")
    X, y = rows(80)
    with distributed.Client(**WORKERS, processes=False, n_workers=1) as client:
        blocks = zip(
            dask_array.from_array(X, chunks=(20, 5)).to_delayed().ravel(),
            dask_array.from_array(y, chunks=20).to_delayed(),
            strict=True,
        )
        found = FoldScatters.gather(blocks, client=client)
    here = FoldScatters.gather(
        [(X[i : i + 20], y[i : i + 20]) for i in range(0, 80, 20)]
    )
    assert_same(found, here)


def test_what_does_not_fit_is_refused():
    X, y = rows()
    with pytest.raises(ShapeError, match="4 folds on one side, 3"):
        FoldScatters.of(X, y, folds=4).merge(FoldScatters.of(X, y, folds=3))
    with pytest.raises(ShapeError, match="differ in their features"):
        FoldScatters((Scatter.of(X, y), Scatter.of(X[:, 1:], y)))
    with pytest.raises(DataError, match="2 or more"):
        FoldScatters((Scatter.of(X, y),))
    with pytest.raises(DataError, match="no chunk"):
        FoldScatters.gather([])
