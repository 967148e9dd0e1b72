"""Classes of one's own in a spec, by where they are."""

import importlib
import tomllib

import numpy as np
import pytest

from tacit import train
from tacit.errors import SpecError
from tacit.specs import Spec
from tests.specs import table


MODULE = """
import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
from tacit.flows import AbstractFixedStep
from tacit.losses import AbstractPointwiseLoss
from tacit.networks import AbstractNetwork


class Bent(AbstractNetwork):
    weights: Float[Array, " d"]
    bend: float = eqx.field(default=0.5, static=True)

    def __call__(self, x):
        z = self.weights @ x
        return z + self.bend * jnp.sin(z)


class Told(AbstractNetwork):
    weights: Float[Array, " d"]
    names: tuple = eqx.field(static=True)

    def __init__(self, d, *, names=("a",), squash=math.tanh, **more):
        if names[0] == "bad":
            raise KeyError("names")
        self.weights, self.names = jnp.arange(d) / d, tuple(names)

    def __call__(self, x):
        return self.weights @ x


class Unfinished(AbstractNetwork):
    weights: Float[Array, " d"]


class Also(AbstractNetwork):
    weights: Float[Array, " d"]
    bend: float = eqx.field(default=0.5, static=True)

    def __call__(self, x):
        return self.weights @ x


class Quartic(AbstractPointwiseLoss):
    attained: ClassVar[bool] = True
    gain: float = 1.0

    def pointwise(self, output, target):
        return self.gain * jnp.sum((output - target) ** 4)


class Clipped(AbstractFixedStep):
    order: ClassVar[int] = 0
    step: float
    most: float = 1.0

    def memory(self, risk, network, key):
        return ()

    def move(self, risk, network, memory, k):
        slope = risk.gradient(network)
        return jax.tree.map(
            lambda p, g: p - self.step * jnp.clip(g, -self.most, self.most),
            network, slope,
        ), memory

    def explain(self, risk, network, memory, k):
        return "left"


NUMBER = 3
"""
ROW = [0.1] * 13
BENT = {"kind": "own_parts:Bent", "weights": ROW}
TOLD = {"kind": "own_parts:Told", "d": 13}
QUARTIC = {"kind": "own_parts:Quartic", "gain": 2}
CLIPPED = {"kind": "own_parts:Clipped", "step": 0.25, "most": 0.01}
REST = {"loss": {"kind": "Squared"}}
OWN = {"network": BENT, "loss": QUARTIC, "flow": CLIPPED, "until": 4}


@pytest.fixture
def parts(tmp_path, monkeypatch):
    (tmp_path / "own_parts.py").write_text(MODULE)
    (tmp_path / "own_again.py").write_text("from own_parts import Bent, Told\n")
    (tmp_path / "own_broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("own_parts")


def test_network_loss_and_flow_of_ones_own_are_trained(parts):
    spec = Spec.of(table(**OWN))
    experiment = spec.experiment()
    assert type(experiment.network) is parts.Bent
    run = train(experiment, records=1)
    X, y = (
        np.asarray(a) for a in (experiment.risk.problem.X, experiment.risk.problem.y)
    )
    weights = np.array(ROW)
    for _ in range(4):
        z = X @ weights
        off = 8 * (z + 0.5 * np.sin(z) - y) ** 3 * (1 + 0.5 * np.cos(z))
        weights = weights - 0.25 * np.clip(off @ X / len(y), -0.01, 0.01)
    np.testing.assert_allclose(run.network.weights, weights, rtol=1e-12)
    assert Spec.of(tomllib.loads(spec.to_toml())) == spec


@pytest.mark.usefixtures("parts")
def test_what_a_constructor_does_not_say_is_given_as_it_is_written():
    for asked, names in (({"names": ["b", "c"]}, ("b", "c")), ({}, ("a",))):
        experiment = Spec.of(table(network=TOLD | asked, **REST)).experiment()
        assert experiment.network.names == names


@pytest.mark.usefixtures("parts")
def test_the_digest_is_of_the_class_however_it_is_reached():
    def digest(**changes):
        return Spec.of(table(**REST, network=BENT | changes)).digest

    assert digest() == digest(kind="own_again:Bent") == digest(bend=0.5)
    others = {digest(), digest(bend=0.4), digest(kind="own_parts:Also")}
    assert len(others) == 3


BAD = {
    "no such module": (
        {"network": {"kind": "own_none:Bent"}},
        "network.kind",
        "PYTHONPATH",
    ),
    "a module that fails": (
        {"network": {"kind": "own_broken:X"}},
        "network.kind",
        "ZeroDivisionError",
    ),
    "no such class": (
        {"network": {"kind": "own_parts:Bend"}},
        "network.kind",
        "no Bend",
    ),
    "no place": ({"network": {"kind": "own_parts:"}}, "network.kind", "module:Class"),
    "no class": ({"network": {"kind": "own_parts:NUMBER"}}, "network.kind", "subclass"),
    "another family": (
        {"loss": BENT},
        "loss.kind",
        "subclass of tacit.losses.AbstractLoss",
    ),
    "a flow for a network": (
        {"network": CLIPPED},
        "network.kind",
        "tacit.networks.AbstractNetwork",
    ),
    "unfinished": (
        {"network": {"kind": "own_parts:Unfinished"}},
        "network.kind",
        "define __call__",
    ),
    "one of tacit's": (
        {"loss": {"kind": "tacit.losses:Squared"}},
        "loss.kind",
        'kind = "Squared"',
    ),
    "a missing argument": (
        {"network": {"kind": "own_parts:Bent"}},
        "network.weights",
        "missing",
    ),
    "an unknown key": ({"network": BENT | {"bent": 1}}, "network.bent", "'bend'?"),
    "a number that is text": (
        {"network": BENT | {"bend": "1"}},
        "network.bend",
        "quotes",
    ),
    "no plain value": (
        {"network": TOLD | {"names": [float("inf")]}},
        "network.names",
        "finite",
    ),
    "a constructor that raises": (
        {"network": TOLD | {"names": ["bad"]}},
        "network",
        "raises KeyError: 'names'",
    ),
    "weights of another size": (
        {"network": BENT | {"weights": [1, 2]}},
        "network",
        "2",
    ),
}


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(("changes", "place", "says"), BAD.values(), ids=BAD)
def test_a_mistake_with_a_class_is_told_by_its_place(changes, place, says):
    with pytest.raises(SpecError) as caught:
        Spec.of(table(**(REST | changes))).experiment()
    ((where, text),) = caught.value.mistakes
    assert where == place
    assert says in text


@pytest.mark.usefixtures("parts")
def test_every_mistake_with_a_class_is_told_at_once():
    wrong = BENT | {"bend": "x", "bent": 1, "weights": ["a"]}
    with pytest.raises(SpecError) as caught:
        Spec.of(table(network=wrong, loss={"kind": "own_parts:Quartic", "gain": "y"}))
    places = [place for place, _ in caught.value.mistakes]
    assert places[-1] == "loss.gain"
    assert places[0].startswith("network.")
