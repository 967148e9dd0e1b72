"""The field of a gradient flow, from its arguments."""

from typing import Any

import jax

from .._types import float64
from ..errors import DataError
from ..integration.fields import (
    AbstractField,
    Decayed,
    Gradient,
    MemoryField,
    Modified,
)
from ..losses import AbstractPointwiseLoss
from ..memory import sampling_share
from ..networks import AbstractNetwork
from ..risk import Risk
from .fixed_step import AbstractFixedStep


def field_of(flow: Any, risk: Risk, network: AbstractNetwork) -> AbstractField:
    """What `flow`, a `GradientFlow`, integrates from `network`."""
    if flow.memory is not None:
        return _limit(flow.memory, risk)
    if flow.descent_step:
        return Modified(risk, flow.descent_step, flow.weight_decay)
    if flow.weight_decay:
        return Decayed(risk, flow.weight_decay)
    return Gradient.on(risk, network)


def require_limit(flow: AbstractFixedStep) -> None:
    """Raise `DataError` unless `flow` is an optimiser whose limit is known."""
    if flow.memory_rule is None:
        raise DataError(
            "GradientFlow: memory is that of an optimiser with running averages, such "
            f"as Adam, or of heavy ball; got {type(flow).__name__}."
        )
    if flow.weight_decay or flow.schedule is not None:
        raise DataError(
            "GradientFlow: the limit of a memory is that of a constant step without "
            f"weight decay; got {flow}."
        )


def require_mean(flow: AbstractFixedStep, risk: Risk) -> None:
    """Raise `DataError` where the noise of the batches of `flow` is not known."""
    if flow.batch is None:
        return
    mean = isinstance(risk.loss, AbstractPointwiseLoss)
    if not mean or risk.problem.weights is not None or risk.problem.X is None:
        raise DataError(
            "GradientFlow: the noise of batches in the limit of a memory needs a risk "
            "that is a plain mean over samples, without weights. Give the optimiser "
            "batch=None for the whole sample."
        )


def _limit(flow: AbstractFixedStep, risk: Risk) -> MemoryField:
    """The field that `flow`, an optimiser, follows in the long run."""
    share = 0.0
    if flow.batch is not None:
        share = sampling_share(risk.problem.n, flow.batch, replace=flow.replace)
    rule = jax.tree.map(float64, flow.memory_rule)
    return MemoryField(risk, rule, float64(flow.step), float64(share), noisy=share > 0)
