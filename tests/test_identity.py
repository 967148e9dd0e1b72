"""A digest says what a value is: in every process, for a copy, for every function."""

import copy
import functools
import json
import pickle
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, Risk
from tacit.errors import DataError
from tacit.flows import Descent, GradientFlow
from tacit.identity import digest_of
from tacit.losses import Logistic
from tacit.networks import MLP
from tests.cases import D, PROBLEM


SCRIPT = """
import functools, json, jax, jax.numpy as jnp, numpy as np
from tacit.identity import digest_of
SLOPE = 0.1
def bent(z): return jnp.where(z > 0, z, SLOPE * z)
def power(z, *, p): return z ** p
def halved(z): return bent(z / 2)
def repeated(z, n=3): return z if n == 0 else repeated(jnp.tanh(z), n - 1)
def scaled(c): return lambda z: jnp.sin(c * z)
compiled = jax.jit(bent)
class Rational:
    pass
FUNCTIONS = {
    "a name": "tanh", "jax": jax.nn.relu, "jax.numpy": jnp.tanh, "numpy": np.tanh,
    "a builtin": abs, "softplus": jax.nn.softplus, "gelu": jax.nn.gelu,
    "partial": functools.partial(jax.nn.leaky_relu, negative_slope=0.2),
    "own": bent, "own, keyword": functools.partial(power, p=3), "calls own": halved,
    "recursive": repeated, "closure": scaled(2.0), "other closure": scaled(3.0),
    "lambda": lambda z: z**3, "other lambda": lambda z: z**5, "jitted": compiled,
    "nested lambda": lambda z: (lambda y: y + 1)(z), "names": {"b": 1, "a": {2, 1, 3}},
}
print(json.dumps({k: digest_of(f) for k, f in FUNCTIONS.items()}))
"""


def process(script):
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def digests():
    return process(SCRIPT)


def test_every_process_finds_the_same_and_every_function_its_own(digests):
    # Hashes of text, and so the order of sets, differ from process to process.
    assert process(SCRIPT) == digests
    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize(
    ("was", "becomes", "changed"),
    [
        ("SLOPE = 0.1", "SLOPE = 0.2", {"own", "calls own", "jitted"}),
        ("SLOPE * z)", "SLOPE + z)", {"own", "calls own", "jitted"}),
        ("n=3", "n=4", {"recursive"}),
        ("z**5", "z**7", {"other lambda"}),
        ("y + 1", "y + 2", {"nested lambda"}),
        ("scaled(3.0)", "scaled(4.0)", {"other closure"}),
        ("p=3", "p=2", {"own, keyword"}),
        ("SLOPE = 0.1", "OTHER, SLOPE = 1, 0.1", set()),
    ],
)
def test_what_a_function_does_is_what_counts(digests, was, becomes, changed):
    again = process(SCRIPT.replace(was, becomes))
    assert {k for k in digests if again[k] != digests[k]} == changed


def test_what_no_process_would_know_again_is_refused_with_the_way_out():
    class Odd:
        def __call__(self, z):
            return z

    for nameless in (Odd(), object(), functools.partial(Odd()), (1, [Odd()])):
        with pytest.raises(DataError, match=r"functools\.partial"):
            digest_of(nameless)


VALUES = {
    "a number": 2, "another": 3, "a fraction": 0.5, "infinite": np.inf, "none": None,
    "true": True, "text": "2", "bytes": b"2", "array": np.arange(3.0),
    "integers": np.arange(3), "column": np.arange(3.0)[:, None], "pair": (2, 3),
    "split": ("23",), "empty": (), "nested": ((2,), 3), "mapping": {2: 3},
    "class": Logistic, "instance": Logistic(), "flow": GradientFlow(),
    "another flow": GradientFlow(rtol=1e-6), "a clock": GradientFlow(clock="escape"),
}  # fmt: skip


def test_what_differs_has_another_digest():
    assert len({digest_of(x) for x in VALUES.values()}) == len(VALUES)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (2, 2.0), (2.0, np.float64(2)), (np.int64(2), 2), ((1, 2), [1, 2]),
        (np.arange(3.0), jnp.arange(3.0)), ({1: 2, 3: 4}, {3: 4, 1: 2}),
        ({"b", "a"}, {"a", "b"}),
    ],
)  # fmt: skip
def test_what_says_the_same_has_one_digest(a, b):
    assert digest_of(a) == digest_of(b)


def network(activation):
    return MLP.he_normal([D, 3, 1], activation=activation, seed=0)


ACTIVATIONS = {
    "name": "tanh", "jax.numpy": jnp.tanh, "relu": jax.nn.relu,
    "partial": functools.partial(jax.nn.leaky_relu, negative_slope=0.2),
    "lambda": lambda z: z**3,
}  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_copies_are_equal_and_numbers_tell_apart(activation):
    def made(until):
        return Experiment(
            network(activation), Risk(PROBLEM, Logistic()), Descent(0.1), until=until
        )

    one = made(2)
    assert one == made(2.0) == copy.copy(one) == copy.deepcopy(one)
    assert hash(one) == hash(copy.deepcopy(one))
    assert one != made(3)
    assert copy.deepcopy(one.network).sigma is one.network.sigma
    if activation == "tanh":  # neither JAX's compiled functions nor lambdas pickle
        assert pickle.loads(pickle.dumps(one)) == one


def test_a_deep_copy_has_arrays_of_its_own():
    one = Experiment(network("tanh"), Risk(PROBLEM, Logistic()), Descent(0.1), until=1)
    given = np.asarray([[0.5, 0.2, 0.1]])
    own = copy.deepcopy({"network": one.network, "given": given})
    given[:] = 0
    assert own["network"] is not one.network
    assert np.all(own["given"] > 0)
