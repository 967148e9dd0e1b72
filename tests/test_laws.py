"""How many laws there are: closed forms of the literature, and algebra by loops."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

import tacit
from tacit import flows, losses
from tacit.conservation import Adaptive, Momentum, Multiplicative, Symmetry
from tacit.networks import ConvLinear, DeepLinear, Diagonal, Gate, MLP, TwoSided


# Some of the networks that benchmarks/laws.py counts.
TWO_LAYERS = [
    (1, 1, 1), (2, 2, 2), (3, 3, 3), (3, 4, 2), (1, 5, 2), (2, 8, 3), (8, 3, 8),
    (6, 6, 1), (1, 8, 1), (2, 5, 1),
]  # fmt: skip
DEEPER = [
    (2, 2, 2, 2), (3, 2, 4, 2), (2, 6, 3, 2), (1, 4, 1, 4), (5, 4, 3, 2), (1, 1, 1, 1),
    (8, 2, 2, 8), (1, 3, 2, 1), (2, 2, 2, 2, 2), (2, 5, 2, 3, 2), (3, 1, 3, 1, 3),
]  # fmt: skip
RECTIFIERS = [(2, 3, 2), (3, 1, 1), (1, 5, 4), (2, 3, 4, 3), (1, 2, 2, 2, 1)]


def linear(widths):
    return DeepLinear.gaussian(widths, seed=1)


def two_layers(n, r, m):
    """Marcotte et al. (2023): k (2r + 1 - k) / 2 with k = min(n + m, r)."""
    k = min(n + m, r)
    return k * (2 * r + 1 - k) // 2


def balances(widths):
    """The rank of the derivatives of all entries of W_l W_l^T - W_{l+1}^T W_{l+1}."""
    rng = np.random.default_rng(5)
    layers = [rng.standard_normal(s) for s in zip(widths[1:], widths, strict=False)]
    rows = []
    for at, (W, V) in enumerate(itertools.pairwise(layers)):
        for i, j in itertools.combinations_with_replacement(range(len(W)), 2):
            slope = [np.zeros_like(layer) for layer in layers]
            slope[at][i] += W[j]
            slope[at][j] += W[i]
            slope[at + 1][:, i] -= V[:, j]
            slope[at + 1][:, j] -= V[:, i]
            rows.append(np.concatenate([s.ravel() for s in slope]))
    return int(np.linalg.matrix_rank(np.array(rows), tol=1e-9)) if rows else 0


def proved(found, count):
    assert found.count == count
    return found.certified


@pytest.mark.parametrize("widths", TWO_LAYERS, ids=str)
def test_two_linear_layers_have_as_many_laws_as_the_closed_form(widths):
    assert two_layers(*widths) == balances(widths)
    assert proved(tacit.laws(linear(widths)), two_layers(*widths))


@pytest.mark.parametrize("widths", DEEPER, ids=str)
def test_deep_linear_networks_have_as_many_laws_as_balances_are_independent(widths):
    found = tacit.laws(linear(widths))
    if widths[0] == widths[-1] == 1:
        # One function of the parameters, so one gradient field: all but it is kept.
        size = sum(a * b for a, b in itertools.pairwise(widths))
        assert found.count == size - 1
        assert found.certified == (balances(widths) == size - 1)
    else:
        assert proved(found, balances(widths))


@pytest.mark.parametrize("widths", RECTIFIERS, ids=str)
@pytest.mark.parametrize("biases", [False, True], ids=["plain", "biases"])
def test_rectifiers_have_one_law_for_every_hidden_unit(widths, biases):
    name = "leaky_relu" if widths[0] == 3 else "relu"
    network = MLP.he_normal(widths, activation=name, biases=biases)
    assert proved(tacit.laws(network), sum(widths[1:-1]))


@pytest.mark.parametrize(("depth", "d"), [(1, 1), (1, 3), (2, 3), (3, 1), (4, 2)])
def test_a_diagonal_network_has_one_more_under_a_loss_without_scale(depth, d):
    network = Diagonal(np.random.default_rng(0).uniform(0.5, 1.5, (depth, d)))
    assert proved(tacit.laws(network), (depth - 1) * d)
    assert proved(tacit.laws(network, losses.Squared()), (depth - 1) * d)
    for loss in (losses.Fisher(), Symmetry(scale=True)):
        found = tacit.laws(network, loss)
        # On one coordinate a loss without scale has no gradient: nothing moves.
        assert proved(found, (depth - 1) * d + 1)
    assert "‖θ" in str(tacit.laws(network, losses.Fisher())) or d == 1
    ridged = tacit.laws(network, losses.Fisher(ridge=0.1))
    assert proved(ridged, (depth - 1) * d), "a ridge breaks the scale"


SYMMETRIES = {
    "scale": (losses.TraceRatio(), 1),
    "linear": (losses.RatioTrace(), 3),
    "translation": (losses.CrossEntropy(), 4),
    "nothing": (losses.Squared(), 0),
}


@pytest.mark.parametrize("name", SYMMETRIES)
@pytest.mark.parametrize("activation", ["relu", "square"])
def test_what_a_loss_does_not_see_of_the_outputs_adds_laws(name, activation):
    loss, more = SYMMETRIES[name]
    network = MLP.he_normal((5, 4, 2), activation=activation)
    assert proved(tacit.laws(network, loss), 4 + more)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_a_two_sided_network_pairs_its_sides(depth):
    network = TwoSided(np.array([0.4, 0.7, 1.1]), np.array([0.3, 0.9, 0.8]), depth)
    found = tacit.laws(network)
    assert proved(found, 3)
    u, v = np.asarray(network.u), np.asarray(network.v)
    known = u * v if depth == 2 else u ** (2.0 - depth) + v ** (2.0 - depth)
    assert np.allclose(found(network), known, rtol=1e-14)
    assert proved(tacit.laws(network, losses.Fisher()), 4)


def test_other_maps():
    assert proved(tacit.laws(lambda x: jnp.prod(x), at=np.arange(1.0, 7)), 5)
    pair = (np.ones((3, 2)) + np.eye(3, 2), np.ones((4, 2)) + 2 * np.eye(4, 2))
    assert proved(tacit.laws(lambda p: p[0] @ p[1].T, at=pair), two_layers(3, 2, 4))
    gates = Gate(np.random.default_rng(2).uniform(0.5, 1, (3, 4)))
    assert proved(tacit.laws(gates), 8)
    circular = ConvLinear(np.random.default_rng(2).uniform(0.5, 1, (2, 4)))
    # In the Fourier transform: real frequencies 0 and 2, and the complex one, 1.
    assert proved(tacit.laws(circular), 3)


ACTIVATIONS = {
    # Units with (a z + c) s' = kappa s keep a (|w|² + b²) + 2 c b - kappa |v|².
    ("square", False): (3, "‖W₁[i,:]‖² − 2·‖W₂[:,i]‖²"),
    ("cube", True): (3, "‖W₁[i,:]‖² − 3·‖W₂[:,i]‖² + b₁[i]²"),
    ("exp", True): (3, "‖W₂[:,i]‖² − 2·b₁[i]"),
    ("exp", False): (0, ""),
    ("tanh", False): (0, ""),
    ("gelu", True): (0, ""),
    ("softplus", False): (0, ""),
}


@pytest.mark.parametrize("case", ACTIVATIONS, ids=str)
def test_activations_that_scale_have_laws_and_others_do_not(case):
    count, formula = ACTIVATIONS[case]
    network = MLP.he_normal((2, 3, 2), activation=case[0], biases=case[1])
    found = tacit.laws(network)
    assert found.count == count
    assert [law.text for law in found.formulas] == [formula] * bool(count)
    assert found.certified == (case[0] in ("square", "cube"))


def momentum_laws(n, r, m):
    """From the Lie algebra sp(2N) of the columns, N = n + m."""
    if n == m == 1:
        return 4 * r - 6 if r >= 2 else 0
    k = min(2 * (n + m), r)
    return k * (2 * r - k - 1) // 2


@pytest.mark.parametrize("widths", [(2, 1, 1), (2, 2, 2), (2, 3, 1)], ids=str)
def test_momentum_keeps_turning_and_not_balance(widths):
    found = tacit.laws(linear(widths), flow=Momentum(0.3))
    assert proved(found, momentum_laws(*widths))


def test_one_input_and_one_output_under_momentum_is_an_exception():
    found = tacit.laws(linear((1, 2, 1)), flow=Momentum(0.3))
    assert found.count == momentum_laws(1, 2, 1) == 2


FLOWS = {
    "decay": (flows.GradientFlow(weight_decay=0.1), 6),
    "descent": (flows.Descent(0.1), 6),
    "multiplicative": (Multiplicative(), 3),
    "dual momentum": (Multiplicative("dual"), 0),
    "primal momentum": (Multiplicative("primal"), 6),
    "adam": (flows.Adam(0.1), 0),
    "adaptive": (Adaptive(), 0),
}


@pytest.mark.parametrize("name", FLOWS)
def test_what_moves_decides_what_stays(name):
    flow, count = FLOWS[name]
    assert proved(tacit.laws(linear((2, 3, 2)), flow=flow), count)
