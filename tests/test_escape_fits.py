"""Exponents from differences, and plateaus of a curve, on curves that are known."""

import numpy as np
import pytest

from tacit.errors import DataError, ShapeError
from tacit.fits import difference_slopes, find_plateaus, first_below, fit_exponent


GRID = np.geomspace(0.1, 1e-3, 9)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_an_offset_does_not_move_the_exponent(p):
    times = 3 * GRID**-p + 40 * np.arange(2)[:, None] - 1
    found = fit_exponent(GRID, times)
    assert abs(found.value + p) < 1e-9
    assert found.low <= found.value <= found.high
    np.testing.assert_allclose(found.prefactors, 3, rtol=1e-6)
    np.testing.assert_allclose(found.offsets, [-1, 39], rtol=1e-3)
    np.testing.assert_allclose(difference_slopes(GRID, times), -p, rtol=1e-9)


def test_a_line_through_everything_is_biased_and_says_so():
    found = fit_exponent(GRID, 3 / GRID - 25)
    assert abs(found.value + 1) < 1e-9
    assert found.whole < -1.1
    assert -1.02 < found.last_pair < -1.0


def test_a_logarithm_has_exponent_zero():
    found = fit_exponent(GRID, 2 * np.log(1 / GRID) + 5)
    assert abs(found.value) < 1e-9
    np.testing.assert_allclose(found.prefactors, 2)
    np.testing.assert_allclose(found.offsets, 5)


@pytest.mark.parametrize("A", [-2.0, 2.0])
def test_a_wait_with_a_bound_may_fall_to_it(A):
    found = fit_exponent(GRID, 7 + A * GRID, power=-1.0)
    assert abs(found.value - 1) < 1e-9
    np.testing.assert_allclose(found.prefactors, A, rtol=1e-9)
    np.testing.assert_allclose(found.offsets, 7, rtol=1e-9)
    with pytest.raises(DataError, match="grow as eps falls"):
        fit_exponent(GRID, 7 + np.where(GRID > 0.01, A, -A) * GRID, power=-1.0)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        steps = np.diff(GRID**-2.0) * np.exp(0.02 * rng.standard_normal((5, 8)))
        times = np.cumsum(np.column_stack([np.ones(5), steps]), axis=1)
        found = fit_exponent(GRID, times)
        hits += found.low <= -2 <= found.high
    assert 178 <= hits <= 200


@pytest.mark.parametrize(
    ("eps", "times", "error", "text"),
    [
        (GRID[:2], [1.0, 2.0], ShapeError, "three or more"),
        ([0.3, 0.2, 0.1], [1.0, 2.0, 3.0], DataError, "geometric grid"),
        (GRID[:3], [1.0, np.inf, 3.0], DataError, "did not escape"),
        (GRID[:3], [3.0, 2.0, 1.0], DataError, "grow as eps falls"),
    ],
)
def test_what_has_no_exponent_is_refused(eps, times, error, text):
    with pytest.raises(error, match=text):
        fit_exponent(np.asarray(eps), np.asarray(times))


def test_the_plateaus_of_a_staircase():
    t = np.linspace(0, 10, 1001)
    curve = 1 - 0.5 / (1 + np.exp(-40 * (t - 3))) - 0.5 / (1 + np.exp(-40 * (t - 8)))
    found = find_plateaus(t, curve)
    assert [round(p.level, 3) for p in found] == [1.0, 0.5, 0.0]
    np.testing.assert_allclose([p.length for p in found], [3, 5, 2], atol=0.25)
    assert abs(first_below(t, curve, 0.75) - 3) < 1e-6
    assert first_below(t, curve, -1.0) == np.inf
    assert find_plateaus(t, -t, height=0.01) == []


def test_bad_curves_are_refused():
    with pytest.raises(ShapeError, match="two or more times"):
        find_plateaus(np.zeros(1), np.ones(1))
    with pytest.raises(DataError, match="increase"):
        first_below(np.zeros(2), np.ones(2), 1.0)
    with pytest.raises(DataError, match="height is a share"):
        find_plateaus(np.arange(2.0), np.ones(2), height=2.0)
