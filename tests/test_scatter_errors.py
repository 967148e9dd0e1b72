"""What `Scatter` cannot use is refused, with the place and the way out."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from tacit.errors import DataError, OptionError, ShapeError
from tacit.problems import Scatter


X4, Y4 = np.arange(8.0).reshape(4, 2), [0, 0, 1, 1]
HOLE = np.where(np.arange(8).reshape(4, 2) == 5, np.nan, X4)
INFINITE = np.where(X4 == 4, np.inf, X4)
BAD = {
    "no rows": (lambda: Scatter.from_chunks([]), DataError, "of 0 rows"),
    "no weight": (lambda: Scatter.of(X4, Y4, np.zeros(4)), DataError, "of 4 rows"),
    "NaN": (lambda: Scatter.of(HOLE, Y4), DataError, "nan in feature 1 of row 2"),
    "NaN in a later chunk": (
        lambda: Scatter.from_chunks([(X4, Y4), (HOLE, Y4)]),
        DataError,
        "feature 1 of row 6",
    ),
    "NaN after a removed row": (
        lambda: Scatter.of(HOLE, Y4, [0, 1, 1, 1]),
        DataError,
        "of row 2",
    ),
    "masked": (
        lambda: Scatter.from_chunks([(X4, Y4), (np.ma.masked_equal(X4, 5), Y4)]),
        DataError,
        "row 6, feature 1 is masked",
    ),
    "masked labels": (
        lambda: Scatter.of(X4, np.ma.masked_array(Y4, np.arange(4) == 2)),
        DataError,
        "y: row 2 is masked",
    ),
    "complex": (lambda: Scatter.of(X4 + 1j, Y4), DataError, "complex"),
    "complex weights": (lambda: Scatter.of(X4, Y4, X4[0] + 1j), DataError, "complex"),
    "sparse labels": (lambda: Scatter.of(X4, csr_array([Y4])), DataError, "sparse"),
    "complex and sparse": (
        lambda: Scatter.of(csr_array(X4 + 1j), Y4),
        DataError,
        "must hold numbers; got complex128",
    ),
    "infinite and sparse": (
        lambda: Scatter.from_chunks([(X4, Y4), (csr_array(INFINITE), Y4)]),
        DataError,
        "feature 0 of row 6",
    ),
    "faint weight": (lambda: Scatter.of(X4, Y4, [1, 1, 1, 1e-300]), DataError, "row 3"),
    "infinite": (lambda: Scatter.of(X4 / [[0.0, 1]], Y4), DataError, "feature 0"),
    "overflow": (lambda: Scatter.of(X4 * 1e300, Y4), DataError, "overflow"),
    "text in X": (lambda: Scatter.of([["a"], ["b"]], [0, 1]), DataError, "numbers"),
    "one column as a vector": (
        lambda: Scatter.of(np.ones(4), Y4),
        ShapeError,
        "None",
    ),
    "y too short": (lambda: Scatter.of(X4, [0, 1]), ShapeError, "4 rows but y"),
    "weights too short": (
        lambda: Scatter.of(X4, Y4, [1.0]),
        ShapeError,
        "4 rows but weights",
    ),
    "negative weight": (lambda: Scatter.of(X4, Y4, [1, 1, 1, -1]), DataError, "-1"),
    "NaN weight": (lambda: Scatter.of(X4, Y4, [1, 1, 1, np.nan]), DataError, "weights"),
    "four parts": (
        lambda: Scatter.from_chunks([(X4, Y4, None, 0)]),
        ShapeError,
        "give",
    ),
    "real targets": (
        lambda: Scatter.of(X4, [0.1, 0.2, 1, 1]),
        DataError,
        "real numbers",
    ),
    "missing label": (
        lambda: Scatter.of(X4, np.array(["a", None, "b", "b"], object)),
        DataError,
        "missing labels",
    ),
    "labels of two kinds": (
        lambda: Scatter.of(X4, Y4) + Scatter.of(X4, ["a", "a", "b", "b"]),
        DataError,
        "different kinds",
    ),
    "label not among the classes": (
        lambda: Scatter.from_chunks([(X4, Y4)], classes=(0, 2)),
        DataError,
        "label 1",
    ),
    "declared class never seen": (
        lambda: Scatter.from_chunks([(X4, Y4)], classes=(0, 1, 2)).between,
        DataError,
        "no 2",
    ),
    "one class": (lambda: Scatter.of(X4, [0] * 4).priors, DataError, "one class only"),
    "one class, delta": (lambda: Scatter.of(X4, [0] * 4).delta, DataError, "has 1"),
    "three classes, delta": (
        lambda: Scatter.of(X4, [0, 1, 2, 2]).delta,
        DataError,
        "3",
    ),
    "features disagree": (
        lambda: Scatter.of(X4, Y4) + Scatter.of(X4[:, :1], Y4),
        ShapeError,
        "2 features, the other 1",
    ),
    "chunk of nothing": (lambda: Scatter.of(X4, Y4, chunk=0), DataError, "not 0"),
    "unknown convention": (
        lambda: Scatter.of(X4, Y4).in_convention("unbiased"),
        OptionError,
        "pooled",
    ),
    "pooled without rows": (
        lambda: Scatter.of(X4[:2], [0, 1]).unbiased(),
        DataError,
        "n is 2 and C is 2",
    ),
}


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize(("act", "error", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_named(act, error, text):
    with pytest.raises(error, match=text):
        act()
