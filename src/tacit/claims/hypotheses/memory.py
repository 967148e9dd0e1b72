"""Conditions of the theorems on optimisers with memory."""

from collections.abc import Iterable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ...errors import DataError
from ...experiment import Experiment
from ...flows import Adam, Memoryless, Stochastic
from ...losses import AbstractPointwiseLoss
from ...networks import AbstractNetwork
from ...risk import Risk
from ..parts import Hypothesis


def is_adam(experiment: Experiment) -> Iterable[Hypothesis]:
    r"""Whether it is Adam as published but for $\epsilon$, which is inside the root."""
    flow = experiment.flow
    yield Hypothesis("it is Adam", isinstance(flow, Adam))
    if isinstance(flow, Adam):
        yield Hypothesis("epsilon is inside the root", bool(flow.inside))
        yield Hypothesis("the averages are bias-corrected", bool(flow.bias_correction))
        yield Hypothesis("there is no weight decay", not flow.weight_decay)
        yield Hypothesis("the step is constant", flow.schedule is None)


def is_heavy_ball(experiment: Experiment) -> Iterable[Hypothesis]:
    """Whether it is heavy ball on mini-batches, at a constant step, with no decay."""
    flow = experiment.flow
    yield Hypothesis("it is descent on mini-batches", isinstance(flow, Stochastic))
    if isinstance(flow, Stochastic):
        yield Hypothesis("it is heavy ball", flow.momentum > 0 and not flow.nesterov)
        yield Hypothesis("there is no weight decay", not flow.weight_decay)
        yield Hypothesis("the step is constant", flow.schedule is None)


def whole_sample(experiment: Experiment) -> Hypothesis:
    """Whether every move sees the whole sample."""
    text = "every move sees the whole sample"
    return Hypothesis(text, experiment.flow.batch is None)


def fixed_batches(
    experiment: Experiment, *, replace: bool | None = None
) -> Iterable[Hypothesis]:
    """Whether the same batches come again, and are drawn as they should, if said."""
    flow: Any = experiment.flow
    batch = flow.batch
    yield Hypothesis("the moves see mini-batches", batch is not None)
    if batch is not None:
        n = experiment.risk.problem.n
        text = "the batches divide the sample and stay together"
        yield Hypothesis(text, bool(flow.fixed) and n % batch == 0)
        if replace:
            yield Hypothesis("batches are drawn independently", bool(flow.replace))
        if replace is False:
            yield Hypothesis("every epoch is a permutation", not flow.replace)


def short_steps(experiment: Experiment, share: float = 0.1) -> Hypothesis:
    r"""Whether $\eta$ is small against $1 - \beta$ of the longest memory."""
    flow = experiment.flow
    step = np.inf if flow.step is None else flow.step
    short = step <= share * (1 - longest_memory(flow))
    return Hypothesis(f"the step is below {share:g} (1 - beta)", bool(short))


def longest_memory(flow: Any) -> float:
    r"""The largest $\beta$ of an optimiser; 0 for a flow without memory."""
    if flow.continuous:
        return 0.0
    try:
        return Memoryless(flow).longest
    except DataError:
        return 0.0


def long_memory(experiment: Experiment, least: float = 0.98) -> Hypothesis:
    """Whether the second memory is long."""
    beta2 = experiment.flow.beta2
    return Hypothesis(f"beta2 is {least:g} or more", beta2 >= least)


def divides(risk: Risk, network: AbstractNetwork, eps: float) -> Hypothesis:
    r"""Whether $g / \sqrt{g^2 + \epsilon}$ exists in every coordinate."""
    text = "epsilon is above 0, or no coordinate of the gradient is 0"
    return Hypothesis(text, bool(eps > 0 or _nowhere_flat(risk, network)))


def is_of_samples(experiment: Experiment) -> Hypothesis:
    """Whether the risk is a mean over samples, so that each has a gradient."""
    risk = experiment.risk
    mean = isinstance(risk.loss, AbstractPointwiseLoss) and risk.problem.X is not None
    return Hypothesis("the risk is a mean over samples", mean)


@eqx.filter_jit
def _nowhere_flat(risk, network):
    return jnp.all(ravel_pytree(risk.gradient(network))[0] != 0)


def small_batches(experiment: Experiment) -> Hypothesis:
    """Whether a batch is a small part of the sample."""
    batch, n = experiment.flow.batch, experiment.risk.problem.n
    small = batch is not None and batch <= n / 4
    return Hypothesis("a batch is a quarter of the sample or less", bool(small))


def redrawable(experiment: Experiment) -> Iterable[Hypothesis]:
    """Whether the start can be drawn again: weights alone, none of them all 0."""
    network: Any = experiment.network
    yield Hypothesis("the network has no biases", network.biases is None)
    some = all(bool(np.any(np.asarray(W))) for W in network.weights)
    yield Hypothesis("no layer starts at 0", some)
    X = experiment.risk.problem.X
    inputs = [] if X is None else np.asarray(X) @ np.asarray(network.weights[0]).T
    size = float(np.sqrt(np.mean(np.square(inputs)))) if len(inputs) else 0.0
    bends = network.depth > 1 and 0.3 <= size <= 10
    yield Hypothesis("the hidden units bend: their inputs are of order 1", bends)
