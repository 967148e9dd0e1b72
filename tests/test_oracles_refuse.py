"""What the oracles refuse, and the way out they name."""

import functools

import numpy as np
import pytest

from tacit.errors import DataError, OptionError, ShapeError
from tacit.oracles import (
    fisher_direction,
    jump_path,
    optimum,
    orthant_limit,
    singular_limit,
)
from tacit.problems import Problem

from .scatters import binary, definite, kernel_inside, kernel_outside, three_classes


def plain():
    return binary(*definite(1000)[:2])


def shifted(values):
    return np.where(np.arange(7) < len(values), np.resize(values, 7), definite(1000)[2])


def twins():
    """Two equal features."""
    copy = np.eye(7)[[0, 1, 2, 3, 4, 5, 5]]
    within, delta, _ = definite(1000)
    return binary(copy @ within @ copy.T, np.abs(copy @ delta))


def across():
    delta, w0 = np.asarray(plain().delta), definite(1000)[2]
    return binary(np.eye(7), delta - w0 * (delta @ w0) / (w0 @ w0))


ONES = np.ones(8)
DEFINITE = definite(1000)[2]
INSIDE = binary(*kernel_inside(1101)[:2])
OUTSIDE = binary(*kernel_outside(1111)[:2])
BAD = {
    "fisher, singular": (fisher_direction, (INSIDE,), DataError, "rank 4 for 8"),
    "fisher, classes": (fisher_direction, (three_classes(1),), DataError, "optimum"),
    "orthant, classes": (orthant_limit, (three_classes(1), ONES), DataError, "optimum"),
    "orthant, a zero": (
        orthant_limit,
        (plain(), shifted([0.0])),
        DataError,
        "feature 0",
    ),
    "orthant, zeros": (orthant_limit, (plain(), shifted([0, 0])), DataError, "s 0, 1"),
    "orthant, NaN": (orthant_limit, (plain(), shifted([np.nan])), DataError, "finite"),
    "orthant, length": (orthant_limit, (plain(), ONES), ShapeError, "7 features"),
    "orthant, mask": (orthant_limit, (plain(), DEFINITE, ONES), ShapeError, "booleans"),
    "orthant, side": (orthant_limit, (across(), DEFINITE), DataError, r"delta \. w0"),
    "orthant, kernel": (orthant_limit, (INSIDE, ONES), DataError, "singular_limit"),
    "orthant, twins": (orthant_limit, (twins(), DEFINITE), DataError, "duplicates"),
    "orthant, free twins": (
        orthant_limit,
        (twins(), DEFINITE, np.arange(7) > 4),
        DataError,
        "duplicates",
    ),
    "singular, depth": (singular_limit, (INSIDE, ONES, 0), DataError, "got 0"),
    "singular, zero": (singular_limit, (INSIDE, 0 * ONES, 2), DataError, "sign"),
    "singular, definite": (
        singular_limit,
        (plain(), DEFINITE, 2),
        DataError,
        "orthant_limit",
    ),
    "singular, kernel": (
        singular_limit,
        (OUTSIDE, np.ones(7), 2),
        DataError,
        "orthant_limit",
    ),
    "jump path, singular": (jump_path, (INSIDE,), DataError, "rank 4"),
    "jump path, start": (jump_path, (plain(), 9), DataError, "9"),
    "jump path, duals": (
        functools.partial(jump_path, duals=np.zeros(7)),
        (plain(),),
        DataError,
        "in .-1, 1. that reach",
    ),
    "optimum, singular": (optimum, (INSIDE, 1), DataError, "rank 4"),
    "optimum, outputs": (optimum, (three_classes(1), 3), DataError, "1 and 2"),
    "optimum, none": (optimum, (three_classes(1), 0), DataError, "got 0"),
    "optimum, word": (optimum, (plain(), 1, "trace"), OptionError, "trace ratio"),
}


@pytest.mark.parametrize("seed", range(1101, 1111))
def test_orthant_limit_refuses_every_kernel_inside(seed):
    within, delta, w0 = kernel_inside(seed)
    with pytest.raises(DataError, match="bounded on the orthant"):
        orthant_limit(binary(within, delta), w0)


@pytest.mark.parametrize("seed", range(1331, 1337))
def test_orthant_limit_refuses_fewer_samples_than_its_kernel_allows(seed):
    rng, y = np.random.default_rng(seed), np.arange(12) % 2
    X = rng.standard_normal((12, 24))
    X[y == 1, :3] += 0.8
    with pytest.raises(DataError, match="bounded on the orthant"):
        orthant_limit(Problem(1e3 * X + 1e5, y), np.ones(24))


@pytest.mark.parametrize(("oracle", "given", "error", "says"), BAD.values(), ids=BAD)
def test_refuses_and_says_the_way_out(oracle, given, error, says):
    with pytest.raises(error, match=says):
        oracle(*given)
