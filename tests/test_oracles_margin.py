"""Laws of the margin oracles: proofs that can say no, against exact arithmetic."""

import dataclasses
import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize

from tacit import load
from tacit.errors import DataError
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
    separability,
    support_strength,
)
from tacit.problems import Problem
from tests.cases import ORACLES
from tests.oracle_cases import labelled, separable, sparse, wide


@pytest.mark.parametrize("field", ["multipliers", "margin", "support"])
def test_certificate_of_the_margin_reads_every_part_of_the_proof(field):
    data, answer = ORACLES["max margin"].ask(2)
    part = getattr(answer, field)
    wrong = {
        "multipliers": np.roll(part, 1) if field == "multipliers" else None,
        "margin": 1.001 * part if field == "margin" else None,
        "support": np.roll(part, 1) if field == "support" else None,
    }[field]
    assert dataclasses.replace(answer, **{field: wrong}).certificate(data) > 1e-5


def exact_margin(rows):
    """The margin in rational numbers, over all possible sets of supports."""
    rows = [[Fraction(float(x)) for x in row] for row in rows]

    def dot(a, b):
        return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))

    best = None
    for k in range(1, len(rows[0]) + 1):
        for held in itertools.combinations(rows, k):
            table = [[dot(a, b) for b in held] + [Fraction(1)] for a in held]
            for i in range(k):
                pivot = next((r for r in range(i, k) if table[r][i]), None)
                if pivot is None:
                    break
                table[i], table[pivot] = table[pivot], table[i]
                table[i] = [x / table[i][i] for x in table[i]]
                for r in range(k):
                    if r != i:
                        pairs = zip(table[r], table[i], strict=True)
                        table[r] = [x - table[r][i] * y for x, y in pairs]
            else:
                m = [row[-1] for row in table]
                columns = zip(*held, strict=True)
                w = [dot(m, column) for column in columns]
                if min(m) >= 0 and all(dot(row, w) >= 1 for row in rows):
                    height = dot(w, w)
                    best = height if best is None else min(best, height)
    return None if best is None else float(1 / best) ** 0.5


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e-8])
def test_margin_against_rational_arithmetic(seed, scale):
    rows = separable(seed, n=6) * [1.0, 1.0, scale]
    assert max_margin(rows).margin == pytest.approx(exact_margin(rows), rel=1e-12)


@pytest.mark.parametrize("margin", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("seed", range(4))
def test_tiny_margins(margin, seed):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((50, 20))
    rows[:, 0] = margin * (1 + rng.uniform(size=50))
    turn = np.linalg.qr(rng.standard_normal((20, 20)))[0]
    plain, turned = max_margin(rows), max_margin(rows @ turn)
    assert max(plain.residual, turned.residual) < 1e-14
    away = np.linalg.norm(turned.value - plain.value @ turn)
    assert away < 1e-15 * np.linalg.norm(rows, axis=1).max() / plain.margin * 20


def test_two_samples_a_hair_apart():
    answer = max_margin(np.array([[1.0, 1e-12], [-1.0, 1e-12]]))
    np.testing.assert_allclose(answer.value, [0.0, 1.0], atol=1e-15)
    assert answer.margin == pytest.approx(1e-12, rel=1e-12)


@pytest.mark.parametrize("copies", [2, 5])
def test_duplicates_change_nothing_but_the_shares(copies):
    rows = separable(3)
    plain, many = max_margin(rows), max_margin(np.repeat(rows, copies, axis=0))
    np.testing.assert_allclose(many.value, plain.value, atol=1e-14)
    assert np.array_equal(many.support, np.repeat(plain.support, copies))
    shares = many.multipliers.reshape(-1, copies).sum(axis=1)
    np.testing.assert_allclose(shares, plain.multipliers, atol=1e-13)


def test_one_sample_is_its_own_direction():
    answer = max_margin(np.array([[3.0, 4.0]]))
    np.testing.assert_allclose(answer.value, [0.6, 0.8], rtol=1e-15)
    assert answer.margin == pytest.approx(5.0)
    assert not answer.spanning


def test_a_tie_with_multiplier_0_is_in_the_support():
    answer = max_margin(np.array([[1.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(answer.value, [1.0, 0.0], atol=1e-15)
    assert answer.support.all()
    assert answer.spanning
    np.testing.assert_allclose(answer.multipliers, [1.0, 0.0], atol=1e-15)


def test_a_sample_just_beyond_the_margin_is_not_in_the_support():
    answer = max_margin(np.array([[1.0, 0.0], [1.0 + 1e-7, 1.0], [1 + 1e-12, -1.0]]))
    assert answer.support.tolist() == [True, False, True]


def test_the_support_of_a_tiny_margin_is_found_through_its_rounding():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((60, 20))
    rows[:, 0] = 1e-11
    turn = np.linalg.qr(rng.standard_normal((20, 20)))[0]
    assert max_margin(rows @ turn).support.all()


def test_samples_without_weight_do_not_count():
    rows = separable(4)
    problem, weight = labelled(rows), np.ones(30)
    held = np.flatnonzero(max_margin(rows).support)[0]
    weight[held] = 0
    less = max_margin(Problem(np.asarray(problem.X), problem.labels, weight))
    left = max_margin(np.delete(rows, held, axis=0))
    np.testing.assert_allclose(less.value, left.value, atol=1e-14)
    assert less.multipliers[held] == 0
    assert less.residual < 1e-14


@pytest.mark.parametrize("n", [40, 569])
def test_many_samples_and_features_of_uneven_units(n):
    rows = separable(5, n=n, d=12, gap=0.01) * np.logspace(-3, 3, 12)
    assert max_margin(rows).residual < 1e-14


def test_real_data():
    cancer = load("breast_cancer")
    answer = max_margin(cancer)
    assert answer.residual < 1e-14
    assert separability(cancer).separable
    assert 0 < answer.margin < 1e-4  # in the units given, of samples up to 5e3 long
    assert not separability(cancer.standardised()).separable
    iris = load("iris")
    assert max_margin(iris.select(classes=iris.classes[:2])).residual < 1e-14
    assert not separability(iris.select(classes=iris.classes[1:])).separable


INSEPARABLE = {
    "a sample at 0": separable(0) * (np.arange(30) != 7)[:, None],
    "opposite samples": np.array([[1.0, 2.0], [-1.0, -2.0]]),
    "around 0": np.array([[1.0, 0.0], [-1.0, 1.0], [-1.0, -1.0]]),
    "noise": np.random.default_rng(0).standard_normal((200, 10)),
    "a hair beyond": np.array([[1.0, 1e-9], [-1.0, -2e-9], [-1.0, 1e-9]]),
    "in uneven units": np.random.default_rng(1).standard_normal((99, 5))
    * 1e3 ** np.arange(5),
}


@pytest.mark.parametrize("rows", INSEPARABLE.values(), ids=INSEPARABLE)
def test_inseparable_data_come_with_a_proof(rows):
    answer = separability(rows)
    assert not answer.separable
    assert answer.residual < 1e-14
    assert answer.value.min() >= 0
    assert answer.value.sum() == pytest.approx(1)
    wrong = answer.value + 1e-3 * np.arange(len(rows))
    other = dataclasses.replace(answer, value=wrong / wrong.sum())
    assert other.certificate(rows) > 1e-10
    with pytest.raises(DataError, match=r"sample \d"):
        max_margin(rows)


def test_a_false_proof_of_separability_is_noticed():
    rows = INSEPARABLE["noise"]
    planted = dataclasses.replace(
        separability(rows), value=np.eye(10)[0], separable=True
    )
    assert planted.certificate(rows) == 1.0


def test_separability_does_not_depend_on_units():
    rows = separable(6) * [1e-120, 1.0, 1e90]
    answer = separability(rows)
    assert answer.separable
    assert np.all(rows @ answer.value > 0)
    with pytest.raises(DataError, match="less than rounding"):
        max_margin(rows)


@pytest.mark.parametrize("seed", range(4))
def test_residual_in_closed_form(seed):
    rows = separable(seed)
    answer = residual_direction(rows)
    held = rows[answer.margin.support]
    logs = np.log(answer.margin.multipliers[answer.margin.support])
    assert np.ptp(held @ answer.value + logs) < 1e-12


def prism(seed, d, k):
    """Twice `k` samples, half of them at the margin: more than there are features."""
    base = np.random.default_rng(seed).standard_normal((k, d))
    base[:, 0], base[:, 1:] = 1.0, base[:, 1:] - base[:, 1:].mean(axis=0)
    return np.vstack([base, base + 0.5 * np.eye(d)[0]])


@pytest.mark.parametrize(("d", "k"), [(2, 5), (3, 7), (5, 9), (12, 20)])
def test_more_support_vectors_than_features(d, k):
    rows = prism(d, d, k)
    answer = residual_direction(rows)
    assert answer.residual < 1e-14
    assert answer.margin.support.sum() == k
    step = 1e-6 * np.random.default_rng(0).standard_normal((50, d))
    step[:, 0] = 0
    heights = np.exp(-rows[:k] @ (answer.value + step).T).sum(axis=0)
    assert np.all(heights > np.exp(-rows[:k] @ answer.value).sum())


def test_the_weights_of_samples_move_the_residual():
    rows, weight = separable(2), np.linspace(1, 4, 30)
    problem = labelled(rows)
    heavy = residual_direction(Problem(np.asarray(problem.X), problem.labels, weight))
    plain = residual_direction(rows)
    held = plain.margin.support
    logs = rows[held] @ (heavy.value - plain.value) - np.log(weight[held])
    assert np.ptp(logs) < 1e-12
    assert heavy.residual < 1e-14


@pytest.mark.parametrize("seed", range(5))
def test_alpha_against_a_scan_of_the_circle(seed):
    rows = separable(seed)
    answer = support_strength(rows)
    angle = np.linspace(0, 2 * np.pi, 20_001)
    axes = np.linalg.svd(answer.margin.value[None])[2][1:]
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ axes
    scan = (around @ rows[answer.margin.support].T).max(axis=1).min()
    assert answer.exact
    assert answer.least == answer.alpha > 0
    assert answer.alpha <= scan < answer.alpha + 1e-3


@pytest.mark.parametrize(("d", "k"), [(2, 5), (3, 4), (3, 7), (5, 9), (9, 20)])
def test_alpha_of_many_support_vectors_is_below_every_sampled_direction(d, k):
    rows = prism(d, d, k)
    answer = support_strength(rows)
    sampled = np.random.default_rng(1).standard_normal((50_000, d))
    sampled[:, 0] = 0
    sampled /= np.linalg.norm(sampled, axis=1)[:, None]
    heights = (sampled @ rows[:k].T).max(axis=1)
    assert answer.exact
    assert 0 < answer.alpha <= heights.min() * (1 + 1e-12)


def test_alpha_in_many_features_is_bounded_from_both_sides():
    answer = support_strength(prism(12, 12, 20))
    assert not answer.exact
    assert 0 < answer.least < answer.alpha < 3 * answer.least


@pytest.mark.parametrize(
    "rows", [[[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]
)
def test_alpha_is_0_where_nothing_holds_the_direction(rows):
    assert support_strength(np.array(rows)).alpha == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_quasi_margin_beats_every_start_of_a_local_search(seed):
    rows = wide(seed, 4, 5)
    answer = quasi_margin(rows, 3)
    starts = np.random.default_rng(0).standard_normal((500, 5))
    norms = np.sum(np.abs(starts) ** (2 / 3), axis=1) ** 1.5
    assert ((starts @ rows.T).min(axis=1) / norms).max() <= answer.margin
    sparse_one = l1_margin(rows).value
    scale = np.sum(np.abs(sparse_one) ** (2 / 3)) ** 1.5
    assert (rows @ sparse_one).min() / scale <= answer.margin * (1 + 1e-12)


def test_quasi_margin_of_one_sample_a_feature_needs_all_of_them():
    answer = quasi_margin(np.eye(2), 3)
    np.testing.assert_allclose(answer.value, [2**-1.5, 2**-1.5], rtol=1e-14)


def test_a_stationary_direction_need_not_be_the_best():
    rows = np.random.default_rng(2103).standard_normal((5, 8))
    rows *= np.random.default_rng(2103).choice([-1, 1], 5)[:, None]
    best, other = quasi_margin(rows, 4), l1_margin(rows).value
    found = [margin_conditions(rows, w, 4) for w in (best.value, other)]
    assert found[0].residual < 1e-12
    assert found[1].margin < 0.99 * best.margin
    free = margin_conditions(rows, max_margin(rows).value, 4)
    assert free.residual > 0.1
    assert margin_conditions(rows, -best.value, 4).residual == np.inf


@pytest.mark.parametrize("d", [4, 5, 8])
def test_fourier_margin_is_that_of_its_norm(d):
    rows = wide(d, 3, d)
    answer = fourier_margin(rows)
    norm = np.abs(np.fft.fft(answer.value, norm="ortho")).sum()
    assert answer.margin == pytest.approx((rows @ answer.value).min() / norm)


def test_hyperbolic_limits():
    problem = sparse(2111)
    X, y = np.asarray(problem.X), np.asarray(problem.y)
    shortest = np.linalg.pinv(X) @ y
    lazy = hyperbolic_interpolator(problem, 1e3).value
    np.testing.assert_allclose(lazy, shortest, atol=1e-10)
    least = np.abs(least_squares_path(problem).value).sum()
    found = [
        np.abs(hyperbolic_interpolator(problem, a).value).sum() - least
        for a in (1e-10, 1e-20, 1e-40)
    ]
    assert np.all(np.array(found) > -1e-12)
    assert found[2] < 1e-6


@pytest.mark.parametrize("kappa", [1e-6, 0.1, 10.0])
def test_hyperbolic_margins_lie_between_the_two_norms(kappa):
    rows = wide(2101)
    answer = hyperbolic_margin(rows, kappa)
    w, l1, l2 = answer.value, l1_margin(rows), max_margin(rows)
    assert 1 / np.abs(w).sum() <= l1.margin * (1 + 1e-12)
    assert 1 / np.linalg.norm(w) <= l2.margin * (1 + 1e-12)
    other = hyperbolic_margin(rows, 2 * kappa)
    planted = dataclasses.replace(answer, value=other.value)
    assert planted.certificate(rows) > 1e-6


@pytest.mark.parametrize("change", ["one less", "one more"])
def test_hyperbolic_margins_mend_a_start_that_is_nearly_right(change, monkeypatch):
    rows = separable(3, d=6)
    told = hyperbolic_margin(rows, 0.2)
    start = told.multipliers.copy()
    held = np.flatnonzero(start > 0)
    idle = np.flatnonzero(start == 0)
    start[held[0] if change == "one less" else idle[0]] = float(change == "one more")
    near = scipy.optimize.OptimizeResult(x=start)
    monkeypatch.setattr(scipy.optimize, "minimize", lambda *_, **__: near)
    found = hyperbolic_margin(rows, 0.2)
    np.testing.assert_allclose(found.value, told.value, rtol=1e-10)


@pytest.mark.parametrize("seed", [2201, 2202, 2203, 2204])
def test_plateaus_lie_lower_and_lower(seed):
    assert np.all(np.diff(least_squares_path(sparse(seed)).risks) < 0)


def test_a_coordinate_can_leave_a_plateau():
    path = least_squares_path(sparse(2203))
    left = path.supports[:-1] & ~path.supports[1:]
    assert left.any()


@pytest.mark.parametrize("field", ["times", "points", "duals"])
def test_certificate_of_the_plateaus_reads_all_of_them(field):
    problem = sparse(2202)
    path = least_squares_path(problem)
    for k in range(1, len(path.times)):
        changed = np.array(getattr(path, field))
        changed[k] += 1e-4
        planted = dataclasses.replace(path, **{field: changed})
        assert planted.certificate(problem) > 1e-7
