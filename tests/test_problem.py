"""Laws of `Problem`: what is read as a class, and the scatter of weighted samples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from tacit import Problem, Scatter
from tests.present import present
from tests.test_scatter import tables, two_pass


CODES = np.array([0, 1, 1, 0, 1, 0, 0, 1])
TRIPLE = np.array([0, 2, 1, 0, 1, 2, 0, 1])
TABLE = np.random.default_rng(0).standard_normal((8, 3))
NAMES = np.array(["ham", "spam"])

TWO = {
    "strings": (NAMES[CODES], ("ham", "spam")),
    "a list of strings": (NAMES[CODES].tolist(), ("ham", "spam")),
    "bytes": (np.array([b"a", b"b"])[CODES], (b"a", b"b")),
    "integers": (np.array([3, 7])[CODES], (3, 7)),
    "0 and 1": (CODES, (0, 1)),
    "small integers": (CODES.astype(np.uint8), (0, 1)),
    "±1": (2 * CODES - 1, (-1, 1)),
    "0.0 and 1.0": (CODES.astype(float), (0.0, 1.0)),
    "±1.0": (2.0 * CODES - 1, (-1.0, 1.0)),
    "float32": ((2 * CODES - 1).astype(np.float32), (-1.0, 1.0)),
    "booleans": (CODES == 1, (False, True)),
    "boolean objects": ((CODES == 1).astype(object), (False, True)),
    "a column": (CODES[:, None], (0, 1)),
    "a column of floats": (2.0 * CODES[:, None] - 1, (-1.0, 1.0)),
    "Series": (pd.Series(NAMES[CODES]), ("ham", "spam")),
    "Series with another index": (pd.Series(CODES, index=range(9, 17)), (0, 1)),
    "nullable integers": (pd.Series(CODES, dtype="Int64"), (0, 1)),
    "categories": (pd.Series(NAMES[CODES], dtype="category"), ("ham", "spam")),
    "categories in another order": (
        pd.Categorical(NAMES[CODES], categories=["spam", "ham"]),
        ("ham", "spam"),
    ),
    "DataFrame": (pd.DataFrame({"label": NAMES[CODES]}), ("ham", "spam")),
}


@pytest.mark.parametrize(("y", "classes"), TWO.values(), ids=TWO)
def test_two_classes_of_every_kind(y, classes):
    problem = Problem(TABLE, y)
    assert problem.classes == classes
    assert [type(c) for c in problem.classes] == [type(c) for c in classes]
    assert problem.binary
    np.testing.assert_array_equal(problem.y, 2 * CODES - 1)
    np.testing.assert_array_equal(problem.targets, problem.y)
    np.testing.assert_array_equal(problem.codes, CODES)
    assert problem.labels.tolist() == [classes[c] for c in CODES]
    assert Problem(TABLE, problem.labels).classes == classes
    if not isinstance(y, pd.DataFrame) and np.ndim(y) == 1:
        assert Scatter.of(TABLE, y).classes == classes, "the same reader for both"


THREE = {
    "strings": np.array(["ham", "jam", "spam"])[TRIPLE],
    "integers": np.array([-5, 0, 12])[TRIPLE],
    "Series": pd.Series(np.array(["ham", "jam", "spam"])[TRIPLE]),
    "categories": pd.Categorical(np.array(["ham", "jam", "spam"])[TRIPLE]),
}


@pytest.mark.parametrize("y", THREE.values(), ids=THREE)
def test_three_classes_are_counted_from_0(y):
    problem = Problem(TABLE, y)
    assert not problem.binary
    np.testing.assert_array_equal(problem.y, TRIPLE)
    np.testing.assert_array_equal(problem.codes, TRIPLE)
    np.testing.assert_array_equal(problem.targets, np.eye(3)[TRIPLE])
    assert problem.labels.tolist() == list(np.asarray(y))


REAL = {
    "floats": (TABLE[:, 0], (8,)),
    "whole floats": (TRIPLE.astype(float), (8,)),
    "a column": (TABLE[:, :1], (8,)),
    "two columns": (TABLE[:, :2], (8, 2)),
    "two columns of integers": (np.stack([CODES, TRIPLE], axis=1), (8, 2)),
    "objects": (TABLE[:, 0].astype(object), (8,)),
    "Series": (pd.Series(TABLE[:, 0]), (8,)),
    "DataFrame": (pd.DataFrame(TABLE[:, :2]), (8, 2)),
}


@pytest.mark.parametrize(("y", "shape"), REAL.values(), ids=REAL)
def test_other_floats_are_targets(y, shape):
    problem = Problem(TABLE, y)
    assert problem.classes == ()
    assert present(problem.y).shape == shape
    np.testing.assert_array_equal(problem.targets, np.asarray(y, float).reshape(shape))
    np.testing.assert_array_equal(problem.labels, problem.targets)
    assert problem.priors is None


def test_data_frames_keep_their_names():
    frame = pd.DataFrame(TABLE, columns=["a", "b", "c"], index=range(5, 13))
    problem = Problem(frame, pd.Series(NAMES[CODES], index=range(8)))
    assert problem.features == ("a", "b", "c")
    np.testing.assert_array_equal(problem.X, TABLE)
    assert Problem(frame, CODES, features=("x", "y", "z")).features == ("x", "y", "z")


@given(tables(), st.sampled_from([0.0, 1e6]), st.booleans(), st.sampled_from([2, 3]))
@settings(max_examples=40)
def test_the_scatter_side_is_that_of_numpy_and_of_scatter(table, offset, heavy, C):
    """The shifted rows are exact, so every digit lost would be lost by `Problem`."""
    X, y, w = table
    y = np.minimum(y, C - 1)
    w = w + 1 if heavy else np.ones(len(X))
    problem = Problem(X + offset, y, w if heavy else None)
    plain, whole = two_pass(X, y, w), Scatter.of(X + offset, y, w)
    small = {"rtol": 0, "atol": 1e-13 * len(X)}
    np.testing.assert_allclose(problem.within, plain[0].astype(float), **small)
    np.testing.assert_allclose(problem.between, plain[1].astype(float), **small)
    np.testing.assert_allclose(problem.within, whole.within, **small)
    np.testing.assert_allclose(problem.between, whole.between, **small)
    np.testing.assert_allclose(
        present(problem.priors), present(whole.priors), rtol=1e-14
    )
    np.testing.assert_allclose(
        present(problem.means), present(whole.means), rtol=1e-14, atol=1e-14
    )
    np.testing.assert_allclose(problem.centred.T @ problem.centred, problem.within)
    assert problem.contrast.shape == (X.shape[1], 1 if C == 2 else C)
    if C == 2:
        np.testing.assert_allclose(problem.delta, whole.delta, **small)


@given(tables(low=9), st.sampled_from([2, 3]))
@settings(max_examples=25)
def test_weight_0_removes_a_row_and_2_doubles_it(table, C):
    X, y, _ = table
    y = np.minimum(y, C - 1)
    w = np.where(np.arange(len(X)) >= 6, np.arange(len(X)) % 3, 1)
    weighed, rows = Problem(X, y, w), np.repeat(np.arange(len(X)), w)
    counted = Problem(X[rows], y[rows])
    for name in ("priors", "means", "within", "between", "contrast"):
        found, told = getattr(weighed, name), getattr(counted, name)
        np.testing.assert_allclose(found, told, rtol=0, atol=1e-13 * len(X))
    np.testing.assert_array_equal(weighed.constant, counted.constant)
    if not weighed.constant.any():
        scores = np.asarray(weighed.standardised().X)[rows]
        np.testing.assert_allclose(
            scores, present(counted.standardised().X), atol=1e-12
        )


def test_delta_is_the_second_mean_minus_the_first():
    problem = Problem(np.array([[1.0], [3.0], [10.0]]), ["no", "no", "yes"])
    assert problem.delta == pytest.approx(8)
    assert problem.between[0, 0] == pytest.approx(2 / 9 * 64)


def test_from_a_scatter_in_its_three_forms():
    for y in (CODES, TRIPLE):
        whole = Problem(TABLE + 1e6, y)
        given = Problem.from_scatter(Scatter.of(TABLE + 1e6, y))
        for name in ("priors", "means", "within", "between", "contrast"):
            found, told = getattr(given, name), getattr(whole, name)
            np.testing.assert_allclose(found, told, rtol=1e-13, atol=1e-13)
        assert (given.X, given.y, given.n, given.d) == (None, None, 0, 3)
        assert given.classes == whole.classes
    binary = Problem(TABLE, CODES)
    by_delta = Problem.from_scatter(within=binary.within, delta=binary.delta)
    np.testing.assert_array_equal(by_delta.delta, binary.delta)
    np.testing.assert_array_equal(
        by_delta.between, np.outer(binary.delta, binary.delta)
    )
    for y, rank in ((CODES, 1), (TRIPLE, 2)):
        told = Problem(TABLE, y)
        found = Problem.from_scatter(within=told.within, between=told.between)
        np.testing.assert_allclose(found.between, told.between, atol=1e-14)
        assert found.contrast.shape == (3, rank)
        assert found.binary == (rank == 1)


def test_select_features_by_name_index_or_mask():
    problem = Problem(pd.DataFrame(TABLE, columns=["a", "b", "c"]), CODES)
    for wanted in (["c", "a"], [2, 0], [-1, 0], np.array([2, 0]), ("c", "a")):
        found = problem.select(features=wanted)
        np.testing.assert_array_equal(found.X, TABLE[:, [2, 0]])
        assert found.features == ("c", "a")
    found = problem.select(features=[True, False, True])
    assert found.features == ("a", "c")
    assert problem.select(features="b").features == ("b",)
    given = Problem.from_scatter(Scatter.of(TABLE, CODES)).select(features=[2, 0])
    whole = problem.select(features=[2, 0])
    np.testing.assert_allclose(given.within, whole.within, atol=1e-15)
    np.testing.assert_allclose(given.delta, whole.delta)
    np.testing.assert_allclose(present(given.means), present(whole.means))


def test_select_classes_keeps_their_rows_and_weights():
    names, w = np.array(["ham", "jam", "spam"]), np.arange(1.0, 9)
    found = Problem(TABLE, names[TRIPLE], w).select(classes=["spam", "ham"])
    kept = TRIPLE != 1
    assert found.classes == ("ham", "spam")
    np.testing.assert_array_equal(found.X, TABLE[kept])
    np.testing.assert_array_equal(found.weights, w[kept])
    np.testing.assert_array_equal(found.y, np.where(TRIPLE[kept] == 2, 1, -1))
    booleans = Problem(TABLE, CODES == 1).select(classes=[True, False])
    assert booleans.classes == (False, True)


def test_varying_drops_what_is_constant_where_there_is_weight():
    X = np.c_[TABLE, np.full(8, 0.1), np.eye(8)[0]]
    assert Problem(X, CODES).varying().d == 4
    weighed = Problem(X, CODES, [0, 1, 1, 1, 1, 1, 1, 1])
    assert weighed.constant.tolist() == [False, False, False, True, True]
    assert weighed.varying().d == 3
    given = Problem.from_scatter(Scatter.of(X, CODES))
    assert given.varying().d == 4


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_standardised_has_mean_0_and_deviation_1(offset):
    w = np.arange(8.0)
    scores = np.asarray(
        Problem(TABLE * [1, 10, 1e3] + offset, CODES, w).standardised().X
    )
    np.testing.assert_allclose(np.average(scores, axis=0, weights=w), 0, atol=1e-9)
    np.testing.assert_allclose(np.average(scores**2, axis=0, weights=w), 1, rtol=1e-9)
    plain = Problem(TABLE, TABLE[:, 0]).standardised()
    np.testing.assert_allclose(present(plain.X).std(axis=0), 1, rtol=1e-14)
    assert plain.classes == ()
