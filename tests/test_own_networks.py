"""Networks of one's own: float64, finite, all arrays, or refused with a way out."""

import pathlib
import re
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, predict, Problem, Risk, train
from tacit.claims.catalogue import every_claim
from tacit.errors import DataError, PrecisionError
from tacit.flows import Adam, Descent, GradientFlow
from tacit.losses import Logistic, Squared
from tacit.networks import (
    AbstractLinearNetwork,
    AbstractNetwork,
    DeepLinear,
    Diagonal,
    MLP,
)
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


def test_the_page_counts_the_claims_that_take_such_a_network():
    """What it says of one's own network is what the catalogue has."""
    page = pathlib.Path(__file__).parents[1] / "docs" / "howto" / "own_network.md"
    said, kinds = " ".join(page.read_text().split()), every_claim()
    needs = [kind.needs for kind in kinds]
    taken = sum(issubclass(AbstractLinearNetwork, need) for need in needs)
    every, linear = (
        needs.count(need) for need in (AbstractNetwork, AbstractLinearNetwork)
    )
    assert taken == every + linear
    counts = [needs.count(need) for need in (Diagonal, DeepLinear, MLP)]
    for text in (
        f"of the {len(kinds)} claims {taken} accept a linear network of your own, "
        f"{every} of them any network",
        f"of any linear one are {linear}, as",
        "`Diagonal` has {} of its own, `DeepLinear` {} and `MLP` {}".format(*counts),
    ):
        assert text in said
    named = {k.id: k.needs for k in kinds if f"claims/{k.id}.md" in said}
    assert named.pop("A1") is AbstractLinearNetwork
    assert set(named) == {"V1", "S6", "M1"}
    assert set(named.values()) == {AbstractNetwork}


def test_where_no_theorem_applies_the_nearest_are_told_with_what_they_lack():
    network = Product(GOOD, GOOD)
    problem = Problem(X, np.sign(X[:, 0]))
    told = predict(
        Experiment(network, Risk(problem, Squared()), GradientFlow(), until=9)
    )
    assert not len(told)
    assert 0 < len(told.nearest) <= 4
    for each in told.nearest:
        assert isinstance(network, each.claim.needs)
        assert f"{each.claim.id:<4} {type(each.claim).__name__}" in str(told)
        assert f"not met: {each.not_met[0]}" in str(told)
    assert "A1" in {each.claim.id for each in told.nearest}
