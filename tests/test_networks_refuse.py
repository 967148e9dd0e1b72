"""What no network can be made of is refused at construction, with the way out."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from tacit.errors import DataError, OptionError, ShapeError
from tacit.networks import ConvLinear, DeepLinear, Diagonal, Gate, MLP, TwoSided


ONES, NAN = np.ones((2, 3)), np.full((2, 3), np.nan)
BAD = {
    "Diagonal, one layer as a vector": (
        lambda: Diagonal(np.ones(3)),
        ShapeError,
        r"layers\[None\]",
    ),
    "Diagonal, no layer": (
        lambda: Diagonal(np.ones((0, 3))),
        ShapeError,
        r"\(0, 3\)",
    ),
    "Diagonal, NaN": (lambda: Diagonal(NAN), DataError, "not all finite"),
    "Diagonal, depth 0": (
        lambda: Diagonal.balanced(np.ones(3), depth=0),
        DataError,
        "Diagonal: depth .* got 0",
    ),
    "Diagonal, matrix start": (
        lambda: Diagonal.balanced(ONES, depth=2),
        ShapeError,
        r"vector \(d,\); got shape \(2, 3\)",
    ),
    "Diagonal, zero start": (
        lambda: Diagonal.balanced(np.array([1.0, 0, 2, 0]), depth=2),
        DataError,
        "0 in 2 of 4 coordinates, the first is number 1.*depth 1",
    ),
    "Diagonal, NaN start": (
        lambda: Diagonal.balanced(np.array([1.0, np.nan]), depth=2),
        DataError,
        "not all finite",
    ),
    "Gate, vector": (lambda: Gate(np.ones(3)), ShapeError, r"\(L, d\)"),
    "Gate, NaN": (lambda: Gate(NAN), DataError, "Gate .* finite"),
    "ConvLinear, vector": (lambda: ConvLinear(np.ones(3)), ShapeError, r"\(L, d\)"),
    "ConvLinear, NaN": (lambda: ConvLinear(NAN), DataError, "ConvLinear .* finite"),
    "ConvLinear, matrix start": (
        lambda: ConvLinear.balanced(ONES, depth=2),
        ShapeError,
        r"vector \(d,\); got shape \(2, 3\)",
    ),
    "ConvLinear, depth 0": (
        lambda: ConvLinear.balanced(np.ones(3), depth=0),
        DataError,
        "ConvLinear: depth .* got 0",
    ),
    "ConvLinear, constant start": (
        lambda: ConvLinear.balanced(np.ones(5), depth=2),
        DataError,
        "0 at 2 of 3 frequencies, the first is 1.*depth 1",
    ),
    "TwoSided, sizes": (
        lambda: TwoSided(np.ones(3), np.ones(2)),
        ShapeError,
        r"\(3,\) and \(2,\)",
    ),
    "TwoSided, depth 0": (
        lambda: TwoSided(np.ones(3), np.ones(3), 0),
        DataError,
        "TwoSided: depth .* got 0",
    ),
    "TwoSided, kappa": (
        lambda: TwoSided.at(np.ones(3), kappa=0.0),
        DataError,
        "kappa .* got 0",
    ),
    "TwoSided, NaN": (
        lambda: TwoSided(np.ones(3), np.full(3, np.inf)),
        DataError,
        "TwoSided .* finite",
    ),
    "DeepLinear, none": (lambda: DeepLinear([]), DataError, "at least one"),
    "DeepLinear, vector": (
        lambda: DeepLinear([np.ones(3)]),
        ShapeError,
        r"layer 1 has shape \(3,\).*W\[None\]",
    ),
    "DeepLinear, mismatch": (
        lambda: DeepLinear([ONES, ONES]),
        ShapeError,
        r"layer 2 has shape \(2, 3\) but layer 1 has \(2, 3\)",
    ),
    "DeepLinear, no unit": (
        lambda: DeepLinear([np.ones((0, 3)), np.ones((1, 0))]),
        ShapeError,
        "layer 1",
    ),
    "DeepLinear, NaN": (lambda: DeepLinear([NAN]), DataError, "DeepLinear .* finite"),
    "DeepLinear, depth 0": (
        lambda: DeepLinear.balanced(ONES, depth=0),
        DataError,
        "DeepLinear: depth .* got 0",
    ),
    "DeepLinear, narrow": (
        lambda: DeepLinear.balanced(ONES, depth=2, width=1),
        ShapeError,
        "width 1 is below the rank bound 2",
    ),
    "DeepLinear, one width": (
        lambda: DeepLinear.gaussian((3,)),
        DataError,
        r"two or more whole numbers above 0.* got \[3\]",
    ),
    "DeepLinear, width 0": (
        lambda: DeepLinear.orthogonal((3, 0, 1)),
        DataError,
        r"got \[3, 0, 1\]",
    ),
    "DeepLinear, half a unit": (
        # The tests' type check looks at one width at random, and may see it first.
        lambda: DeepLinear.zero_first((3, 1.5, 1)),  # pyright: ignore[reportArgumentType]
        (DataError, TypeCheckError),
        "whole numbers|widths",
    ),
    "DeepLinear, scale 0": (
        lambda: DeepLinear.gaussian((3, 1), scale=0.0),
        DataError,
        "scale is above 0 and finite; got 0",
    ),
    "DeepLinear, cube": (
        lambda: DeepLinear.balanced(np.ones((2, 2, 2)), depth=2),
        ShapeError,
        r"\(2, 2, 2\)",
    ),
    "MLP, none": (lambda: MLP([]), DataError, "MLP .* at least one"),
    "MLP, mismatch": (lambda: MLP([ONES, ONES]), ShapeError, "MLP: layer 2"),
    "MLP, vector": (lambda: MLP([np.ones(3)]), ShapeError, "MLP: layer 1"),
    "MLP, activation": (
        lambda: MLP([ONES], "rely"),
        OptionError,
        "relu.* got 'rely'",
    ),
    "MLP, biases": (
        lambda: MLP([ONES], "relu", [np.ones(3)]),
        ShapeError,
        r"\[\(3,\)\] but the layers have \[\(2,\)\]",
    ),
    "MLP, too few biases": (
        lambda: MLP([ONES, np.ones((1, 2))], "relu", [np.ones(2)]),
        ShapeError,
        "one vector a layer",
    ),
    "MLP, NaN": (lambda: MLP([NAN]), DataError, "MLP .* finite"),
}


@pytest.mark.parametrize(("make", "error", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_at_construction(make, error, text):
    with pytest.raises(error, match=text):
        make()
