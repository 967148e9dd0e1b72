"""The classes of activations, their Taylor coefficients, and what is no activation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit.errors import DataError, OptionError, ShapeError
from tacit.networks import MLP
from tacit.networks.activations import activation_of, ACTIVATIONS, kinked
from tacit.oracles import activation_class


ROOT = np.sqrt(np.pi)
# letter, leading order q, its coefficient in z s'(z) - s(z), slope at 0
KNOWN = {
    "arctan": ("B", 3, -2 / 3, 1.0),
    "cube": ("B", 3, 2.0, 0.0),
    "erf": ("B", 3, -4 / (3 * ROOT), 2 / ROOT),
    "exp": ("D", 2, 1 / 2, 1.0),
    "gelu": ("C", 2, 1 / np.sqrt(2 * np.pi), 0.5),
    "identity": ("A", None, 0.0, 1.0),
    "leaky_relu": ("A", None, 0.0, 1.0),
    "relu": ("A", None, 0.0, 1.0),
    "sigmoid": ("D", 3, -1 / 24, 1 / 4),
    "silu": ("C", 2, 1 / 4, 1 / 2),
    "sin": ("B", 3, -1 / 3, 1.0),
    "softplus": ("D", 2, 1 / 8, 1 / 2),
    "square": ("C", 2, 1.0, 0.0),
    "tanh": ("B", 3, -2 / 3, 1.0),
}


@pytest.mark.parametrize(("name", "known"), KNOWN.items(), ids=KNOWN)
def test_class_order_and_coefficient(name, known):
    letter, q, coefficient, alpha = known
    found = activation_class(name)
    assert (found.letter, found.q) == (letter, q)
    assert np.isclose(found.coefficient, coefficient, rtol=1e-12, atol=1e-14)
    assert np.isclose(found.alpha, alpha, rtol=1e-12, atol=1e-14)


def test_a_function_of_the_users_is_classified_too():
    found = activation_class(lambda z: z - z**5)
    assert (found.letter, found.q, found.coefficient) == ("B", 5, -4.0)
    np.testing.assert_allclose(found.taylor, [0, 1, 0, 0, 0, -1, 0, 0], atol=1e-14)


@pytest.mark.parametrize(
    ("name", "order", "sides"),
    [
        ("softsign", 2, ((2, 1.0), (2, -1.0))),
        ("elu", 2, ((2, 0.5), (None, 0.0))),
        ("relu_squared", 2, ((None, 0.0), (2, 1.0))),
    ],
)
def test_what_is_not_smooth_is_not_classified(name, order, sides):
    found = activation_class(name)
    assert found.letter == "unclassified"
    assert not found.smooth
    assert f"its derivative of order {order} jumps" in found.caveats[0]
    for (q, c), (q_known, c_known) in zip(found.sides, sides, strict=True):
        assert q == q_known
        assert np.isclose(c, c_known, atol=1e-6)


def test_the_two_sides_of_a_kink_between_others_are_seen():
    """A clip at 0 and at 6 is no rectifier: linear near 0, it bends further on."""
    found = activation_class(jax.nn.relu6)
    assert found.letter == "unclassified"
    assert not found.smooth
    assert found.slopes == (0.0, 1.0)
    assert found.caveats[-1] == "no leading order up to 7"


UNITS = [(1e-12, 1.0), (1e6, 1e-4), (1.0, 30.0)]
OF_ANY_UNIT = {
    # at a value of its own: a constant that cancels, and even orders that do not
    "tanh about 0.7": lambda z: jnp.tanh(z + 0.7) - jnp.tanh(0.7),
    "sine about pi": lambda z: jnp.sin(z + jnp.pi),
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "cosine": jnp.cos,
    "relu6": jax.nn.relu6,
    "hard swish": jax.nn.hard_swish,
    "elu": jax.nn.elu,
    "relu": jax.nn.relu,
}


@pytest.mark.parametrize("name", OF_ANY_UNIT)
def test_the_class_does_not_depend_on_units(name):
    sigma = OF_ANY_UNIT[name]
    plain = activation_class(sigma)
    for a, b in UNITS:
        found = activation_class(lambda z, a=a, b=b: a * sigma(b * z))
        assert (found.letter, found.q) == (plain.letter, plain.q), (a, b)
        assert found.smooth == plain.smooth, (a, b)
        assert found.caveats == plain.caveats, (a, b)
        scaled = a * b ** np.arange(8) * plain.taylor
        np.testing.assert_allclose(found.taylor, scaled, rtol=1e-9)


HARDLY = {
    "a bend of 1e-7": (lambda z: z + 1e-7 * jax.nn.relu(z) ** 2, "unclassified", 2),
    "a cubic bend": (lambda z: z + jax.nn.relu(z) ** 3, "unclassified", 3),
    "a square of 1e-12": (lambda z: z + 1e-12 * z**2, "C", 2),
    "a square of 1e-9 beside a cube": (lambda z: z + 1e-9 * z**2 + z**3, "C", 2),
    "a slope of 1e-8": (lambda z: 1e-8 * z + z**3, "B", 3),
    "almost a rectifier's leak": (
        lambda z: jnp.where(z > 0, z, (1 - 1e-7) * z),
        "A",
        None,
    ),
    "far from a clip": (lambda z: jnp.clip(z, -1e4, 1e4), "unclassified", None),
    "an eighth power": (lambda z: z + z**8, "unclassified", None),
    "written for large values": (
        lambda z: jnp.abs(z) + jnp.log1p(jnp.exp(-2 * jnp.abs(z))) - jnp.log(2.0),
        "C",
        2,
    ),
}


@pytest.mark.parametrize(("sigma", "letter", "q"), HARDLY.values(), ids=HARDLY)
def test_what_is_small_beside_itself_alone_is_rounding(sigma, letter, q):
    found = activation_class(sigma)
    assert (found.letter, found.q) == (letter, q)


def test_without_a_slope_the_law_is_said_not_to_apply():
    assert any("does not apply" in c for c in activation_class("square").caveats)
    assert not activation_class("tanh").caveats


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "selu"])
def test_kinks_are_seen(name):
    assert kinked(ACTIVATIONS[name])


@pytest.mark.parametrize("name", ["tanh", "elu", "softsign", "relu_squared"])
def test_bends_are_no_kinks(name):
    assert not kinked(ACTIVATIONS[name])


def test_a_kink_is_one_in_any_unit():
    assert kinked(lambda z: 1e-12 * jax.nn.relu(z))
    assert not kinked(lambda z: 1e12 * jnp.tanh(1e-3 * z))


BAD = {
    "a name nobody knows": ("rely", OptionError, "relu.* got 'rely'"),
    "a root": (
        lambda z: jnp.sqrt(jnp.abs(z)),
        DataError,
        "no finite slope at z = 0.*Smooth it",
    ),
    "a logarithm": (jnp.log, DataError, "log has no finite value at z = -10"),
    "NaN far out": (
        lambda z: jnp.where(z < -5, jnp.nan, z),
        DataError,
        "no finite value at z = -10",
    ),
    "NumPy's own": (
        lambda z: np.tanh(np.asarray(z)),
        DataError,
        r"cannot be computed .*\. Write it with jax.numpy",
    ),
    "of two arrays": (jnp.arctan2, DataError, "arctan2 cannot be computed"),
    "half the digits": (
        lambda z: z.astype(jnp.float32),
        DataError,
        "makes float32 of float64",
    ),
    "complex": (
        lambda z: jax.lax.complex(z, z),
        DataError,
        "makes complex128 of float64",
    ),
    "a constant": (jnp.ones_like, DataError, "its slope is 0"),
    "a step": (jnp.sign, DataError, "sign is a step: its slope is 0"),
    "a sum": (jnp.sum, ShapeError, r"maps an array \(9,\) to \(\)"),
}


@pytest.mark.parametrize(("given", "error", "text"), BAD.values(), ids=BAD)
def test_what_is_no_activation_is_refused_before_training(given, error, text):
    with pytest.raises(error, match=text):
        activation_of(given)
    with pytest.raises(error):
        MLP([np.ones((1, 2))], given)
