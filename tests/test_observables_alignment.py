"""Ratios, alignments and margins: known spectra, extreme norms, known margins."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import networks, observables, Problem, Risk, Snapshot
from tacit.errors import DataError
from tacit.losses import Logistic, Squared


RNG = np.random.default_rng(4)
X = RNG.standard_normal((9, 5))
RISK = Risk(Problem(X, np.where(X[:, 0] > 0, 1, -1)), Logistic())


def turned(rows, columns):
    """Orthonormal columns of two random bases."""
    U = np.linalg.qr(RNG.standard_normal((rows, rows)))[0]
    V = np.linalg.qr(RNG.standard_normal((columns, columns)))[0]
    k = min(rows, columns)
    return U[:, :k], V[:, :k]


def with_values(values, U, V):
    return (U * np.asarray(values)) @ V.T


def see(observable, layers, start=None, risk=RISK):
    network = networks.DeepLinear([np.asarray(W, float) for W in layers])
    first = network if start is None else networks.DeepLinear([*start])
    return np.asarray(observable.measure(Snapshot(network, first, risk, jnp.zeros(()))))


BASES = [turned(4, 5), turned(3, 4)]
VALUES = [3.0, 0.5, 0.25, 0.0], [2.0, 1.0, 0.1]
SCALES = {"1": 1.0, "1e36": 1e36, "1e-300": 1e-300, "1e160": 1e160}


@pytest.mark.parametrize("unit", SCALES.values(), ids=SCALES)
def test_known_spectra_at_any_norm(unit):
    layers = [unit * with_values(s, *b) for s, b in zip(VALUES, BASES, strict=True)]
    squares = [np.sum(np.square(s)) for s in VALUES]
    norms = see(observables.FrobeniusNorms(), layers)
    assert np.allclose(norms / unit, np.sqrt(squares), rtol=1e-14)
    assert np.allclose(see(observables.SpectralNorms(), layers) / unit, [3, 2])
    ratios = see(observables.LayerRatios(), layers)
    assert np.allclose(ratios, [3, 2] / np.sqrt(squares), rtol=1e-14)
    excess = see(observables.RankExcess(), layers)
    assert np.allclose(excess, 1 - ratios**2, rtol=1e-13)
    cosine = abs(BASES[1][1][:, 0] @ BASES[0][0][:, 0])
    assert np.allclose(see(observables.Alignment(), layers), [cosine], rtol=1e-13)
    off = see(observables.Misalignment(), layers)
    assert np.allclose(off, [1 - cosine**2], rtol=1e-12)


def test_what_is_left_of_rank_one_and_alignment_is_read_without_cancellation():
    U, V = turned(4, 5)
    tilt = np.cos(1e-11) * U[:, 0] + np.sin(1e-11) * U[:, 1]
    other = np.linalg.qr(np.column_stack([tilt, RNG.standard_normal((4, 2))]))[0]
    W = with_values([1e8, 1.0, 0.0, 0.0], U, V)
    layers = [W, with_values([1e8, 1e-3, 0.0], turned(3, 3)[0], other)]
    assert see(observables.LayerRatios(), layers)[0] > 1 - 1e-15
    excess = see(observables.RankExcess(), layers)
    assert np.allclose(excess[0], 1e-16, rtol=1e-6)
    assert np.allclose(excess[1], 1e-22, rtol=1e-3)
    assert see(observables.Alignment(), layers)[0] > 1 - 1e-15
    assert np.allclose(see(observables.Misalignment(), layers), 1e-22, rtol=1e-3)


def test_ties_and_zeros_are_finite():
    for W, ratio in ((np.eye(4), 0.5), (np.zeros((4, 4)), 1.0)):
        layers = [W, np.ones((1, 4)) * (W[0, 0] > 0)]
        assert np.allclose(see(observables.LayerRatios(), layers)[0], ratio)
        assert np.isfinite(see(observables.Alignment(), layers)).all()
        assert np.all(see(observables.BalanceDrift(), layers) == 0)
    zero = [np.zeros((2, 2)), np.zeros((1, 2))]
    for observable in (observables.FrobeniusNorms(), observables.RankExcess()):
        assert np.all(see(observable, zero) == 0)


def test_one_layer_and_widths_of_one():
    assert see(observables.Alignment(), [np.ones((1, 5))]).shape == (0,)
    assert see(observables.BalanceDrift(), [np.ones((1, 5))]).shape == (0,)
    thin = [RNG.standard_normal((1, 5)), [[2.0]], [[-3.0]]]
    assert np.all(see(observables.LayerRatios(), thin) == 1)
    assert np.all(see(observables.Alignment(), thin) == 1)


def test_the_end_to_end_values_are_those_of_the_product():
    layers = [RNG.standard_normal((4, 5)), RNG.standard_normal((3, 4))]
    wanted = np.linalg.svd(layers[1] @ layers[0], compute_uv=False)
    risk = Risk(Problem(X, RNG.standard_normal((9, 3))), Squared())
    found = see(observables.SingularValues(), layers, risk=risk)
    assert np.allclose(found, wanted, rtol=1e-13)
    vector = see(observables.SingularValues(), [layers[0], [[1.0, 2, 3, 4]]])
    assert np.allclose(vector, [np.linalg.norm([1, 2, 3, 4] @ layers[0])])


@pytest.mark.parametrize("unit", [1.0, 1e30, 1e-200])
def test_drift_of_balance_is_relative(unit):
    W, V = RNG.standard_normal((4, 5)), RNG.standard_normal((1, 4))
    moved = V + 1e-3 * np.eye(4)[:1]
    drift = np.outer(moved, moved) - np.outer(V, V)
    wanted = np.linalg.norm(drift, 2) / max(np.sum(W**2), np.sum(moved**2))
    layers, start = [unit * W, unit * moved], [unit * W, unit * V]
    found = see(observables.BalanceDrift(), layers, start)
    assert np.allclose(found, wanted, rtol=1e-9)


def test_the_logarithm_of_a_risk_too_small_for_a_number():
    w = np.where(np.arange(5) == 0, 1e6, 0.0)[None]
    margins = np.asarray(RISK.problem.y) * (X @ w[0])
    least = margins.min()
    wanted = -least + np.log(np.mean(np.exp(least - margins)))
    assert least > 1000
    assert np.isclose(see(observables.LogRisk(), [w]), wanted, rtol=1e-13)
    assert see(observables.TrainingRisk(), [w]) == 0


def test_margins_by_hand():
    layers = [RNG.standard_normal((4, 5)), RNG.standard_normal((1, 4))]
    w = (layers[1] @ layers[0])[0]
    margins = np.asarray(RISK.problem.y) * (X @ w)
    found = see(observables.NormalizedMargin(), layers)
    assert np.isclose(found, margins.min() / np.linalg.norm(w), rtol=1e-13)
    huge = see(observables.NormalizedMargin(), [1e100 * W for W in layers])
    assert np.isclose(huge, found, rtol=1e-13)
    size = sum(np.sum(W**2) for W in layers)
    whole = see(observables.HomogeneousMargin(2), layers)
    assert np.isclose(whole, margins.min() / size, rtol=1e-13)


def test_margins_of_several_classes_are_over_the_best_other():
    codes = np.arange(9) % 3
    risk = Risk(Problem(X, codes), Squared())
    layers = [RNG.standard_normal((4, 5)), RNG.standard_normal((3, 4))]
    E = layers[1] @ layers[0]
    scores = X @ E.T
    wanted = min(
        s[c] - max(np.delete(s, c)) for s, c in zip(scores, codes, strict=True)
    )
    found = see(observables.NormalizedMargin(), layers, risk=risk)
    assert np.isclose(found, wanted / np.linalg.norm(E), rtol=1e-13)


def test_the_homogeneous_margin_of_a_relu_network_is_free_of_scale():
    weights = [RNG.standard_normal((6, 5)), RNG.standard_normal((1, 6))]
    seen = []
    for c in (1.0, 3.0):
        net = networks.MLP([c * W for W in weights], "relu")
        at = Snapshot(net, net, RISK, jnp.zeros(()))
        seen.append([observables.HomogeneousMargin(k).measure(at) for k in (2, 3)])
    assert np.isclose(seen[0][0], seen[1][0], rtol=1e-13)
    assert not np.isclose(seen[0][1], seen[1][1], rtol=1e-2), "of the wrong degree"


@pytest.mark.parametrize("degree", [0.0, -1.0, np.inf, np.nan])
def test_a_degree_is_above_0(degree):
    with pytest.raises(DataError, match="degree is the power"):
        observables.HomogeneousMargin(degree)


def test_read_off_an_mlp_too():
    net = networks.MLP([X[:4], X[:1, :4]], "tanh")
    at = Snapshot(net, net, RISK, jnp.zeros(()))
    same = see(observables.LayerRatios(), [X[:4], X[:1, :4]])
    compiled = jax.jit(observables.LayerRatios().measure)(at)
    assert np.allclose(compiled, same, rtol=1e-14, atol=0)
