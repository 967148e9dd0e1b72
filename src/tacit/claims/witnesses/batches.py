"""Runs on mini-batches: a weak signal, so that the directions wander for ever."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array

from ...experiment import Experiment
from ...flows import Stochastic
from ...losses import Fisher
from ...networks import Diagonal
from ...risk import Risk
from .discriminants import weak_shift


DECAY = 0.0125
"""With steps of 0.2, 40,000 of them are 100 spans of 1 / (step decay)."""


def noisy(
    step: float,
    schedule: Callable[[Array], Array] | None = None,
    *,
    until: int,
    decay: float = 0.0,
    seed: int | None = None,
) -> Experiment[Diagonal]:
    """Two layers on batches of 12 of each class, drawn with replacement."""
    start = Diagonal(jnp.full((2, 6), 0.6))
    risk = Risk(weak_shift(seed), Fisher(form="ratio"))
    flow = Stochastic(
        step,
        24,
        balanced=True,
        replace=True,
        schedule=schedule,
        weight_decay=decay,
    )
    return Experiment(start, risk, flow, until=until, seed=seed or 0)


def ridged(true: Experiment[Diagonal]) -> Experiment[Diagonal]:
    """With a ridge, by which the loss is no longer free of scale."""
    risk = Risk(true.risk.problem, Fisher(form="ratio", ridge=0.3))
    return Experiment(true.network, risk, true.flow, until=true.until)
