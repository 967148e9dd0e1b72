"""Laws of the jump path: the network's limit, the elastic net, and nothing formed."""

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import ElasticNet

import tacit
from tacit.problems import Scatter
from tacit.selection import Pooled, Rows, trace_path
from tacit.selection.shrinkage import oracle_approximating


SEEDS = range(12)


def sample(seed, n=60, d=12, C=2):
    """Correlated rows of unequal scale, at an offset."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % C
    X = rng.standard_normal((n, d)) @ (np.eye(d) + 0.4 * rng.standard_normal((d, d)))
    X += rng.standard_normal((C, d))[y]
    return 100 + X * np.exp(rng.uniform(-2, 2, d)), y


def textbook(X, y):
    """Within-class correlation and contrast, with two loops and no library."""
    n, classes = len(X), np.unique(y)
    within, parts = 0, []
    for c in classes:
        own = X[y == c]
        within = within + (own - own.mean(0)).T @ (own - own.mean(0)) / n
        parts.append(np.sqrt(len(own) / n) * (own.mean(0) - X.mean(0)))
    sd = np.sqrt(np.diag(within))
    return within / np.outer(sd, sd), np.array(parts).T / sd[:, None]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_the_jump_path_of_the_network(seed):
    """Two classes, memory 1, no shrinkage, from a feature: supports, values, times."""
    X, y = sample(seed, d=4 + seed)
    S, _ = textbook(X, y)
    spread = Pooled.of_rows(X, y, np.ones(len(y)))
    m = spread.contrast.matrix[:, 0]
    wanted = tacit.oracles.jump_path(tacit.Problem.from_scatter(within=S, delta=m))
    path = trace_path(spread, max_features=10**6, from_feature=True)
    assert path.end == "complete"
    time = 0.0
    for k, (plateau, w) in enumerate(zip(path.plateaus, wanted.points, strict=True)):
        assert set(plateau.support) == set(np.flatnonzero(wanted.supports[k]))
        u = plateau.weights[:, 0]
        length = np.abs(u).sum()
        np.testing.assert_allclose(u / length, w[plateau.support], atol=1e-9)
        np.testing.assert_allclose(wanted.times[k], time, rtol=1e-8, atol=1e-12)
        if k + 1 < len(path.plateaus):
            # The oracle's clock is the network's: -4 times the slope of -log J.
            Q = plateau.evidence[0, 0]
            span = path.plateaus[k + 1].time - plateau.time
            time += span * Q / ((1 + Q) * 8 * length)


def departures(path):
    sizes = [len(each.support) for each in path.plateaus]
    return [k for k in range(1, len(sizes)) if sizes[k] <= sizes[k - 1]]


def average_misses(path, M, S, gamma, k):
    """How far the mean over [0, end of plateau k] is from the elastic net."""
    end = path.plateaus[k + 1].time
    shrunken = (1 - gamma) * S + gamma * np.eye(len(S))
    total = shrunken + M @ M.T
    # ½ bᵀ total b - Mᵀb + |b|₁ / time, as rows and targets of scikit-learn's solver.
    root = np.linalg.cholesky(total)
    A, target = (
        np.sqrt(len(S)) * root.T,
        np.sqrt(len(S)) * np.linalg.solve(root, M[:, 0]),
    )
    net = ElasticNet(1 / end, l1_ratio=1, fit_intercept=False, tol=1e-15,
                     max_iter=10**6).fit(A, target)  # fmt: skip
    found = path.average(end)[:, 0]
    return np.abs(found - net.coef_).max() / np.abs(net.coef_).max()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("gamma", [0.0, 0.3])
@pytest.mark.filterwarnings("ignore:Objective did not converge")
def test_its_time_average_is_the_elastic_net_until_a_feature_leaves(seed, gamma):
    X, y = sample(seed)
    S, _ = textbook(X, y)
    spread = Pooled.of_rows(X, y, np.ones(len(y)))
    path = trace_path(spread, gamma, max_features=10**6)
    left = departures(path)
    until = left[0] - 1 if left else len(path.plateaus) - 1
    for k in range(0, until, 3):
        assert average_misses(path, spread.contrast.matrix, S, gamma, k) < 1e-7


@pytest.mark.filterwarnings("ignore:Objective did not converge")
def test_after_a_departure_it_is_another():
    """The foil of the theorem above."""
    far = []
    for seed in range(30):
        X, y = sample(seed)
        spread = Pooled.of_rows(X, y, np.ones(len(y)))
        path = trace_path(spread, max_features=10**6)
        left = [k for k in departures(path) if k + 1 < len(path.plateaus)]
        if left:
            S, _ = textbook(X, y)
            far.append(average_misses(path, spread.contrast.matrix, S, 0.0, left[0]))
    assert len(far) >= 3
    assert max(far) > 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_without_memory_it_is_orthogonal_matching_pursuit(seed):
    X, y = sample(seed, n=80, d=15)
    sd = np.sqrt(sum(X[y == c].var(0) * np.mean(y == c) for c in (0, 1)))
    Z, code = (X - X.mean(0)) / sd, np.where(y == 1, 1.0, -1.0)
    path = trace_path(Pooled.of_rows(X, y, np.ones(80)), memory=0.0, max_features=15)
    chosen, residual = [], code
    for _ in range(12):
        slope = np.abs(Z.T @ residual)
        slope[chosen] = -1
        chosen.append(int(np.argmax(slope)))
        residual = code - Z[:, chosen] @ np.linalg.lstsq(Z[:, chosen], code)[0]
        assert list(path.of_size(len(chosen)).support) == chosen


@pytest.mark.parametrize("C", [2, 3, 5])
@pytest.mark.parametrize(("gamma", "memory"), [(0.2, 1.0), (0.1, 0.0), (0.0, 0.5)])
def test_rows_sparse_rows_and_scatters_give_one_path(C, gamma, memory):
    X, y = sample(1, n=60, d=40, C=C)
    X[np.abs(X - 100) < 2] = 0  # something for CSR to leave out
    w = np.random.default_rng(0).uniform(0.5, 2, len(y))
    ways = [
        Rows(X, y, w),
        Rows(csr_array(X), y, w),
        Pooled.of_rows(csr_array(X), y, w),
        Pooled(Scatter.of(X, y, w)),
    ]
    first, *others = [trace_path(way, gamma, memory, 25) for way in ways]
    for other in others:
        for a, b in zip(first.plateaus, other.plateaus, strict=True):
            assert list(a.support) == list(b.support)
            assert a.time == pytest.approx(b.time, rel=1e-10)
            np.testing.assert_allclose(a.weights, b.weights, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("C", [2, 4])
def test_the_contrast_is_that_of_the_textbook(C):
    X, y = sample(3, C=C)
    S, parts = textbook(X, y)
    for spread in (Rows(X, y, np.ones(len(y))), Pooled(Scatter.of(X, y))):
        one = spread.contrast
        np.testing.assert_allclose(
            one.matrix @ one.matrix.T, parts @ parts.T, atol=1e-12
        )
        eye = np.eye(X.shape[1])
        product = np.array([spread.product(np.array([j]), np.ones((1, 1)))[:, 0]
                            for j in range(X.shape[1])])  # fmt: skip
        off = ~eye.astype(bool)
        np.testing.assert_allclose(product[off], S[off], atol=1e-10)
        np.testing.assert_allclose(one.code.T @ (one.priors[:, None] * one.code),
                                   np.eye(C - 1), atol=1e-12)  # fmt: skip
        np.testing.assert_allclose(one.priors @ one.code, 0, atol=1e-14)


def test_a_dual_of_length_one_is_what_is_chosen():
    """The duals, followed again from the plateaus alone: none is ever longer."""
    X, y = sample(5, n=50, d=30, C=3)
    spread = Rows(X, y, np.ones(50))
    M = spread.contrast.matrix
    path = trace_path(spread, 0.2)
    duals = M * path.plateaus[0].time
    for now, then in zip(path.plateaus, path.plateaus[1:], strict=False):
        rest = M - 0.8 * spread.product(now.support, now.weights)
        rest[now.support] = 0
        slope = rest @ np.linalg.inv(np.eye(2) + now.evidence).T
        duals = duals + (then.time - now.time) * slope
        lengths = np.linalg.norm(duals, axis=1)
        assert lengths.max() < 1 + 1e-9
        assert lengths[then.support] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("gamma", [0.05, 0.7])
def test_all_features_at_once_need_no_square_matrix(gamma):
    X, y = sample(2, n=20, d=70, C=3)
    S, _ = textbook(X, y)
    rows = Rows(X, y, np.ones(20))
    right = np.random.default_rng(1).standard_normal((70, 2))
    wanted = np.linalg.solve((1 - gamma) * S + gamma * np.eye(70), right)
    np.testing.assert_allclose(rows.solve(gamma, right), wanted, atol=1e-10)


def test_shrinkage_is_that_of_schaefer_and_strimmer():
    """Equation 10 written out, with class means for the mean."""
    X, y = sample(4, n=25, d=9, C=2)
    S, _ = textbook(X, y)
    n, d = X.shape
    sd = np.sqrt(sum(X[y == c].var(0) * np.mean(y == c) for c in (0, 1)))
    Z = np.array([(x - X[y == c].mean(0)) / sd for x, c in zip(X, y, strict=True)])
    top = bottom = 0.0
    for i in range(d):
        for j in range(d):
            if i != j:
                products = Z[:, i] * Z[:, j]
                top += np.sum((products - products.mean()) ** 2) / (n * (n - 2))
                bottom += S[i, j] ** 2
    for spread in (Rows(X, y, np.ones(n)), Pooled.of_rows(X, y, np.ones(n))):
        assert spread.analytic == pytest.approx(top / bottom, rel=1e-10)


def test_shrinkage_from_a_scatter_is_oas():
    from sklearn.covariance import oas

    rng = np.random.default_rng(0)
    Z = rng.standard_normal((40, 6))
    Z = (Z - Z.mean(0)) / Z.std(0)
    S = Z.T @ Z / 40
    assert oracle_approximating(40.0, np.sum(S**2), 6) == pytest.approx(oas(Z)[1])


def test_a_path_ends_where_the_rows_do():
    X, y = sample(0, n=12, d=30)
    path = trace_path(Rows(X, y, np.ones(12)), shrinkage=0.0)
    assert path.end == "apart"
    assert path.largest == 10
    assert trace_path(Rows(X, y, np.ones(12)), 0.5, max_features=7).end == "full"


def test_a_copy_of_a_feature_is_never_taken_in():
    X, y = sample(6, d=5)
    path = trace_path(Pooled.of_rows(np.c_[X, X, X], y, np.ones(60)))
    assert path.end == "complete"
    assert path.largest == 5


def test_a_fault_in_the_rate_would_be_seen():
    """With duals that forget half of each jump the network's supports differ."""
    seen = 0
    for seed in SEEDS:
        X, y = sample(seed)
        spread = Pooled.of_rows(X, y, np.ones(60))
        right = trace_path(spread, from_feature=True, max_features=8)
        wrong = trace_path(spread, memory=0.5, from_feature=True, max_features=8)
        seen += set(right.plateaus[-1].support) != set(wrong.plateaus[-1].support)
    assert seen > 3


def test_the_records_are_values():
    X, y = sample(0)
    path = trace_path(Pooled.of_rows(X, y, np.ones(60)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        path.end = "full"  # pyright: ignore[reportAttributeAccessIssue]
