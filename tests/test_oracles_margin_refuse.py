"""What the margin oracles refuse, and the way out they name."""

import numpy as np
import pytest

from tacit.errors import DataError, ShapeError
from tacit.oracles import (
    fourier_margin,
    hyperbolic_interpolator,
    hyperbolic_margin,
    l1_margin,
    least_squares_path,
    margin_conditions,
    max_margin,
    quasi_margin,
    residual_direction,
    support_strength,
)
from tacit.problems import Problem


RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((5, 8))
MIXED = np.array([[1.0, 0.0], [-1.0, 1.0], [-1.0, -1.0]])
THREE = Problem(RNG.standard_normal((9, 2)), np.arange(9) % 3)
SCATTER = Problem.from_scatter(within=np.eye(2), delta=np.ones(2))
CLASSES = Problem(RNG.standard_normal((8, 9)), np.arange(8) % 2)
TALL = Problem(RNG.standard_normal((9, 3)), RNG.standard_normal(9))
FLAT = Problem(RNG.standard_normal((3, 9)), np.zeros((3, 2)))
SEVERAL = Problem(RNG.standard_normal((3, 9)), RNG.standard_normal((3, 2)))
HELD = np.array([[1.0, 0.0], [1.0, 1.0]])
MARGINS = (max_margin, residual_direction, support_strength, l1_margin, fourier_margin)
BAD = {
    **{f"{f.__name__}, mixed": (f, (MIXED,), DataError, "separates") for f in MARGINS},
    "entropy, mixed": (hyperbolic_margin, (MIXED, 1.0), DataError, "separates"),
    "quasi, mixed": (quasi_margin, (MIXED, 3), DataError, "separates"),
    "margin, three": (max_margin, (THREE,), DataError, "select"),
    "margin, scatter": (max_margin, (SCATTER,), DataError, "no samples"),
    "margin, real": (max_margin, (TALL,), DataError, "0 classes"),
    "margin, empty": (max_margin, (np.ones((0, 3)),), ShapeError, r"\(0, 3\)"),
    "margin, NaN": (max_margin, (ROWS * np.nan,), DataError, "finite"),
    "residual, idle": (residual_direction, (HELD,), DataError, r"samples \[1\]"),
    "quasi, depth": (quasi_margin, (ROWS, 2), DataError, "l1_margin"),
    "quasi, shallow": (quasi_margin, (ROWS, 1), DataError, "max_margin"),
    "quasi, large": (
        quasi_margin,
        (np.abs(RNG.standard_normal((30, 20))), 3),
        DataError,
        "margin_conditions",
    ),
    "conditions, depth": (margin_conditions, (ROWS, np.ones(8), 2), DataError, "3 on"),
    "conditions, w": (margin_conditions, (ROWS, np.ones(7), 3), ShapeError, "8 finite"),
    "conditions, 0": (margin_conditions, (ROWS, np.zeros(8), 3), DataError, "0"),
    "interpolator, 0": (hyperbolic_interpolator, (TALL, 0.0), DataError, "above 0"),
    "interpolator, NaN": (
        hyperbolic_interpolator,
        (TALL, np.nan),
        DataError,
        "got nan",
    ),
    "interpolator, tall": (hyperbolic_interpolator, (TALL, 1.0), DataError, "misses"),
    "interpolator, class": (hyperbolic_interpolator, (CLASSES, 1.0), DataError, "real"),
    "entropy, kappa": (hyperbolic_margin, (ROWS, -1.0), DataError, "got -1"),
    "plateaus, classes": (least_squares_path, (CLASSES,), DataError, "real targets"),
    "plateaus, columns": (least_squares_path, (SEVERAL,), DataError, "real targets"),
    "plateaus, 0": (least_squares_path, (FLAT.select([0]),), DataError, "real targets"),
}


@pytest.mark.parametrize(("oracle", "given", "error", "says"), BAD.values(), ids=BAD)
def test_refuses_and_says_the_way_out(oracle, given, error, says):
    with pytest.raises(error, match=says):
        oracle(*given)
