"""Conditions that several theorems on separable data share."""

from collections.abc import Iterable

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...flows import PrescribedSteps
from ...losses import AbstractMarginLoss, Exponential, Logistic
from ...oracles import max_margin, MaxMargin, residual_direction, separability
from ..measures.paths import gradient
from ..parts import Hypothesis


def separable(experiment: Experiment) -> Hypothesis:
    """Whether the data are separable; the text carries the proof if they are not."""
    text = "a hyperplane through the origin separates the classes"
    found = separability(experiment.risk.problem)
    if found.separable:
        return Hypothesis(text, met=True)
    held = np.flatnonzero(found.value)[:6]
    shares = ", ".join(f"{found.value[i]:.3g} of sample {i}" for i in held)
    return Hypothesis(f"{text}: a mixture of the y x is 0 ({shares}, ...)", met=False)


def exponential(experiment: Experiment) -> Hypothesis:
    """Whether it is the exponential loss itself."""
    loss = experiment.risk.loss
    return Hypothesis("the loss is exponential", isinstance(loss, Exponential))


def exponential_tail(experiment: Experiment) -> Hypothesis:
    """Whether the loss has an exponential tail."""
    loss = experiment.risk.loss
    tail = isinstance(loss, AbstractMarginLoss) and loss.exponential_tail
    return Hypothesis("the loss has an exponential tail", bool(tail))


def one_margin(experiment: Experiment) -> Hypothesis:
    """Whether the network has one output, for two classes."""
    one = experiment.network.predictor().ndim == 1 and experiment.risk.problem.binary
    return Hypothesis("there are two classes and one output", bool(one))


def one_layer(experiment: Experiment) -> Hypothesis:
    """Whether the network is its predictor."""
    return Hypothesis("there is one layer", len(experiment.network.layers) == 1)


def margin_of(experiment: Experiment) -> MaxMargin | None:
    """The largest margin; None where there is none."""
    try:
        return max_margin(experiment.risk.problem)
    except DataError:
        return None


def held_firmly(experiment: Experiment) -> Hypothesis:
    """Whether the support vectors hold the predictor, as those of almost all data."""
    text = "every support vector has a multiplier above 0 in the margin"
    try:
        residual_direction(experiment.risk.problem)
    except DataError:
        return Hypothesis(text, met=False)
    return Hypothesis(text, met=True)


def logistic(experiment: Experiment) -> Hypothesis:
    """Whether it is the logistic loss itself."""
    loss = experiment.risk.loss
    return Hypothesis("the loss is logistic", isinstance(loss, Logistic))


def of_margins(experiment: Experiment) -> Hypothesis:
    """Whether the loss falls from infinity to 0: Assumption 1 of Ji and Telgarsky."""
    loss = experiment.risk.loss
    return Hypothesis(
        "the loss falls with the margin from infinity to 0 (Assumption 1)",
        isinstance(loss, AbstractMarginLoss),
    )


def starts_well(experiment: Experiment) -> Iterable[Hypothesis]:
    """Assumption 2 of Ji and Telgarsky, both parts of it."""
    risk, start = experiment.risk, experiment.network
    none = risk.criterion(0 * start.predictor())
    below = bool(risk.value(start) <= none * (1 + 1e-14))
    yield Hypothesis("the risk starts at most at that of 0 (Assumption 2)", below)
    moves = any(np.any(W) for W in gradient(risk, start).layers)
    yield Hypothesis("the gradient is not 0 at the start (Assumption 2)", bool(moves))


def spanned(experiment: Experiment) -> Hypothesis:
    """Whether the support vectors span the space: Assumption 3 of Ji and Telgarsky."""
    found = margin_of(experiment)
    return Hypothesis(
        "the support vectors span all directions (Assumption 3)",
        found is not None and bool(found.spanning),
    )


def prescribed(experiment: Experiment) -> Hypothesis:
    """Whether it is descent by Assumption 5 (and so 4) of Ji and Telgarsky (2019)."""
    step = experiment.flow.step
    return Hypothesis(
        "the steps are 1/beta(R), in the ball of R - 1 (Assumptions 4 and 5)",
        isinstance(step, PrescribedSteps) and experiment.flow.is_plain,
    )
