"""The oracles say where training ends; here SciPy trains, and no code of ours."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tacit.oracles import jump_path, orthant_limit, singular_limit

from .scatters import binary, definite, kernel_inside, kernel_outside


HALF = np.arange(7) % 2 == 0
FINE = {"method": "LSODA", "rtol": 1e-11, "atol": 1e-13}


def mirror(w0, depth, until, slope, stop=None):
    """The end of a balanced network by SciPy, in coordinates linear in the slope."""
    if depth == 2:
        base, inverse = np.log(w0) / 2, lambda p: np.exp(2 * p)
    else:
        base, m = -(w0 ** (2 / depth - 1)) / (depth - 2), -depth / (depth - 2)
        inverse = lambda p: ((2 - depth) * p) ** m  # noqa: E731
    run = solve_ivp(
        lambda _, p: -slope(inverse(p)), (0, until), base, events=stop, **FINE
    )
    assert run.success
    return inverse(run.y[:, -1])


@pytest.mark.parametrize(("depth", "until"), [(2, 3e3), (3, 1e6), (4, 1e8)])
@pytest.mark.parametrize("recipe", [definite, kernel_outside])
def test_orthant_limit_is_where_a_balanced_network_ends(recipe, depth, until):
    for seed in (1111, 1112):
        within, delta, w0 = recipe(seed)
        delta = delta * np.sign(delta @ w0)

        def slope(w, within=within, delta=delta):
            return 2 * (within @ w / (w @ within @ w) - delta / (delta @ w))

        w = mirror(w0, depth, until, slope)
        answer = orthant_limit(binary(within, delta), w0)
        assert 1 - w @ answer.value / np.linalg.norm(w) < 1e-8


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_singular_limit_is_where_a_balanced_network_ends(depth):
    for seed in (1101, 1102):
        within, delta, w0 = kernel_inside(seed)

        def slope(w, within=within, delta=delta):  # of 1/J, which takes for ever
            a = delta @ w
            return 2 * (within @ w / a**2 - (w @ within @ w) * delta / a**3)

        w = mirror(w0, depth, 1e4, slope)
        answer = singular_limit(binary(within, delta), w0, depth)
        assert np.abs(w - answer.value).max() < 1e-7


def test_mixed_cone_is_where_an_unbalanced_network_ends():
    # Depth 2 with layers a > b: x = b, w = x sqrt(x² + c). Where they tie, b = a and
    # log x is integrated, so that the tie stays.
    within, delta, w0 = definite(1005)
    delta = delta * np.sign(delta @ w0)
    gap = np.where(HALF, np.random.default_rng(5).uniform(0.3, 1.5, 7), 0.0)

    def layers(z):
        x = np.where(HALF, z, np.exp(np.where(HALF, 0, z)))
        return x, np.sqrt(x**2 + gap)

    def field(_, z):
        x, y = layers(z)
        w = x * y
        slope = 2 * (within @ w / (w @ within @ w) - delta / (delta @ w))
        return -slope * np.where(HALF, y, 1.0)

    start = np.where(HALF, w0, np.log(w0))
    run = solve_ivp(field, (0, 1e4), start, **FINE)
    w = np.prod(layers(run.y[:, -1]), axis=0)
    answer = orthant_limit(binary(within, delta), w0, HALF)
    assert 1 - w @ answer.value / np.linalg.norm(w) < 1e-8
    assert np.any(answer.value < 0), "the case is empty: no sign changes"


def test_jump_path_is_the_limit_of_the_two_sided_network():
    within, delta, _ = definite(1203, 5)
    path = jump_path(binary(within, delta))
    size = np.log(1e60)  # of 1 / kappa

    def predictor(s):
        s = np.clip(s, -1.2, 1.2)
        return np.exp(size * (s - 1)) - np.exp(-size * (s + 1))

    def field(_, s):
        w = predictor(s)
        return -4 * 2 * (within @ w / (w @ within @ w) - delta / (delta @ w))

    middle = np.append((path.times[1:] + path.times[:-1]) / 2, path.times[-1] + 1)
    run = solve_ivp(field, (0, middle[-1]), path.duals[0], t_eval=middle, **FINE)
    for k, s in enumerate(run.y.T):
        np.testing.assert_allclose(predictor(s), path.points[k], atol=1e-4)
