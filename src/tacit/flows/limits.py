"""The flow that an optimiser with memory follows in the long run."""

from typing import Any

import jax

from .._types import float64
from ..errors import DataError
from ..integration.charts import Remembered
from ..losses import AbstractPointwiseLoss
from ..memory import MovingAverages, sampling_share
from ..risk import Risk


def remembered(flow: Any, risk: Risk) -> Remembered:
    """The coordinates in which the limit of `flow` is integrated."""
    n, batch = risk.problem.n, getattr(flow, "batch", None)
    share = 0.0
    if batch is not None:
        share = sampling_share(n, batch, replace=flow.replace)
    rule = jax.tree.map(float64, flow.rule)
    return Remembered(rule, float64(flow.step), float64(share), noisy=share > 0)


def require_limit(flow: object, in_time: bool) -> None:  # noqa: FBT001
    """Raise `DataError` unless `flow` is an optimiser whose limit is known."""
    rule = getattr(flow, "rule", None)
    if not isinstance(rule, MovingAverages):
        raise DataError(
            "GradientFlow: memory is that of an optimiser with running averages, such "
            f"as Adam, or of heavy ball; got {type(flow).__name__}."
        )
    if (
        getattr(flow, "weight_decay", 0.0)
        or getattr(flow, "schedule", None) is not None
    ):
        raise DataError(
            "GradientFlow: the limit of a memory is that of a constant step without "
            f"weight decay; got {flow}."
        )
    if not in_time:
        raise DataError('GradientFlow: memory goes with the clock "time" only.')


def require_mean(flow: object, risk: Risk) -> None:
    """Raise `DataError` where the noise of the batches of `flow` is not known."""
    if getattr(flow, "batch", None) is None:
        return
    mean = isinstance(risk.loss, AbstractPointwiseLoss)
    if not mean or risk.problem.weights is not None or risk.problem.X is None:
        raise DataError(
            "GradientFlow: the noise of batches in the limit of a memory needs a risk "
            "that is a plain mean over samples, without weights. Give the optimiser "
            "batch=None for the whole sample."
        )
