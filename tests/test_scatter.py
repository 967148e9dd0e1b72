"""Laws of `Scatter`: it is a sum over rows, and an offset changes nothing."""

import functools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tacit.errors import DataError
from tacit.oracles import fisher_direction
from tacit.problems import Problem, Scatter


NAMES = ("apple", "fig", "pear")


@st.composite
def tables(draw, low=6, classes=3):
    """Rows on a grid of 1/1024, so that adding 1e6 is exact; weights in 0, ½, …, 3."""
    n, d = draw(st.integers(low, 60)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = np.round(1024 * rng.normal(size=(n, d))) / 1024
    y = rng.permutation(np.arange(n) % classes)
    return X + y[:, None], y, rng.integers(0, 7, n) / 2 + (np.arange(n) < 1)


def two_pass(X, y, w):
    """Within and between covariance as the textbook has them, in long double."""
    X, w = np.asarray(X, np.longdouble), np.asarray(w, np.longdouble)
    X = X - X[0]  # exact here, and it keeps an offset out of the reference itself
    within = between = 0
    mean = (w @ X) / w.sum()
    for c in np.unique(y[w > 0]):
        v, Z = w[y == c], X[y == c]
        own = (v @ Z) / v.sum()
        within = within + (v[:, None] * (Z - own)).T @ (Z - own)
        between = between + v.sum() * np.outer(own - mean, own - mean)
    return within / w.sum(), between / w.sum()


def assert_same(a, b, rtol=1e-13):
    """Two scatters of the same rows, up to rounding."""
    assert a.classes == b.classes
    np.testing.assert_array_equal(a.count, b.count)
    np.testing.assert_allclose(a.mass, b.mass, rtol=rtol)
    scale = max(abs(b.sums).max(), 1e-3)
    np.testing.assert_allclose(a.sums, b.sums, rtol=0, atol=rtol * scale)
    apart = (a.means - b.means) + (a.tails - b.tails)
    np.testing.assert_allclose(apart, 0, rtol=0, atol=rtol * (1 + abs(b.means).max()))


def split(table, at):
    return [tuple(x[part] for x in table) for part in (slice(at), slice(at, None))]


@given(tables(), st.integers(1, 70), st.integers(1, 70))
def test_any_chunking_equals_two_passes(table, size, inner):
    X, y, w = table
    if len(set(y[w > 0])) < 3:
        return
    chunks = [tuple(x[i : i + size] for x in table) for i in range(0, len(X), size)]
    found = Scatter.from_chunks(chunks, chunk=inner)
    within, between = two_pass(X, y, w)
    np.testing.assert_allclose(found.within, within, rtol=0, atol=1e-14 * len(X))
    np.testing.assert_allclose(found.between, between, rtol=0, atol=1e-14 * len(X))
    np.testing.assert_allclose(found.total, within + between, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.mean, (w @ X) / w.sum(), rtol=0, atol=1e-13)


@given(tables())
def test_merging_commutes(table):
    a, b = (Scatter.of(*part) for part in split((*table[:2], table[2] + 1), 4))
    assert_same(a + b, b.merge(a))


@given(tables(low=9))
def test_merging_associates(table):
    X, y, w = table
    parts = [(X[:3], y[:3]), (X[3:7], y[3:7]), (X[7:], y[7:])]
    a, b, c = (Scatter.of(*part) for part in parts)
    assert_same((a + b) + c, a + (b + c))
    assert_same((a + b) + c, Scatter.of(X, y))


@given(tables(), st.sampled_from([1e6, -1e6, 2.0**30]), st.integers(1, 20))
def test_an_offset_changes_nothing(table, offset, chunk):
    """The shifted rows are exact, so every digit lost would be lost by `Scatter`."""
    X, y, w = table
    here, there = Scatter.of(X, y, w), Scatter.of(X + offset, y, w, chunk=chunk)
    scale = abs(here.sums).max() + 1e-3
    np.testing.assert_allclose(there.sums, here.sums, rtol=0, atol=1e-13 * scale)
    if np.all(here.mass > 0):
        np.testing.assert_allclose(
            there.contrast, here.contrast, rtol=0, atol=1e-14 * len(X)
        )


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6])
def test_float32_rows_are_summed_in_float64(offset):
    rng = np.random.default_rng(0)
    X = (offset + rng.normal(size=(4000, 6))).astype(np.float32)
    y = rng.integers(0, 2, 4000)
    within, between = two_pass(X, y, np.ones(4000))
    found = Scatter.of(X, y, chunk=64)
    assert abs(found.within - within).max() < 1e-14 * abs(within).max()
    assert abs(found.between - between).max() < 1e-13 * abs(between).max()


@given(tables())
def test_weight_zero_is_a_removed_row(table):
    X, y, w = table
    spoilt = np.where(w[:, None] > 0, X, np.nan)
    assert_same(Scatter.of(spoilt, y, w), Scatter.of(X[w > 0], y[w > 0], w[w > 0]))


@given(tables())
def test_weight_two_is_a_doubled_row(table):
    X, y, _ = table
    twice = np.arange(len(X)) % 2 == 0
    weighed = Scatter.of(X, y, 1.0 + twice)
    doubled = Scatter.of(np.r_[X, X[twice]], np.r_[y, y[twice]])
    np.testing.assert_allclose(weighed.mass, doubled.mass)
    np.testing.assert_allclose(weighed.sums, doubled.sums, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weighed.contrast, doubled.contrast, rtol=0, atol=1e-14)
    assert weighed.count.sum() == len(X)


@given(tables())
def test_names_of_labels_do_not_matter(table):
    X, y, w = table
    named = Scatter.of(X, np.array(NAMES)[y], w)
    plain = Scatter.of(X, y, w)
    assert named.classes == tuple(np.array(NAMES)[list(plain.classes)].tolist())
    np.testing.assert_array_equal(named.sums, plain.sums)


def test_a_class_in_one_part_only_is_kept():
    X, y = np.arange(12.0).reshape(6, 2) ** 2, np.array(["b", "b", "a", "a", "c", "c"])
    whole = Scatter.of(X, y)
    parts = [Scatter.of(X[y == c], y[y == c]) for c in "cab"]
    assert_same(parts[0] + parts[1] + parts[2], whole)
    assert whole.classes == ("a", "b", "c")
    assert whole.n == 6
    np.testing.assert_allclose(whole.means[0], X[2:4].mean(axis=0))


def test_a_far_class_does_not_cost_the_near_one_digits():
    """One origin for all classes would leave 1e-4 of the spread here."""
    near = np.random.default_rng(1).normal(size=(50, 1))
    far = np.full((1, 1), 1e12)
    found = Scatter.of(np.r_[far, near], np.r_[1, np.zeros(50)])
    assert found.sums[0, 0] == pytest.approx(50 * near.var(), rel=1e-13)


def test_delta_is_the_second_mean_minus_the_first():
    found = Scatter.of([[1.0], [3.0], [10.0]], ["no", "no", "yes"])
    assert found.delta == 8
    assert found.between == pytest.approx(2 / 9 * 64)
    assert found.priors == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("word", "factor"), [("ml", 1), ("pooled", 60 / 57), ("sum", 60)]
)
def test_conventions_differ_by_a_factor(word, factor):
    X = np.random.default_rng(2).normal(size=(60, 3))
    found = Scatter.of(X, np.arange(60) % 3)
    within, between = found.in_convention(word)
    np.testing.assert_allclose(within, factor * found.within)
    np.testing.assert_allclose(between, factor * found.between)


def test_the_pooled_convention_is_that_of_numpy_and_scikit_learn():
    X = np.random.default_rng(3).normal(size=(30, 2))
    y = np.arange(30) % 2
    within = sum(14 * np.cov(X[y == c].T, ddof=1) for c in (0, 1)) / 28
    np.testing.assert_allclose(Scatter.of(X, y).unbiased()[0], within)


def test_the_rows_handed_over_are_left_as_they_were():
    X = np.arange(12.0).reshape(6, 2) ** 2
    Scatter.of(X, [0, 1] * 3, chunk=2)
    np.testing.assert_array_equal(X, np.arange(12.0).reshape(6, 2) ** 2)


def test_the_mean_leaves_out_a_class_without_rows():
    found = Scatter.from_chunks([([[5.0], [7.0]], [1, 2])], classes=[2, 1, 0])
    assert found.classes == (0, 1, 2)
    assert found.mean == 6


def test_progress_counts_rows():
    seen = []
    X, y = np.eye(6), np.arange(6) % 2
    chunks = ((X[i : i + 2], y[i : i + 2]) for i in (0, 2, 4))
    Scatter.from_chunks(chunks, progress=seen.append)
    assert seen == [2, 4, 6]


def _thirds(X, y, w):
    return [Scatter.of(X[i::3], y[i::3], w[i::3]) for i in range(3)]


WAYS = {
    "whole": lambda X, y, w: Scatter.of(X, y, np.ones_like(w)),
    "weighted": Scatter.of,
    "row by row": lambda X, y, w: Scatter.of(X, y, w, chunk=1),
    "merged": lambda X, y, w: functools.reduce(Scatter.merge, _thirds(X, y, w)),
    "merged backwards": lambda X, y, w: functools.reduce(
        Scatter.merge, _thirds(X, y, w)[::-1]
    ),
    "chunks with a part of the classes": lambda X, y, w: Scatter.from_chunks(
        [(X[y == c], y[y == c], w[y == c]) for c in (1, 0)], classes=(0, 1)
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("c", [14.62, 0.1, 1 / 3, 1e6 + 0.1, -1e-7, 0.0])
def test_a_constant_is_no_information_whatever_the_rounding(way, c):
    rng = np.random.default_rng(0)
    y, w = np.repeat([0, 1], 60), rng.random(120)
    X = np.c_[rng.normal(size=(120, 2)) + 2 * y[:, None], np.full(120, c)]
    found = way(X, y, w)
    assert np.all(found.within[2] == 0)
    assert np.all(found.contrast[2] == 0)
    assert np.all(found.means[:, 2] == c)
    known = Problem.from_scatter(found)
    assert known.constant.tolist() == [False, False, True]
    assert known.varying().d == 2


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_feature_that_is_its_class_has_no_spread_within(way):
    rng = np.random.default_rng(1)
    y, w = np.repeat([0, 1], 60), rng.random(120)
    X = np.c_[rng.normal(size=(120, 2)), np.where(y, 0.1, 1 / 3)]
    found = way(X, y, w)
    assert np.all(found.within[2] == 0)
    assert found.delta[2] == 0.1 - 1 / 3
    with pytest.raises(DataError, match="rank 2 for 3"):
        fisher_direction(Problem.from_scatter(found))


def test_a_sample_knows_the_same_of_constants_as_its_scatter():
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], 60)
    X = np.c_[rng.normal(size=120), np.where(y, 0.1, 1 / 3), np.full(120, 0.7)]
    for weights in (None, rng.random(120)):
        problem = Problem(X, y, weights)
        assert np.all(np.asarray(problem.within)[1:] == 0)
        assert np.asarray(problem.contrast)[2] == 0
        with pytest.raises(DataError, match="rank 1 for 3"):
            fisher_direction(problem)
