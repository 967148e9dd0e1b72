"""What a problem holds is in proportion to the data, whatever d and the classes."""

import tracemalloc

import jax.numpy as jnp
import numpy as np
import pytest

from tacit import losses, Problem, Risk, Scatter
from tacit.problems import matrices, products
from tacit.problems.products import Dense
from tests.present import present


RNG = np.random.default_rng(0)


def peak(make):
    """What `make` returns, and the most that NumPy held at once on the way."""
    tracemalloc.start()
    try:
        made = make()
        return made, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("weighted", [False, True])
def test_many_classes_take_the_room_of_the_rows(weighted):
    n, d, C = 6000, 5, 3000
    codes = RNG.permutation(np.arange(n) % C)
    X = 1e6 + RNG.standard_normal((n, d))
    w = RNG.uniform(0.5, 2.0, n) if weighted else np.ones(n)
    Problem(X[:9], codes[:9])  # what is loaded once
    given = (X, codes, w) if weighted else (X, codes)
    problem, held = peak(lambda: Problem(*given))
    assert held < 40 * X.nbytes, "a column of n for every class would be 600 times"
    scatter, held = peak(lambda: Scatter.of(*given))
    assert held < 40 * X.nbytes
    mass = np.bincount(codes, w)
    means = np.stack([np.bincount(codes, w * x) for x in (X - 1e6).T], 1)
    means /= mass[:, None]
    rest = X - 1e6 - means[codes]
    within = (w[:, None] * rest).T @ rest / w.sum()
    middle = mass @ means / w.sum()
    between = (mass[:, None] * (means - middle)).T @ (means - middle) / w.sum()
    for found in (problem, scatter):
        np.testing.assert_allclose(present(found.priors), mass / w.sum(), rtol=1e-13)
        np.testing.assert_allclose(present(found.means), 1e6 + means, rtol=1e-15)
        np.testing.assert_allclose(found.within, within, atol=1e-9)
        np.testing.assert_allclose(found.between, between, atol=1e-9)


def covariance(d):
    A = RNG.standard_normal((d, 2 * d))
    return A @ A.T / d


def test_a_large_scatter_is_held_once(monkeypatch):
    monkeypatch.setattr(matrices, "CELLS", 2**14)
    d = products.JOINED + 88
    given, delta = covariance(d), RNG.standard_normal(d)
    problem, held = peak(lambda: Problem.from_scatter(within=given, delta=delta))
    assert held < 1.3 * given.nbytes
    risk, held = peak(lambda: Risk(problem, losses.Fisher()))
    assert held < 1.3 * given.nbytes
    place = problem.within.unsafe_buffer_pointer()
    assert isinstance(risk.scatter, Dense)
    assert risk.scatter.matrix.unsafe_buffer_pointer() == place
    np.testing.assert_array_equal(problem.within, (given + given.T) / 2)


def test_side_by_side_or_apart_the_products_are_the_same(monkeypatch):
    S, C, E = covariance(30), RNG.standard_normal((30, 3)), RNG.standard_normal((2, 30))
    S, C, E = map(jnp.asarray, (S, C, E))
    joined = products.Dense.of(S, C)
    monkeypatch.setattr(products, "JOINED", 29)
    apart = products.Dense.of(S, C)
    assert joined.contrast is None
    assert apart.contrast is C
    for found, told in zip(joined(E), apart(E), strict=True):
        np.testing.assert_allclose(found, told, rtol=1e-14)
    np.testing.assert_allclose(apart(E)[0], np.asarray(E) @ np.asarray(S), rtol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 40])
def test_a_factor_finds_what_eigenvalues_say(d):
    S, floor = covariance(d), RNG.uniform(0.5, 2.0, d)
    root = np.sqrt(floor)
    least = np.linalg.eigvalsh(S / np.outer(root, root))[0]
    assert matrices.exceeds(S.copy(), 0.999 * least * floor)
    assert not matrices.exceeds(S.copy(), 1.001 * least * floor)
