"""The active-set method by itself, without a start that is all but the answer."""

import numpy as np
import pytest
import scipy.optimize

from tacit.oracles.polyhedra import least_norm
from tests.present import present


def spread(seed, n=40, d=6, tilt=0.2):
    rows = np.random.default_rng(seed).standard_normal((n, d))
    rows[:, 0] = np.abs(rows[:, 0]) + tilt
    return rows / np.linalg.norm(rows, axis=1).max()


def from_one_row(rows, monkeypatch):
    """The answer when the least squares that find a start give up."""

    def never(*_, **__):
        raise RuntimeError("maximum number of iterations")

    with monkeypatch.context() as patched:
        patched.setattr(scipy.optimize, "nnls", never)
        return least_norm(rows)


@pytest.mark.parametrize("seed", range(20))
def test_every_start_ends_at_the_same_point(seed, monkeypatch):
    rows = spread(seed)
    w, m = from_one_row(rows, monkeypatch)
    other, w = present(least_norm(rows)[0]), present(w)
    np.testing.assert_allclose(w, other, rtol=1e-10)
    assert (rows @ w).min() > 1 - 1e-13
    assert m.min() >= 0
    np.testing.assert_allclose(m @ rows, w, atol=1e-12 * np.abs(w).max())
    assert np.abs(m * (rows @ w - 1)).max() < 1e-12 * m.max()


@pytest.mark.parametrize("seed", range(20))
def test_every_start_finds_that_there_is_no_point(seed, monkeypatch):
    rows = np.random.default_rng(seed).standard_normal((40, 6))
    w, m = from_one_row(rows, monkeypatch)
    assert w is None
    assert m.min() >= 0
    assert m.sum() == pytest.approx(1)
    assert np.abs(m @ rows).max() < 1e-13


@pytest.mark.parametrize("closer", [1e-3, 1e-7, 1e-11])
def test_of_two_equal_rows_the_shorter_decides(closer, monkeypatch):
    rows = spread(3)
    w, m = least_norm(rows)
    held = int(np.argmax(m))
    twin = np.vstack([rows, (1 - closer) * rows[held]])
    for found in (least_norm(twin), from_one_row(twin, monkeypatch)):
        assert found[0] @ twin[-1] == pytest.approx(1, abs=1e-13)
        assert found[1][held] == 0
        assert found[1][-1] > 0


@pytest.mark.parametrize("short", [1e-4, 1e-7, 1e-10])
def test_a_row_that_is_short_by_little_is_let_in(short, monkeypatch):
    rows = np.array([[1.0, 0.0], [1.0 - short, 1.0]])
    w, _ = from_one_row(rows, monkeypatch)
    np.testing.assert_allclose(present(w), [1.0, short], rtol=1e-5)


def test_a_long_way_round_ends_where_quadratic_programming_does(monkeypatch):
    rows = spread(11, n=300, d=25, tilt=0.01)
    w, _ = from_one_row(rows, monkeypatch)
    gap = np.linalg.norm(present(w)) / np.linalg.norm(present(least_norm(rows)[0])) - 1
    assert abs(gap) < 1e-12
