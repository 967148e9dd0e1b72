"""What a flow hands on: where it went, and how it ended."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Float

from .networks import AbstractNetwork


Times = Float[Array, " t"] | Float[np.ndarray, " t"]


class Path(NamedTuple):
    """Where a flow went: states at the recorded times, and how it ended.

    `states` are stacked along a first axis ``(t, ...)`` and ``view(state)`` is the
    network at one of them. `end` is the last network that is finite, reached at
    `times[-1]`; `reason` says why the flow stopped early, and is None if it did not.
    `steps` counts the moves or the accepted and rejected steps.

    Where `times` are not flow time, `log_time` is its natural logarithm. From
    `asymptotic_from` on the states are those of a limiting flow.
    """

    states: Any
    view: Callable[[Any], AbstractNetwork]
    times: Float[Array, " t"]
    end: AbstractNetwork
    reason: str | None
    steps: int
    log_time: Float[Array, " t"] | None = None
    asymptotic_from: float | None = None


class Arrival(NamedTuple):
    """When an event was met; else how far the flow was followed, and the `reason`."""

    time: float
    reason: str | None
