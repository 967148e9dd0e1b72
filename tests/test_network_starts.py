"""Seeded starts of fully connected networks, and networks that reduce to chains."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit.errors import DataError, ShapeError
from tacit.networks import Chain, MLP, ResidualMLP


WIDTHS = (5, 7, 6, 2)
X = np.random.default_rng(0).standard_normal((4, 5))


@pytest.mark.parametrize("draw", [MLP.he_normal, MLP.orthogonal], ids=["he", "orth"])
def test_the_same_seed_is_the_same_draw_however_small(draw):
    full = draw(WIDTHS, seed=3)
    for small, eps, chosen in (((0, 2), 0.1, (0, 2)), (2, 1e-5, (1, 2))):
        shrunk = draw(WIDTHS, seed=3, small=small, eps=eps)
        for i, (W, V) in enumerate(zip(full.weights, shrunk.weights, strict=True)):
            np.testing.assert_array_equal(V, W * (eps if i in chosen else 1.0))
    assert not np.allclose(full.weights[0], draw(WIDTHS, seed=4).weights[0])


def test_he_normal_has_its_variance():
    W = MLP.he_normal((200, 300, 1), seed=0).weights[0]
    assert abs(float(jnp.var(W)) * 100 - 1) < 0.02
    biased = MLP.he_normal((3, 4, 1), biases=True)
    assert biased.biases is not None
    assert [b.shape for b in biased.biases] == [(4,), (1,)]


def test_orthogonal_layers_are():
    for W in MLP.orthogonal(WIDTHS, seed=1).weights:
        gram = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
        np.testing.assert_allclose(gram, np.eye(min(W.shape)), atol=1e-14)


def test_balanced_layers_are():
    weights = MLP.balanced(WIDTHS, seed=1, scale=0.3).weights
    for W, V in zip(weights, weights[1:], strict=False):
        np.testing.assert_allclose(V.T @ V, W @ W.T, atol=1e-15)
        assert np.isclose(np.linalg.norm(W, 2), 0.3)


def test_a_chain_is_its_symmetric_network():
    first, gains = np.linspace(0.2, 1.0, 5), np.array([0.6, 1.3, 0.8])
    chain = Chain(first, gains, "gelu", 7)
    network = MLP.symmetric(first, gains, width=7, activation="gelu")
    for x in X:
        np.testing.assert_allclose(chain(jnp.asarray(x)), network(jnp.asarray(x)))
    for W, gain in zip(network.weights, chain.weights, strict=True):
        assert np.isclose(np.linalg.norm(W), np.linalg.norm(gain))
    even = Chain.even(0.1, depth=4, direction=[3.0, 4.0])
    assert [float(jnp.linalg.norm(W)) for W in even.weights] == pytest.approx([0.1] * 4)


def test_a_residual_network_is_its_formula():
    rng = np.random.default_rng(2)
    A, B, C = (rng.standard_normal(s) for s in ((4, 5), (4, 4), (2, 4)))
    network = ResidualMLP([A, B, C])
    h = X @ A.T
    wanted = (h + np.tanh(h @ B.T)) @ C.T
    np.testing.assert_allclose(jax.vmap(network)(jnp.asarray(X)), wanted, rtol=1e-13)


BAD = {
    "more small layers than layers": (
        lambda: MLP.he_normal(WIDTHS, small=4, eps=0.1),
        DataError,
        "small = 4 layers .* it has 3",
    ),
    "eps and no layer": (
        lambda: MLP.he_normal(WIDTHS, eps=0.1),
        DataError,
        "eps = 0.1 but no layer is to start small",
    ),
    "a layer that is not there": (
        lambda: MLP.he_normal(WIDTHS, small=(0, 3), eps=0.1),
        DataError,
        r"small = \(0, 3\) .* from 0 to 2",
    ),
    "twice the same layer": (
        lambda: MLP.orthogonal(WIDTHS, small=(1, 1), eps=0.1),
        DataError,
        "different indices",
    ),
    "eps not small": (
        lambda: MLP.he_normal(WIDTHS, small=1, eps=1.0),
        DataError,
        "above 0 and below 1; got 1.0",
    ),
    "eps 0": (lambda: MLP.he_normal(WIDTHS, small=1, eps=0.0), DataError, "got 0.0"),
    "no eps": (lambda: MLP.he_normal(WIDTHS, small=1), DataError, "got None"),
    "balanced, scale": (
        lambda: MLP.balanced(WIDTHS, scale=0.0),
        DataError,
        "scale is above 0",
    ),
    "symmetric, width": (
        lambda: MLP.symmetric([1.0], [1.0], width=0),
        DataError,
        "width counts hidden units",
    ),
    "chain, gains": (
        lambda: Chain(1.0, np.ones((2, 2))),
        ShapeError,
        r"one number for every layer .* \(2, 2\)",
    ),
    "chain, first": (lambda: Chain(np.ones((2, 2)), 1.0), ShapeError, r"vector \(d,\)"),
    "chain, depth": (
        lambda: Chain.even(0.1, depth=0),
        DataError,
        "Chain: depth counts layers",
    ),
    "residual, hidden": (
        lambda: ResidualMLP([np.ones((3, 2)), np.ones((2, 3)), np.ones((1, 2))]),
        ShapeError,
        "hidden layer 2 has shape .* square",
    ),
}


@pytest.mark.parametrize(("make", "error", "text"), BAD.values(), ids=BAD)
def test_bad_starts_are_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_networks_are_values():
    network = MLP.he_normal(WIDTHS, seed=1)
    assert dataclasses.replace(network, activation="relu").activation == "relu"
