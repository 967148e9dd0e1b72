"""Laws of every network, and what its constructors promise."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
import scipy.special

from tacit import losses, Risk
from tacit.networks import (
    AbstractLinearNetwork,
    AbstractNetwork,
    Chain,
    ConvLinear,
    DeepLinear,
    Diagonal,
    MLP,
    ResidualMLP,
    TwoSided,
)
from tacit.networks.activations import ACTIVATIONS
from tests.cases import D, each, KEY, NETWORKS, PROBLEM


X = jr.normal(KEY, (5, D))
# With a ridge, so that no network is free of its parameters' scale.
RISK = Risk(PROBLEM, losses.RatioTrace(ridge=0.3))


@pytest.mark.parametrize("network", **each(NETWORKS))
def test_every_leaf_is_a_float64_parameter_that_matters(network):
    def energy(network):
        return jnp.sum(jax.vmap(network)(X) ** 2)

    leaves = jax.tree.leaves(network)
    assert all(leaf.dtype == jnp.float64 for leaf in leaves)
    slopes = jax.tree.leaves(eqx.filter_jit(jax.grad(energy))(network))
    assert len(slopes) == len(leaves)
    assert all(jnp.all(slope != 0) for slope in slopes)


@pytest.mark.parametrize("network", **each(NETWORKS))
def test_a_network_knows_how_many_features_it_takes(network):
    assert network.features == D
    with pytest.raises((TypeError, ValueError)):
        jax.eval_shape(network, jnp.ones(network.features + 1))


@pytest.mark.parametrize("network", **each(NETWORKS))
def test_gradient_of_a_risk_is_the_finite_difference(network):
    keys = jax.tree.unflatten(
        jax.tree.structure(network),
        list(jr.split(KEY, len(jax.tree.leaves(network)))),
    )
    away = jax.tree.map(lambda p, k: jr.normal(k, p.shape), network, keys)
    value = eqx.filter_jit(RISK.value)
    slope = eqx.filter_jit(RISK.gradient)(network)
    assert jax.tree.structure(slope) == jax.tree.structure(network)
    ends = [
        value(jax.tree.map(lambda p, a, h=h: p + h * a, network, away))
        for h in (-1e-5, 1e-5)
    ]
    products = jax.tree.map(lambda g, a: jnp.sum(g * a), slope, away)
    along = sum(jax.tree.leaves(products), jnp.zeros(()))
    assert jnp.allclose(along, (ends[1] - ends[0]) / 2e-5, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("network", **each(NETWORKS, AbstractLinearNetwork))
def test_a_linear_network_is_its_predictor(network):
    w = network.predictor()
    for x in X:
        assert jnp.allclose(network(x), w @ x, rtol=1e-14)
    assert jnp.allclose(network(2.0 * X[0] - X[1]), 2.0 * network(X[0]) - network(X[1]))


WEIGHTS = [np.full((3, D), 0.2), np.eye(3) + 0.1, np.ones((1, 3))]
HOMOGENEOUS = {
    f"{name}, {type(network).__name__}": network
    for name in ("relu", "square", "cube", "leaky_relu", "relu_squared", "tanh")
    for network in (
        MLP(WEIGHTS, name),
        MLP(WEIGHTS, name, biases=[np.ones(3), np.ones(3), np.ones(1)]),
        MLP(WEIGHTS[:1], name),
        Chain(np.ones(D), [0.5, 0.8], name, 3),
        ResidualMLP(WEIGHTS, name),
    )
}


@pytest.mark.parametrize("network", **each(NETWORKS | HOMOGENEOUS))
def test_the_degree_is_that_of_the_function(network):
    x = jnp.linspace(0.3, 1.1, D)
    once = np.asarray(network(x))
    twice = np.asarray(jax.tree.map(lambda p: 2 * p, network)(x))
    fits = [k for k in range(14) if np.allclose(twice, 2**k * once, 1e-12, 0)]
    assert fits == ([] if network.degree is None else [network.degree])


@pytest.mark.parametrize("network", **each(NETWORKS))
def test_the_layers_are_among_the_parameters(network):
    counted = sum(np.size(W) for W in network.layers)
    extra = 0
    if isinstance(network, MLP) and network.biases is not None:
        extra = sum(b.size for b in network.biases)
    assert counted + extra == sum(p.size for p in jax.tree.leaves(network))


def test_a_network_of_ones_own_need_state_no_fact():
    class Own(AbstractNetwork):
        a: jax.Array
        b: jax.Array

        def __call__(self, x):
            return jnp.tanh(self.a @ x) * self.b

    own = Own(jnp.ones(D), jnp.ones(()))
    assert [p.shape for p in own.layers] == [(D,), ()]
    assert (own.depth, own.degree, own.kinked) == (2, None, False)
    assert not MLP(WEIGHTS).kinked
    assert MLP(WEIGHTS, "relu").kinked


@pytest.mark.parametrize("network", **each(NETWORKS))
def test_a_batch_is_its_samples_and_jit_changes_nothing(network):
    batch = jax.vmap(network)(X)
    alone = jnp.stack([network(x) for x in X])
    assert jnp.allclose(batch, alone, rtol=1e-13)
    compiled = eqx.filter_jit(lambda net, x: net(x))(network, X[0])
    assert jnp.allclose(compiled, alone[0], rtol=1e-13)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_balanced_diagonal_starts_where_it_is_told(depth):
    w0 = np.array([0.3, -1.4, 2.0])
    network = Diagonal.balanced(w0, depth=depth)
    assert network.depth == depth
    assert jnp.allclose(network.predictor(), w0, rtol=1e-14)
    assert jnp.ptp(jnp.abs(network.layers), axis=0).max() < 1e-15
    assert jnp.all(network.layers[1:] > 0)


@pytest.mark.parametrize(("depth", "width"), [(1, None), (2, None), (3, 5), (4, 2)])
@pytest.mark.parametrize("shape", [(2, 6), (6, 2), (6,)])
def test_a_balanced_linear_network_starts_where_it_is_told(depth, width, shape):
    target = np.random.default_rng(0).standard_normal(shape)
    network = DeepLinear.balanced(target, depth=depth, width=width)
    assert len(network.layers) == depth
    assert jnp.allclose(network.predictor(), target, rtol=1e-13, atol=1e-14)
    for W, V in zip(network.layers, network.layers[1:], strict=False):
        assert jnp.allclose(V.T @ V, W @ W.T, rtol=1e-13, atol=1e-14)
        assert width is None or len(W) == width


def test_two_sides_start_where_they_are_told():
    assert jnp.all(TwoSided.balanced(4, alpha=0.3).predictor() == 0)
    w0 = np.array([0.5, -2.0, 0.0, 1e-9])
    network = TwoSided.at(w0, kappa=1e-3)
    assert jnp.allclose(network.predictor(), w0, rtol=1e-14, atol=1e-18)
    assert jnp.allclose(network.u * network.v, 1e-3, rtol=1e-14)
    deep = TwoSided(np.array([2.0, 1.0]), np.ones(2), 3)
    assert deep.predictor().tolist() == [7.0, 0.0]


SCIPY = {
    "arctan": np.arctan,
    "cos": np.cos,
    "cube": lambda z: z * z * z,
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "erf": scipy.special.erf,
    "exp": np.exp,
    "gelu": lambda z: z * scipy.special.ndtr(z),
    "identity": lambda z: z,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "relu": lambda z: np.maximum(z, 0),
    "relu_squared": lambda z: np.maximum(z, 0) ** 2,
    "selu": lambda z: (
        1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z))
    ),
    "sigmoid": scipy.special.expit,
    "silu": lambda z: z * scipy.special.expit(z),
    "sin": np.sin,
    "softplus": lambda z: np.logaddexp(0, z),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "square": lambda z: z * z,
    "tanh": np.tanh,
}


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("biased", [False, True], ids=["no biases", "biases"])
def test_an_mlp_is_the_textbook_loop(name, biased):
    rng = np.random.default_rng(1)
    shapes = [(4, 3), (5, 4), (2, 5)]
    weights = [rng.standard_normal(shape) for shape in shapes]
    biases = [rng.standard_normal(m) for m, _ in shapes] if biased else None
    x = rng.standard_normal(3)
    h = x
    for i, W in enumerate(weights):
        z = W @ h + (biases[i] if biases else 0)
        h = SCIPY[name](z) if i < 2 else z
    found = MLP(weights, name, biases)(jnp.asarray(x))
    np.testing.assert_allclose(found, h, rtol=1e-12)
    same = MLP(weights, ACTIVATIONS[name], biases)(jnp.asarray(x))
    assert jnp.array_equal(found, same), "an activation may be given as a function"


def test_one_output_is_a_number():
    assert MLP([np.ones((1, 3))])(jnp.ones(3)).shape == ()
    assert DeepLinear([np.ones((2, 3)), np.ones((1, 2))])(jnp.ones(3)).shape == ()
    assert DeepLinear([np.ones((2, 3))]).predictor().shape == (2, 3)


def convolved(x, filters):
    """Full-width circular convolutions and a last layer, by loops."""
    d = len(x)
    for f in filters[:-1]:
        sums = [sum(f[k] * x[(i + k) % d] for k in range(d)) for i in range(d)]
        x = np.array(sums) / np.sqrt(d)
    return filters[-1] @ x


@pytest.mark.parametrize("shape", [(1, 5), (2, 5), (3, 6), (4, 1), (2, 2)])
def test_a_convolutional_network_is_its_loop(shape):
    rng = np.random.default_rng(3)
    filters, x = rng.standard_normal(shape), rng.standard_normal(shape[1])
    network = ConvLinear(filters)
    assert network.depth == shape[0]
    assert jnp.allclose(network(jnp.asarray(x)), convolved(x, filters), rtol=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("d", [1, 4, 5])
def test_a_balanced_convolution_starts_where_it_is_told(depth, d):
    w0 = np.random.default_rng(d).standard_normal(d)
    network = ConvLinear.balanced(w0, depth=depth)
    assert jnp.allclose(network.predictor(), w0, rtol=1e-13, atol=1e-14)
    sizes = np.abs(np.fft.fft(np.asarray(network.layers), norm="ortho"))
    assert np.allclose(sizes**depth, np.abs(np.fft.fft(w0, norm="ortho"))[None])


WIDTHS = (6, 4, 9, 2)


def test_orthogonal_layers_are():
    network = DeepLinear.orthogonal(WIDTHS, seed=3, scale=0.7)
    assert [W.shape for W in network.layers] == [(4, 6), (9, 4), (2, 9)]
    for W in network.layers:
        values = np.linalg.svd(np.asarray(W), compute_uv=False)
        assert np.allclose(values, 0.7, rtol=1e-14)
    drawn = [DeepLinear.orthogonal((2, 2), seed=s).layers[0][0, 0] for s in range(99)]
    assert min(drawn) < -0.9, "either sign: QR alone would give one"
    assert max(drawn) > 0.9


def test_gaussian_layers_have_the_variance_they_say():
    network = DeepLinear.gaussian((200, 300, 100), seed=1, scale=2.0)
    for W in network.layers:
        assert np.isclose(np.mean(W**2) * W.shape[1], 4.0, rtol=0.03)
        assert abs(np.mean(W)) * np.sqrt(W.size * W.shape[1]) < 6


def test_a_network_that_starts_at_zero_moves():
    network = DeepLinear.zero_first((D, 4, 1), seed=2)
    assert not np.any(network.layers[0])
    assert np.all(network.layers[1] != 0)
    risk = Risk(PROBLEM, losses.Logistic())
    assert np.isclose(risk.value(network), np.log(2), rtol=1e-15)
    first, second = risk.gradient(network).layers
    assert np.linalg.norm(first) > 0.01
    assert not np.any(second)


@pytest.mark.parametrize("make", ["orthogonal", "gaussian", "zero_first"])
def test_a_seed_is_a_start(make):
    draw = getattr(DeepLinear, make)
    first, again, other = (draw(WIDTHS, seed=s).layers[-1] for s in (5, 5, 6))
    assert jnp.array_equal(first, again)
    assert not jnp.array_equal(first, other)
    half = draw(WIDTHS, seed=5, scale=0.5).layers[-1]
    assert jnp.allclose(half, first / 2, rtol=1e-15)
