"""What every flow is."""

import abc
from collections.abc import Callable
from typing import Any, TYPE_CHECKING

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from .._types import Key
from ..integration.path import Arrival, Path, Times
from ..networks import AbstractNetwork
from ..risk import Risk


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar
else:
    from equinox import AbstractClassVar


class AbstractFlow(eqx.Module):
    """A way to move parameters down a risk.

    To add one that repeats a move, subclass `AbstractFixedStep`; otherwise this.
    """

    patience: AbstractClassVar[float]
    """By when an event must have happened if it does not say itself."""

    @property
    @abc.abstractmethod
    def unit(self) -> str:
        """What `until`, the recorded times and events are in."""

    @abc.abstractmethod
    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        """The `count` times, the start excluded and `until` the last, to record at."""

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
