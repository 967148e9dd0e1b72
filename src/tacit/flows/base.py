"""What every flow is."""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple, TYPE_CHECKING

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from .._types import Key
from ..networks import AbstractNetwork
from ..risk import Risk


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar
else:
    from equinox import AbstractClassVar


Times = Float[Array, " t"] | Float[np.ndarray, " t"]


class Path(NamedTuple):
    """Where a flow went: states at the recorded times, and how it ended.

    `states` are stacked along a first axis ``(t, ...)`` and ``view(state)`` is the
    network at one of them. `end` is the last network that is finite, reached at
    `times[-1]`; `reason` says why the flow stopped early, and is None if it did not.
    `steps` counts the moves or the accepted and rejected steps.
    """

    states: Any
    view: Callable[[Any], AbstractNetwork]
    times: Float[Array, " t"]
    end: AbstractNetwork
    reason: str | None
    steps: int


class Arrival(NamedTuple):
    """When an event was met; else how far the flow was followed, and the `reason`."""

    time: float
    reason: str | None


class AbstractFlow(eqx.Module):
    """A way to move parameters down a risk.

    To add one that repeats a move, subclass `AbstractFixedStep`; otherwise this.
    """

    patience: AbstractClassVar[float]
    """By when an event must have happened if it does not say itself."""

    @abc.abstractmethod
    def path(
        self, risk: Risk, network: AbstractNetwork, times: Times, key: Key
    ) -> Path:
        """The networks at increasing `times`, as far as the flow can be followed."""

    @abc.abstractmethod
    def arrival(
        self,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Float[Array, ""]],
        within: float,
        key: Key,
    ) -> Arrival:
        """The first time before `within` at which ``crossing(network, time)`` is 0."""

    @abc.abstractmethod
    def check(self, risk: Risk, network: AbstractNetwork, until: float | None) -> None:
        """Raise if this flow cannot move `network` down `risk` for `until`."""
