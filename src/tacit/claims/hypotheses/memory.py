"""Conditions of the theorems on optimisers with memory."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...flows import Adam, Memoryless, Stochastic
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
    return Hypothesis(text, getattr(experiment.flow, "batch", 0) is None)


def fixed_batches(experiment: Experiment, *, replace: bool) -> Iterable[Hypothesis]:
    """Whether the same batches come again, and how they are drawn."""
    flow: Any = experiment.flow
    batch = getattr(flow, "batch", None)
    yield Hypothesis("the moves see mini-batches", batch is not None)
    if batch is not None:
        n = experiment.risk.problem.n
        text = "the batches divide the sample and stay together"
        yield Hypothesis(text, bool(getattr(flow, "fixed", False)) and n % batch == 0)
        if replace:
            yield Hypothesis("batches are drawn independently", bool(flow.replace))
        else:
            yield Hypothesis("every epoch is a permutation", not flow.replace)


def short_steps(experiment: Experiment, share: float = 0.1) -> Hypothesis:
    r"""Whether $\eta$ is small against $1 - \beta$ of the longest memory."""
    flow = experiment.flow
    short = getattr(flow, "step", np.inf) <= share * (1 - longest_memory(flow))
    return Hypothesis(f"the step is below {share:g} (1 - beta)", bool(short))


def longest_memory(flow: Any) -> float:
    r"""The largest $\beta$ of an optimiser; 0 for a flow without memory."""
    try:
        return Memoryless(flow).longest
    except DataError:
        return 0.0


def long_memory(experiment: Experiment, least: float = 0.98) -> Hypothesis:
    """Whether the second memory is long."""
    beta2 = getattr(experiment.flow, "beta2", 0.0)
    return Hypothesis(f"beta2 is {least:g} or more", beta2 >= least)
