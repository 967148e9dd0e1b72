"""Conditions of the theorems on saddles."""

from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Squared
from ...networks import Chain
from ...networks.activations import values_and_slopes
from ...observables import MeanGain
from ...oracles import activation_class, ActivationClass
from ...saddles import Leading, pull_of, small_layers
from ..parts import Hypothesis


def several_layers(experiment: Experiment) -> Hypothesis:
    """Whether there is a pair of layers."""
    several = len(experiment.network.layers) > 1
    return Hypothesis("it has two layers or more", several)


def classified(experiment: Experiment) -> ActivationClass:
    """The class of the activation of the network that started."""
    return activation_class(experiment.network.activation)


def zero_at_zero(experiment: Experiment) -> Hypothesis:
    """Whether the activation is 0 at 0: not of class D."""
    value, _ = values_and_slopes(experiment.network.sigma, jnp.zeros(()))
    return Hypothesis("the activation is 0 at 0", bool(abs(value) < 1e-12))


def steep_at_zero(experiment: Experiment) -> Hypothesis:
    """Whether the activation is smooth at 0 with a slope there."""
    kind = classified(experiment)
    steep = kind.smooth and abs(kind.alpha) > 1e-12
    return Hypothesis(
        "the activation is smooth at 0 and its slope there is not 0", steep
    )


def sloped_at_zero(experiment: Experiment) -> Hypothesis:
    """Whether the activation has a slope at 0, be it on one side."""
    aside = jnp.asarray([-1e-9, 1e-9])
    _, slopes = values_and_slopes(experiment.network.sigma, aside)
    steep = bool(jnp.max(jnp.abs(slopes)) > 1e-6)
    return Hypothesis("the activation has a slope at 0, on one side at least", steep)


def nothing_constant(experiment: Experiment) -> Hypothesis:
    """Whether a constant output is not made, or neither asked for nor in the way.

    Else the read-out grows to fit the mean of the targets, and is small no more; or,
    large from the start, it makes of the layer below what takes its constant back.
    """
    risk, layers = experiment.risk, experiment.network.layers
    pull = pull_of(risk.loss, risk.problem)
    centred = np.all(np.abs(pull.sum(axis=0)) <= 1e-9 * np.abs(pull).sum(axis=0))
    still = bool(centred) and len(layers) - 1 in small_of(experiment)
    text = "the activation is 0 at 0, or the read-out small and the targets of mean 0"
    return Hypothesis(text, zero_at_zero(experiment).met or still)


def of_class(experiment: Experiment, letters: str) -> Hypothesis:
    """Whether the activation is of one of these classes."""
    kind = classified(experiment)
    text = f"the activation is of class {' or '.join(letters)}"
    return Hypothesis(text, kind.letter in letters)


def squared_loss(experiment: Experiment) -> Hypothesis:
    """Whether the loss is the squared one."""
    plain = isinstance(experiment.risk.loss, Squared)
    return Hypothesis("the loss is squared", plain)


def to_a_gain(experiment: Experiment) -> Hypothesis:
    """Whether the run ends at a geometric mean of its small layers."""
    until, small = experiment.until, small_of(experiment)
    asked = getattr(until, "observable", None)
    every = tuple(range(len(experiment.network.layers)))
    whole = (
        isinstance(until, Reaches)
        and isinstance(asked, MeanGain)
        and (asked.small or every) == small
    )
    return Hypothesis("it ends at a geometric mean of the small layers", whole)


def small_of(experiment: Experiment) -> tuple[int, ...]:
    """The layers that start small."""
    return small_layers(experiment.network.layers)


def start_gain(experiment: Experiment) -> float:
    """The geometric mean of the norms of the small layers at the start."""
    layers = experiment.network.layers
    norms = [np.linalg.norm(np.asarray(layers[i])) for i in small_of(experiment)]
    return float(np.exp(np.mean(np.log(norms))))


def all_small_and_alike(experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
    """Whether all layers of a chain are small, and all of the same norm."""
    norms = [np.linalg.norm(np.asarray(W)) for W in experiment.network.weights]
    few = bool(max(norms) < 0.2)
    yield Hypothesis("all layers start small", few)
    even = bool(max(norms) - min(norms) < 1e-12 * max(norms))
    yield Hypothesis("all layers start with the same gain", even)


def signal(network, risk) -> Leading:
    """The leading order of an MLP without biases near the saddle."""
    return Leading.of(network, risk.loss, risk.problem, small_layers(network.weights))
