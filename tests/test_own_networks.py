"""Networks of one's own: float64, finite, all arrays, or refused with a way out."""

import re
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.errors import DataError, PrecisionError
from tacit.flows import Adam, Descent, GradientFlow
from tacit.losses import Logistic, Squared
from tacit.networks import AbstractLinearNetwork, AbstractNetwork, Diagonal
from tacit.oracles import activation_class, fisher_direction


class Product(AbstractLinearNetwork):
    """w = u v²."""

    u: Any
    v: Any

    def predictor(self):
        return self.u * self.v * self.v


class Layered(AbstractNetwork):
    """One hidden layer in nested containers, with whatever else a field may hold."""

    layers: dict[str, Any]
    extra: Any = None
    bend: Callable = eqx.field(default=jnp.tanh, static=True)

    def __call__(self, x):
        return self.layers["out"] @ self.bend(self.layers["in"][0] @ x)


class Converting(AbstractLinearNetwork):
    """What is given becomes float64 by the field's own converter."""

    w: Any = eqx.field(converter=lambda x: jnp.asarray(x, float))

    def predictor(self):
        return self.w


GOOD = np.full(3, 0.1)
X = np.random.default_rng(0).normal(size=(12, 3))
PROBLEM = Problem(X + 0.5 * np.tile([[0], [1]], (6, 1)), np.tile([0, 1], 6))


def layered(inner, extra=None):
    return Layered({"in": [inner], "out": jnp.ones(2)}, extra)


BAD = {
    "float32": (lambda: Product(GOOD, jnp.full(3, 0.1, jnp.float32)), "v is float32"),
    "half": (lambda: Product(GOOD.astype(np.float16), GOOD), "u is float16"),
    "integers": (lambda: Product(GOOD, np.ones(3, int)), "v is int64"),
    "booleans": (lambda: Product(GOOD, np.ones(3, bool)), "v is bool"),
    "complex": (lambda: Product(GOOD + 0j, GOOD), "u is complex128"),
    "NaN": (lambda: Product(GOOD, np.full(3, np.nan)), "not all finite.*in v"),
    "infinite": (lambda: Product(np.full(3, np.inf), GOOD), "not all finite.*in u"),
    "a number": (lambda: Product(GOOD, 2.0), "v is 2.0, not an array.*static"),
    "a whole number": (lambda: layered(jnp.ones((2, 3)), 7), "extra is 7.*static"),
    "a name": (lambda: layered(jnp.ones((2, 3)), "relu"), "extra is 'relu'.*static"),
    "a function": (lambda: layered(jnp.ones((2, 3)), jnp.tanh), "extra is .*static"),
    "nested float32": (
        lambda: layered(jnp.ones((2, 3), jnp.float32)),
        r"layers\['in'\]\[0\] is float32",
    ),
    "a layer of equinox": (
        lambda: layered(eqx.nn.Linear(3, 2, dtype=jnp.float32, key=jax.random.key(0))),
        "is float32",
    ),
    "nothing": (lambda: Product(None, None), "no parameter"),
    "put in afterwards": (
        lambda: Experiment(
            eqx.tree_at(lambda n: n.u, Product(GOOD, GOOD), jnp.full(3, jnp.nan)),
            Risk(PROBLEM, Logistic()), GradientFlow(), until=1.0,
        ),
        "not all finite.*in u",
    ),
    "a converter that lets NaN through": (lambda: Converting([np.nan]), "finite"),
    "a network of ours": (lambda: Diagonal(np.full((1, 2), np.inf)), "finite"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "says"), BAD.values(), ids=BAD)
def test_what_cannot_train_is_refused_at_construction(make, says):
    with pytest.raises(DataError, match=re.compile(says, re.DOTALL)):
        make()


@pytest.mark.parametrize(
    "flow", [GradientFlow(), Descent(0.1), Adam(0.1)], ids=lambda f: type(f).__name__
)
@pytest.mark.parametrize(
    "network",
    [
        Product(GOOD, jnp.asarray(GOOD)),
        Converting(np.array([1, 2, 3], np.float32)),
        layered(X[:2]),
    ],
    ids=["NumPy", "converted", "nested"],
)
def test_what_is_accepted_trains_in_float64(network, flow):
    risk = Risk(PROBLEM, Squared())
    run = train(Experiment(network, risk, flow, until=2), records=1)
    assert run.finite
    assert {x.dtype for x in jax.tree.leaves(run.network)} == {np.dtype("float64")}
    assert risk.value(run.network) < risk.value(network)


# With 64 bits switched off again by other code: refused, or right.

RISK = Risk(PROBLEM, Logistic())
START = Diagonal(np.full((2, 3), 0.3))
READY = Experiment(START, RISK, GradientFlow(), until=1.0)
ASKED = {
    "a network": lambda: Diagonal(np.full((2, 3), 0.3)),
    "a network of one's own": lambda: Product(GOOD, GOOD),
    "a risk": lambda: Risk(PROBLEM, Logistic()),
    "the value of a risk": lambda: RISK.value(START),
    "the gradient of a risk": lambda: RISK.gradient(START),
    "an experiment": lambda: Experiment(START, RISK, GradientFlow(), until=1.0),
    "train": lambda: train(READY),
    "an oracle that differentiates": lambda: activation_class("tanh"),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_without_64_bits_nothing_is_computed(ask):
    with jax.enable_x64(False), pytest.raises(PrecisionError, match="enable_x64"):
        ask()


def test_without_64_bits_check_and_ensembles_are_refused_as_well():
    from tacit import check, train_ensemble

    with jax.enable_x64(False):
        for ask in (lambda: check("B3", READY), lambda: train_ensemble([READY])):
            with pytest.raises(PrecisionError, match="switched off"):
                ask()


def test_data_and_their_oracles_are_exact_whatever_the_mode():
    right = fisher_direction(PROBLEM)
    far = np.asarray(PROBLEM.X) + 1e6
    with jax.enable_x64(False):
        again = fisher_direction(Problem(far, PROBLEM.labels))
        within = PROBLEM.within
    assert within.dtype == np.float64
    assert np.allclose(again.value, right.value, rtol=0, atol=1e-8)
