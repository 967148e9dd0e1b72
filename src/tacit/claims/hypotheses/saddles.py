"""Conditions of the theorems on saddles."""

import math
from collections.abc import Iterable

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Squared
from ...networks import Chain, MLP
from ...observables import MeanGain
from ...oracles import activation_class, ActivationClass
from ...saddles import Leading, pull_of, small_layers, unfolded
from ..parts import Hypothesis


CLEARLY = 0.1
"""The largest share of the other layers that a layer is small beside."""


def several_layers(experiment: Experiment) -> Hypothesis:
    """Whether there is a pair of layers."""
    several = len(experiment.network.layers) > 1
    return Hypothesis("it has two layers or more", several)


def classified(experiment: Experiment) -> ActivationClass:
    """The class of the activation of the network that started."""
    return activation_class(experiment.network.activation)


def zero_at_zero(experiment: Experiment) -> Hypothesis:
    """Whether the activation is 0 at 0: not of class D."""
    constant = classified(experiment).taylor[0]
    return Hypothesis("the activation is 0 at 0", bool(constant == 0))


def steep_at_zero(experiment: Experiment) -> Hypothesis:
    """Whether the activation is smooth at 0 with a slope there."""
    kind = classified(experiment)
    steep = kind.smooth and kind.alpha != 0
    return Hypothesis(
        "the activation is smooth at 0 and its slope there is not 0", steep
    )


def sloped_at_zero(experiment: Experiment) -> Hypothesis:
    """Whether the activation has a slope at 0, be it on one side."""
    steep = any(classified(experiment).slopes)
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


def to_a_gain(experiment: Experiment) -> Iterable[Hypothesis]:
    """Whether the run ends at a geometric mean of its small layers, above the start.

    And below the layers that it does not count: those are taken for fixed.
    """
    text = "it ends at a geometric mean of the small layers, above that of the start"
    level = level_of(experiment)
    above = level is not None and 0 < start_gain(experiment) < level < math.inf
    yield Hypothesis(text, bool(above))
    layers, small = experiment.network.layers, small_of(experiment)
    norms = [np.linalg.norm(np.asarray(W)) for W in layers]
    fixed = [norm for i, norm in enumerate(norms) if i not in small]
    below = level is not None and level < min(fixed, default=math.inf)
    yield Hypothesis("the other layers are larger than that", bool(below))


def level_of(experiment: Experiment) -> float | None:
    """The geometric mean of small layers at which a run ends; None if it does not."""
    until = experiment.until
    gain = isinstance(until, Reaches) and isinstance(until.observable, MeanGain)
    return float(until.level) if gain else None


def layered(experiment: Experiment) -> Hypothesis:
    """Whether the network is one of layers with an activation, without biases."""
    network = experiment.network
    known = isinstance(network, Chain) or (
        isinstance(network, MLP) and network.biases is None
    )
    return Hypothesis("the network is an MLP without biases, or a Chain", known)


def ahead(experiment: Experiment) -> Hypothesis:
    """Whether every small layer is pulled along itself, and so grows."""
    risk, network = experiment.risk, experiment.network
    network = unfolded(network) if isinstance(network, Chain) else network
    law = Leading.of(network, risk.loss, risk.problem, small_of(experiment))
    still = any(not np.any(W) for W in law.start)
    rate = None if still else law.along()
    return Hypothesis(
        "the small layers point along the signal", rate is not None and rate > 0
    )


def plainly_small(experiment: Experiment) -> Hypothesis:
    """Whether there is no doubt of which layers are small: a run may say, or the gap.

    Random layers that were shrunk alike are several times apart.
    """
    small, sizes = (
        small_of(experiment),
        np.array(
            [np.linalg.norm(np.atleast_2d(W), 2) for W in experiment.network.layers]
        ),
    )
    others = [size for i, size in enumerate(sizes) if i not in small]
    chosen = max(sizes[list(small)])
    said = level_of(experiment) is not None
    apart = chosen < CLEARLY * min(others, default=np.inf)
    text = "the small layers are below a tenth, and clearly below the others"
    return Hypothesis(text, bool(chosen < 0.5 and (said or apart)))


def small_of(experiment: Experiment) -> tuple[int, ...]:
    """The layers that start small: those whose gain ends the run, where one does."""
    layers, until = experiment.network.layers, experiment.until
    if isinstance(until, Reaches) and isinstance(until.observable, MeanGain):
        small = until.observable.small
        return tuple(range(len(layers))) if small is None else small
    return small_layers(layers)


def start_gain(experiment: Experiment) -> float:
    """The geometric mean of the norms of the small layers at the start."""
    layers = experiment.network.layers
    norms = [np.linalg.norm(np.asarray(layers[i])) for i in small_of(experiment)]
    return float(np.exp(np.mean(np.log(norms)))) if all(norms) else 0.0


def all_small_and_alike(experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
    """Whether all layers of a chain are small, and all of the same norm."""
    norms = [np.linalg.norm(np.asarray(W)) for W in experiment.network.weights]
    every = small_of(experiment) == tuple(range(len(norms)))
    yield Hypothesis("all layers start small", every)
    even = bool(max(norms) - min(norms) < 1e-12 * max(norms))
    yield Hypothesis("all layers start with the same gain", even)


def even_units(experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
    """Whether units of a layer could take one another's place."""
    network = experiment.network
    yield layered(experiment)
    sizes = {len(W) for W in network.weights[:-1]}
    yield Hypothesis("the hidden layers are equally wide", len(sizes) == 1)
    yield Hypothesis("there is one output", len(network.weights[-1]) == 1)
