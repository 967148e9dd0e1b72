"""What a loss or a network of one's own says of itself is measured at its first use."""

import types

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, losses, networks, Problem, Risk
from tacit.errors import DataError, OptionError, ShapeError
from tacit.flows import Descent


RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 3))
SIGNS = Problem(X, np.tile([-1, 1], 6))
PAIRS = Problem(X, RNG.standard_normal((12, 2)))
CLASSES = Problem(X, np.tile([0, 1, 2], 4))


def loss(pointwise=None, **facts):
    """A class of one method, that says `facts`."""
    own = {"attained": True, **facts}
    if pointwise is not None:
        own["pointwise"] = staticmethod(pointwise)
    own["__module__"] = __name__
    bases = (losses.AbstractPointwiseLoss,)
    return types.new_class("Own", bases, {}, lambda body: body.update(own))()


def smoothed(output, target):
    margin = target * output
    return jnp.sum(0.9 * jax.nn.softplus(-margin) + 0.1 * jax.nn.softplus(margin))


def squared(output, target):
    return jnp.sum((output - target) ** 2) / 2


class Batch(losses.AbstractLoss):
    """A loss of the whole batch, of any degree in the outputs."""

    scale_free: bool = eqx.field(default=False, static=True)
    basis_free: bool = eqx.field(default=False, static=True)
    shift_free: bool = eqx.field(default=False, static=True)
    power: float = eqx.field(default=0.0, static=True)

    def __call__(self, outputs, targets, weights=None):
        del targets, weights
        middle = outputs - jnp.mean(outputs, axis=0, keepdims=True)
        return jnp.sum(middle**2) ** self.power


FALSE = {
    "scale": (lambda: loss(smoothed, scale_free=True), SIGNS, "says scale_free = True"),
    "doubled": (lambda: loss(squared, scale_free=True), PAIRS, "outputs were doubled"),
    "basis": (lambda: Batch(basis_free=True, power=1.0), PAIRS, "basis_free = True"),
    "turned": (lambda: loss(smoothed, rotation_free=True), SIGNS, "were turned"),
    "shift": (lambda: loss(squared, shift_free=True), PAIRS, "says shift_free = True"),
    "steep": (lambda: loss(smoothed, slope_bound=0.8), SIGNS, "reaches 0.9"),
    "bent": (lambda: loss(smoothed, smoothness=0.2), SIGNS, "changes by 0.2"),
    "unbounded": (lambda: loss(squared, slope_bound=10.0), PAIRS, "or None"),
    "not convex": (
        lambda: loss(lambda p, t: jnp.sum(jnp.log1p((p - t) ** 2))), PAIRS,
        "slope falls at the output.*write it as an AbstractLoss",
    ),
    "concave": (lambda: loss(lambda p, t: -squared(p, t)), PAIRS, "slope falls"),
    "below 0": (lambda: loss(lambda p, t: squared(p, t) - 1), PAIRS, "on one sample"),
    "no minimum": (
        lambda: loss(lambda p, t: jnp.sum(jnp.exp(-p * t))), SIGNS, "attained = False"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "problem", "says"), FALSE.values(), ids=FALSE)
def test_a_false_fact_of_a_loss_is_refused(make, problem, says):
    with pytest.raises(DataError, match=says):
        Risk(problem, make())


TRUE = {
    "smoothed": (lambda: loss(smoothed, smoothness=0.25, slope_bound=0.9), SIGNS),
    "squared": (lambda: loss(squared, smoothness=1.0), PAIRS),
    "free": (lambda: Batch(scale_free=True, shift_free=True), PAIRS),
    "turned": (lambda: Batch(power=1.0, shift_free=True), PAIRS),
    "flat": (lambda: loss(lambda p, t: jnp.sum(jnp.maximum(0, 1 - p * t))), SIGNS),
    "kinked": (lambda: loss(lambda p, t: jnp.sum(jnp.abs(p - t))), PAIRS),
    "overflows": (lambda: loss(lambda p, t: jnp.sum(jnp.cosh(99 * (p - t)))), PAIRS),
    "without a minimum": (
        lambda: loss(lambda p, t: jnp.sum(jnp.exp(-p * t)), attained=False), SIGNS
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "problem"), TRUE.values(), ids=TRUE)
def test_a_true_one_is_taken(make, problem):
    Risk(problem, make())
    Risk(problem, make())  # and is not measured again


WRITTEN = {
    "a vector": (lambda p, t: (p - t) ** 2, ShapeError, "must return one number.*sum"),
    "Python's max": (lambda p, t: max(p[0], t[0]), DataError, "jnp.maximum"),
    "NumPy": (lambda p, t: np.sum(np.abs(p - t)), DataError, "write it with jax.numpy"),
    "float": (lambda p, t: float(p[0] - t[0]), DataError, "takes the number out"),
    "another shape": (
        lambda p, t: (p - t) @ jnp.ones(5),
        ShapeError,
        "of shape \\(2,\\)",
    ),
}


@pytest.mark.parametrize(("pointwise", "error", "says"), WRITTEN.values(), ids=WRITTEN)
def test_a_pointwise_that_is_none_is_refused(pointwise, error, says):
    with pytest.raises(error, match="Own.pointwise.*" + says):
        Risk(PAIRS, loss(pointwise))


def test_targets_are_of_the_kind_that_the_loss_says():
    Risk(SIGNS, loss(smoothed, targets="signs"))
    Risk(CLASSES, loss(smoothed, targets="one-hot"))
    Risk(CLASSES, loss(smoothed))
    for kind, problem in (("signs", CLASSES), ("signs", PAIRS), ("one-hot", PAIRS)):
        with pytest.raises(DataError, match="Own has a margin to targets of"):
            Risk(problem, loss(smoothed, targets=kind))
    with pytest.raises(OptionError, match="Own.targets"):
        Risk(SIGNS, loss(smoothed, targets="classes"))


class Bent(networks.AbstractNetwork):
    """Two layers with a function between."""

    w: jax.Array
    r: jax.Array
    bend: str = eqx.field(default="relu", static=True)
    degree: int | None = eqx.field(default=None, static=True)
    kinked: bool = eqx.field(default=False, static=True)

    def __call__(self, x):
        return self.r @ getattr(jax.nn, self.bend)(self.w @ x)


class Layered(networks.AbstractNetwork):
    """One that says how many layers it has."""

    layers: list
    depth: int = eqx.field(default=2, static=True)

    def __call__(self, x):
        return self.layers[1] @ (self.layers[0] @ x)


def started(kind, **facts):
    w, r = RNG.standard_normal((4, 3)), RNG.standard_normal(4)
    arrays = ([w, r],) if kind is Layered else (jnp.asarray(w), jnp.asarray(r))
    network = kind(*jax.tree.map(jnp.asarray, arrays), **facts)
    return Experiment(network, Risk(SIGNS, losses.Logistic()), Descent(0.1), until=1)


SAID = {
    "kink": (Bent, {"degree": 2}, "says kinked = False"),
    "degree": (Bent, {"bend": "tanh", "degree": 2}, "says degree = 2"),
    "another degree": (Bent, {"kinked": True, "degree": 1}, "says degree = 1"),
    "depth": (Layered, {"depth": 3}, "says depth = 3, but its `layers` are 2"),
}


@pytest.mark.parametrize(("kind", "facts", "says"), SAID.values(), ids=SAID)
def test_a_false_fact_of_a_network_is_refused(kind, facts, says):
    with pytest.raises(DataError, match=says):
        started(kind, **facts)


def test_true_ones_are_taken():
    started(Bent, kinked=True, degree=2)
    started(Bent, bend="tanh")
    started(Bent, bend="gelu")
    started(Layered)
