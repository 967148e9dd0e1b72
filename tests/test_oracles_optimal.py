"""Laws of the oracles: no rival does better."""

import numpy as np
import pytest

from tacit.oracles import (
    fisher_direction,
    jump_path,
    optimum,
    orthant_limit,
)

from .scatters import (
    binary,
    definite,
    kernel_outside,
    on_an_edge,
    three_classes,
)


def limit(seed, recipe):
    within, delta, w0 = recipe(seed)
    problem = binary(within, delta)
    return problem, orthant_limit(problem, w0)


def ratio(problem, w):
    a, within = np.asarray(problem.contrast)[:, 0] @ w, np.asarray(problem.within)
    return a * a / np.sum(w * (within @ w), axis=0)


@pytest.mark.parametrize("recipe", [definite, kernel_outside])
def test_orthant_limit_beats_random_predictors_of_its_signs(recipe):
    rng = np.random.default_rng(0)
    for seed in range(1000, 1010):
        problem, answer = limit(seed, recipe)
        sign, delta = answer.signs, np.asarray(problem.delta)
        near = np.abs(answer.value[:, None] + 0.1 * rng.standard_normal((7, 2000)))
        rivals = sign[:, None] * np.hstack([near, rng.exponential(size=(7, 2000)) ** 3])
        rivals = rivals[:, (delta @ rivals) * (delta @ answer.value) > 0]
        assert ratio(problem, rivals).max() < answer.objective
        assert ratio(problem, answer.value) == pytest.approx(answer.objective, 1e-12)


def test_limits_follow_the_units_of_the_features():
    units = 10.0 ** np.linspace(-5, 5, 7)
    for recipe in (definite, kernel_outside):
        within, delta, w0 = recipe(1004)
        plain = orthant_limit(binary(within, delta), w0).value
        problem = binary(within * np.outer(units, units), delta * units)
        scaled = orthant_limit(problem, w0)
        assert scaled.residual < 1e-11
        back = scaled.value * units
        np.testing.assert_allclose(back / np.linalg.norm(back), plain, atol=1e-10)


@pytest.mark.parametrize("seed", [0, 3, 6, 1083, 1998, 2541, 2616])
def test_orthant_limit_on_an_edge_keeps_every_sign(seed):
    _, answer = limit(seed, on_an_edge)
    assert answer.residual < 1e-11
    assert np.all(answer.value >= 0)


def test_slope_is_that_of_the_logarithm_of_j():
    problem, answer = limit(1003, definite)
    steps = 1e-5 * np.eye(7)
    ends = [np.log(ratio(problem, answer.value[:, None] + h)) for h in (steps, -steps)]
    np.testing.assert_allclose((ends[1] - ends[0]) / 2e-5, answer.slope, atol=1e-8)


def test_jump_path_ends_at_fisher_from_every_start():
    problem = binary(*definite(1207, 5)[:2])
    end = fisher_direction(problem).value
    for start in range(5):
        path = jump_path(problem, start=start)
        assert path.residual < 1e-11
        sign = np.sign(path.value @ end)
        np.testing.assert_allclose(path.value, sign * end, atol=1e-12)
        assert np.all(np.diff(path.objectives) > 0)
        assert np.all(np.diff(path.times) > 0)
        assert np.flatnonzero(path.supports[0]).tolist() == [start]


def test_optimum_beats_random_outputs():
    rng, problem = np.random.default_rng(0), three_classes(1401)
    within, between = np.asarray(problem.within), np.asarray(problem.between)
    found = {
        c: optimum(problem, 2, c).objective for c in ("ratio trace", "trace ratio")
    }
    start = optimum(problem, 2, "trace ratio").value
    for size in np.geomspace(1e-3, 10, 300):
        E = np.linalg.qr((start + size * rng.standard_normal((2, 8))).T)[0].T
        A, B = E @ within @ E.T, E @ between @ E.T
        assert np.trace(B) / np.trace(A) < found["trace ratio"]
        assert np.trace(np.linalg.solve(A, B)) < found["ratio trace"]
    one = optimum(problem.select(classes=[0, 1]), 1)
    assert one.objective == pytest.approx(
        fisher_direction(problem.select(classes=[0, 1])).objective, 1e-12
    )
