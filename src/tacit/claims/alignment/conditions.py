"""Conditions that several theorems on separable data share."""

import numpy as np

from ...losses import AbstractMarginLoss, Exponential
from ...oracles import max_margin, separability
from ...training import Trajectory
from ..base import Hypothesis


def separable(run: Trajectory) -> Hypothesis:
    """Whether the data are separable; the text carries the proof if they are not."""
    text = "a hyperplane through the origin separates the classes"
    found = separability(run.experiment.risk.problem)
    if found.separable:
        return Hypothesis(text, met=True)
    held = np.flatnonzero(found.value)[:6]
    shares = ", ".join(f"{found.value[i]:.3g} of sample {i}" for i in held)
    return Hypothesis(f"{text}: a mixture of the y x is 0 ({shares}, ...)", met=False)


def exponential(run: Trajectory) -> Hypothesis:
    """Whether it is the exponential loss itself."""
    loss = run.experiment.risk.loss
    return Hypothesis("the loss is exponential", isinstance(loss, Exponential))


def exponential_tail(run: Trajectory) -> Hypothesis:
    """Whether the loss has an exponential tail."""
    loss = run.experiment.risk.loss
    tail = isinstance(loss, AbstractMarginLoss) and loss.exponential_tail
    return Hypothesis("the loss has an exponential tail", bool(tail))


def held_firmly(run: Trajectory) -> Hypothesis:
    """Whether every support vector has a multiplier above 0, as almost all data."""
    found = max_margin(run.experiment.risk.problem)
    return Hypothesis(
        "every support vector has a multiplier above 0 in the margin",
        bool(found.multipliers[found.support].min() > 1e-10),
    )
