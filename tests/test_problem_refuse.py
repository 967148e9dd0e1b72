"""What cannot be a problem is refused, with the place and the way out."""

import numpy as np
import pandas as pd
import pytest

from tacit import Problem, Scatter
from tacit.errors import DataError, ShapeError


X, Y = np.arange(12.0).reshape(4, 3) ** 2, np.array([0, 0, 1, 1])
HOLE = np.where(np.arange(12).reshape(4, 3) == 7, np.nan, X)
FRAME = pd.DataFrame(HOLE, columns=["a", "b", "c"])
PLAIN, EYE = Problem(X, Y), np.eye(3)
GIVEN = Problem.from_scatter(within=EYE, delta=np.ones(3))
TWICE = Problem(X, Y, features=("a", "b", "a"))


def scatter(**parts):
    return lambda: Problem.from_scatter(**parts)


BAD = {
    "text": (lambda: Problem([["a"], ["b"]], [0, 1]), DataError, "numbers.*Encode"),
    "vector": (lambda: Problem(X[0], [0, 1, 1]), ShapeError, r"X\[:, None\]"),
    "empty": (lambda: Problem(X[:0], Y[:0]), ShapeError, r"\(0, 3\)"),
    "NaN": (lambda: Problem(HOLE, Y), DataError, "first in row 2, feature 1"),
    "NaN by name": (lambda: Problem(FRAME, Y), DataError, "row 2, feature 'b'"),
    "infinite": (lambda: Problem(X / [[0.0, 1, 1]], Y), DataError, "not finite"),
    "short y": (lambda: Problem(X, Y[:3]), ShapeError, r"4 rows but y .* \(3,\)"),
    "two label columns": (
        lambda: Problem(X, np.array([["a", "b"]] * 4)),
        ShapeError,
        "class labels are one column",
    ),
    "one class": (lambda: Problem(X, ["a"] * 4), DataError, "one class only, 'a'"),
    "missing label": (
        lambda: Problem(X, np.array(["a", None, "b", "b"], object)),
        DataError,
        "1 missing labels, the first in row 1",
    ),
    "missing in pandas": (
        lambda: Problem(X, pd.Series([True, False, None, True], dtype="boolean")),
        DataError,
        "missing labels, the first in row 2",
    ),
    "missing string in pandas": (
        lambda: Problem(X, pd.Series(["a", "b", None, "a"])),
        DataError,
        "missing labels, the first in row 2",
    ),
    "NaN target": (
        lambda: Problem(X, [0.5, np.nan, 1, 1]),
        DataError,
        "y has 1 entries that are not finite",
    ),
    "mixed labels": (
        lambda: Problem(X, np.array(["a", 1, "b", 2], object)),
        DataError,
        "different kinds",
    ),
    "complex labels": (lambda: Problem(X, 1j * Y), DataError, "dtype complex"),
    "unused category": (
        lambda: Problem(X, pd.Categorical(list("aabb"), categories=list("abc"))),
        DataError,
        "category 'c' but no sample",
    ),
    "names": (
        lambda: Problem(X, Y, features=("a", "b")),
        ShapeError,
        "3 columns but 2 names",
    ),
    "short weights": (lambda: Problem(X, Y, [1.0]), ShapeError, "4 rows but weights"),
    "negative weight": (lambda: Problem(X, Y, [1, 1, 1, -1]), DataError, "span -1"),
    "no weight": (lambda: Problem(X, Y, np.zeros(4)), DataError, "not all 0"),
    "NaN weight": (lambda: Problem(X, Y, [1, 1, 1, np.nan]), DataError, "finite"),
    "class without weight": (
        lambda: Problem(X, ["a", "a", "b", "b"], [1, 1, 0, 0]),
        DataError,
        "class 'b' has no sample of positive weight",
    ),
    "no within": (scatter(delta=np.ones(3)), ShapeError, "needs `within`"),
    "neither": (scatter(within=EYE), ShapeError, "exactly one"),
    "both": (
        scatter(within=EYE, delta=np.ones(3), between=EYE),
        ShapeError,
        "exactly one",
    ),
    "scatter and matrices": (
        lambda: Problem.from_scatter(Scatter.of(X, Y), within=EYE),
        ShapeError,
        "not both",
    ),
    "sizes": (
        scatter(within=EYE, delta=np.ones(2)),
        ShapeError,
        "3×3 .* 2 features",
    ),
    "matrix delta": (scatter(within=EYE, delta=EYE), ShapeError, r"\(3, 3\)"),
    "not square": (scatter(within=X, delta=np.ones(3)), ShapeError, r"\(4, 3\)"),
    "not symmetric": (
        scatter(within=X[:3], delta=np.ones(3)),
        DataError,
        r"\(M \+ M.T\) / 2",
    ),
    "indefinite": (
        scatter(within=np.diag([1.0, 2, -1]), delta=np.ones(3)),
        DataError,
        "within .* least of this matrix is -1 and the largest 2",
    ),
    "indefinite between": (
        scatter(within=EYE, between=np.diag([1.0, 2, -1])),
        DataError,
        "between is a covariance",
    ),
    "NaN within": (
        scatter(within=EYE * np.nan, delta=np.ones(3)),
        DataError,
        "within has entries",
    ),
    "no difference": (
        scatter(within=EYE, delta=np.zeros(3)),
        DataError,
        "nothing to discriminate",
    ),
    "no between": (
        scatter(within=EYE, between=0 * EYE),
        DataError,
        "nothing to discriminate",
    ),
    "samples of a scatter": (lambda: GIVEN.targets, DataError, "Make it from X and y"),
    "rows of a scatter": (lambda: GIVEN.centred, DataError, "samples and class labels"),
    "codes of a scatter": (lambda: GIVEN.codes, DataError, "no class labels"),
    "classes of a scatter": (
        lambda: GIVEN.select(classes=[0]),
        DataError,
        "no class to select",
    ),
    "scores of a scatter": (GIVEN.standardised, DataError, "needs samples"),
    "codes of targets": (lambda: Problem(X, X[:, 0]).codes, DataError, "class labels"),
    "within of targets": (lambda: Problem(X, X[:, 0]).within, DataError, "labels"),
    "between of targets": (
        lambda: Problem(X, X[:, 0]).between,
        DataError,
        "real targets",
    ),
    "delta of three": (
        lambda: Problem(X, [0, 1, 2, 2]).delta,
        DataError,
        "3 classes.*select two",
    ),
    "unknown feature": (lambda: PLAIN.select(["a"]), DataError, "no feature 'a'"),
    "feature beyond": (lambda: PLAIN.select([3]), DataError, "no feature 3; .* 3, co"),
    "doubled name": (lambda: TWICE.select(["a"]), DataError, "2 features are called"),
    "short mask": (lambda: PLAIN.select([True]), ShapeError, "1 entries for 3"),
    "no feature": (lambda: PLAIN.select([]), DataError, "no feature asked for"),
    "no feature left": (
        lambda: PLAIN.select(np.zeros(3, bool)),
        ShapeError,
        r"\(4, 0\)",
    ),
    "unknown class": (
        lambda: PLAIN.select(classes=[2]),
        DataError,
        "no class 2; there are 2: 0, 1",
    ),
    "one class selected": (
        lambda: PLAIN.select(classes=1),
        DataError,
        "one class only, 1",
    ),
    "constant feature": (
        lambda: Problem(np.c_[X, np.ones(4)], Y).standardised(),
        DataError,
        "1 features are constant, the first is 3.*varying",
    ),
}


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize(("act", "error", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_named(act, error, text):
    with pytest.raises(error, match=text):
        act()
