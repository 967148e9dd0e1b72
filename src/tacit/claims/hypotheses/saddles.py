"""Conditions of the theorems on saddles."""

from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np

from ...events import Reaches
from ...losses import Squared
from ...networks import Chain
from ...networks.activations import values_and_slopes
from ...observables import MeanGain
from ...oracles import activation_class, ActivationClass
from ...saddles import Leading, pull_of, small_layers
from ...training import Trajectory
from ..base import Hypothesis


def classified(run: Trajectory) -> ActivationClass:
    """The class of the activation of the network that started."""
    return activation_class(run.experiment.network.activation)


def zero_at_zero(run: Trajectory) -> Hypothesis:
    """Whether the activation is 0 at 0: not of class D."""
    value, _ = values_and_slopes(run.experiment.network.sigma, jnp.zeros(()))
    return Hypothesis("the activation is 0 at 0", bool(abs(value) < 1e-12))


def steep_at_zero(run: Trajectory) -> Hypothesis:
    """Whether the activation is smooth at 0 with a slope there."""
    kind = classified(run)
    steep = kind.smooth and abs(kind.alpha) > 1e-12
    return Hypothesis(
        "the activation is smooth at 0 and its slope there is not 0", steep
    )


def sloped_at_zero(run: Trajectory) -> Hypothesis:
    """Whether the activation has a slope at 0, be it on one side."""
    aside = jnp.asarray([-1e-9, 1e-9])
    _, slopes = values_and_slopes(run.experiment.network.sigma, aside)
    steep = bool(jnp.max(jnp.abs(slopes)) > 1e-6)
    return Hypothesis("the activation has a slope at 0, on one side at least", steep)


def nothing_constant(run: Trajectory) -> Hypothesis:
    """Whether a constant output is not made, or neither asked for nor in the way.

    Else the read-out grows to fit the mean of the targets, and is small no more; or,
    large from the start, it makes of the layer below what takes its constant back.
    """
    risk, layers = run.experiment.risk, run.experiment.network.layers
    pull = pull_of(risk.loss, risk.problem)
    centred = np.all(np.abs(pull.sum(axis=0)) <= 1e-9 * np.abs(pull).sum(axis=0))
    still = bool(centred) and len(layers) - 1 in small_of(run)
    text = "the activation is 0 at 0, or the read-out small and the targets of mean 0"
    return Hypothesis(text, zero_at_zero(run).met or still)


def of_class(run: Trajectory, letters: str) -> Hypothesis:
    """Whether the activation is of one of these classes."""
    kind = classified(run)
    text = f"the activation is of class {' or '.join(letters)}"
    return Hypothesis(text, kind.letter in letters)


def squared_loss(run: Trajectory) -> Hypothesis:
    """Whether the loss is the squared one."""
    plain = isinstance(run.experiment.risk.loss, Squared)
    return Hypothesis("the loss is squared", plain)


def to_a_gain(run: Trajectory) -> Hypothesis:
    """Whether the run ends at a geometric mean of its small layers."""
    until, small = run.experiment.until, small_of(run)
    asked = getattr(until, "observable", None)
    every = tuple(range(len(run.experiment.network.layers)))
    whole = (
        isinstance(until, Reaches)
        and isinstance(asked, MeanGain)
        and (asked.small or every) == small
    )
    return Hypothesis("it ends at a geometric mean of the small layers", whole)


def small_of(run: Trajectory) -> tuple[int, ...]:
    """The layers that start small."""
    return small_layers(run.experiment.network.layers)


def start_gain(run: Trajectory) -> float:
    """The geometric mean of the norms of the small layers at the start."""
    layers = run.experiment.network.layers
    norms = [np.linalg.norm(np.asarray(layers[i])) for i in small_of(run)]
    return float(np.exp(np.mean(np.log(norms))))


def all_small_and_alike(run: Trajectory[Chain]) -> Iterable[Hypothesis]:
    """Whether all layers of a chain are small, and all of the same norm."""
    norms = [np.linalg.norm(np.asarray(W)) for W in run.experiment.network.weights]
    few = bool(max(norms) < 0.2)
    yield Hypothesis("all layers start small", few)
    even = bool(max(norms) - min(norms) < 1e-12 * max(norms))
    yield Hypothesis("all layers start with the same gain", even)


def signal(network, risk) -> Leading:
    """The leading order of an MLP without biases near the saddle."""
    return Leading.of(network, risk.loss, risk.problem, small_layers(network.weights))
