"""What every clock is."""

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...networks import AbstractNetwork
from ...risk import Risk
from ..charts import Remembered
from ..path import Arrival, Path, Times


class Settings(NamedTuple):
    """What a gradient flow tells its clock about how to integrate."""

    rtol: float
    atol: float
    chart: str
    solver: str
    weight_decay: float
    descent_step: float
    max_steps: int
    memory: Remembered | None = None


@dataclasses.dataclass(frozen=True)
class AbstractClock(abc.ABC):
    """What a gradient flow is measured by while it is integrated.

    A change of time leaves the orbit alone; the right one makes it a short walk of even
    steps. To add one: subclass, set `unit`, define the four methods, name it in
    `CLOCKS`. A plain frozen class: a method of an equinox module costs 40 µs to look
    up, which is half of a short run.
    """

    unit: ClassVar[str]
    """What `until`, the recorded times and events are in."""

    patience: ClassVar[float] = 1e9
    """By when an event must have happened if it does not say itself, in this unit."""

    @abc.abstractmethod
    def check(
        self,
        settings: Settings,
        risk: Risk,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        """Raise if the flow of `network` down `risk` cannot be followed to `until`.

        `until` is None for a run that ends at an event.
        """

    @abc.abstractmethod
    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        """The `count` times, the start excluded and `until` the last, to record at."""

    @abc.abstractmethod
    def path(
        self, settings: Settings, risk: Risk, network: AbstractNetwork, times: Times
    ) -> Path:
        """The networks at increasing `times`, as far as the flow can be followed."""

    @abc.abstractmethod
    def arrival(
        self,
        settings: Settings,
        risk: Risk,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Any],
        within: float,
    ) -> Arrival:
        """The first time before `within` at which ``crossing(network, time)`` is 0."""
