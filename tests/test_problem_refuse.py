"""What cannot be a problem is refused, with the place and the way out."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

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
    "text": (lambda: Problem([["a"], ["b"]], [0, 1]), DataError, "row 0.*text; encode"),
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
    "negative weight": (
        lambda: Problem(X, Y, [1, 1, 1, -1]),
        DataError,
        "row 3 has -1",
    ),
    "no weight": (lambda: Problem(X, Y, np.zeros(4)), DataError, "all 0"),
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
    "masked": (
        lambda: Problem(np.ma.masked_equal(X, X[2, 1]), Y),
        DataError,
        "row 2, feature 1 is masked",
    ),
    "masked label": (
        lambda: Problem(X, np.ma.masked_array(Y, np.arange(4) == 1)),
        DataError,
        "y: row 1 is masked",
    ),
    "masked weight": (
        lambda: Problem(X, Y, np.ma.masked_array(np.ones(4), np.arange(4) == 3)),
        DataError,
        "weights: row 3 is masked",
    ),
    "complex": (lambda: Problem(X + 1j, Y), DataError, "complex.*real and imaginary"),
    "complex among numbers": (
        lambda: Problem(np.where(X[1, 2] == X, 1j, X.astype(object)), Y),
        DataError,
        "row 1, feature 2 is complex",
    ),
    "complex weights": (lambda: Problem(X, Y, Y + 1j), DataError, "complex"),
    "sparse": (lambda: Problem(csr_array(X), Y), DataError, r"sparse.*toarray"),
    "sparse labels": (lambda: Problem(X, csr_array([Y])), DataError, "y is a sparse"),
    "nullable": (
        lambda: Problem(FRAME.convert_dtypes(), Y),
        DataError,
        "row 2, feature 'b' is missing",
    ),
    "nullable weights": (
        lambda: Problem(X, Y, pd.Series([1, None, 1, 1], dtype="Int64")),
        DataError,
        "weights must be finite.*row 1 has nan",
    ),
    "dates": (
        lambda: Problem(pd.DataFrame({"when": pd.date_range("2020", periods=4)}), Y),
        DataError,
        "row 0, feature 'when' is a date",
    ),
    "dates among numbers": (
        lambda: Problem(FRAME[["a"]].assign(when=pd.Timestamp("2020")), Y),
        DataError,
        "row 0, feature 'when' is a date",
    ),
    "spans of time": (
        lambda: Problem(X.astype("timedelta64[D]"), Y),
        DataError,
        "row 0, feature 0 is a date",
    ),
    "a category": (
        lambda: Problem(FRAME[["a"]].assign(c=pd.Categorical([1, 2, 1, 2])), Y),
        DataError,
        "column 'c' holds categories",
    ),
    "numbers as text": (
        lambda: Problem(X.astype(str), Y),
        DataError,
        "row 0, feature 0 is text",
    ),
    "too large to square": (
        lambda: Problem(X * 1e160, Y),
        DataError,
        r"1.2e\+162 in row 3, feature 2",
    ),
    "too small to square": (
        lambda: Problem(X * [1, 1e-180, 1], Y),
        DataError,
        "feature 1 varies by",
    ),
    "targets too large to square": (
        lambda: Problem(X, [1e200, 2.0, 3.0, 4.0]),
        DataError,
        r"y reaches 1.0e\+200 in row 0",
    ),
    "whole number beyond floats": (
        lambda: Problem([[10**400, 1], [2, 3]], [0, 1]),
        DataError,
        "float64 cannot",
    ),
    "rows of different lengths": (
        lambda: Problem([[1.0, 2.0], [3.0]], [0, 1]),
        DataError,
        "rows of one length",
    ),
    "text for a weight": (
        lambda: Problem(X, Y, ["1", "2", "3", "w"]),
        DataError,
        "weights must hold numbers: row 0 is text",
    ),
    "faint weights": (
        lambda: Problem(X, Y, [1, 1, 1e-110, 1]),
        DataError,
        r"row 2 has 1.0e-110.*multiply all by one number",
    ),
    "huge weights": (lambda: Problem(X, Y, [1e300] * 4), DataError, "row 0 has 1.0e"),
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
