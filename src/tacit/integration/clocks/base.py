"""What every clock is."""

import abc
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...networks import AbstractNetwork
from ..fields import AbstractField
from ..path import Arrival, Look, Path, Times


OPTIONS = frozenset(
    {"atol", "chart", "descent_step", "memory", "solver", "weight_decay"}
)
"""The arguments of a gradient flow that not every clock can honour."""


class Settings(NamedTuple):
    """What a gradient flow tells its clock about how to integrate."""

    rtol: float
    atol: float | None
    chart: str
    solver: str
    max_steps: int


@dataclasses.dataclass(frozen=True)
class AbstractClock(abc.ABC):
    """What a gradient flow is measured by while it is integrated.

    A change of time leaves the orbit alone; the right one makes it a short walk of even
    steps. To add one: subclass, set `unit` and `honours`, define the five methods,
    name it in `CLOCKS`. A plain frozen class: a method of an equinox module costs 40 µs
    to look up, which is half of a short run.
    """

    unit: ClassVar[str]
    """What `until`, the recorded times and events are in."""

    honours: ClassVar[frozenset[str]]
    """Those of `OPTIONS` that mean something in this clock. A flow that is given
    another is refused: it would be ignored."""

    patience: ClassVar[float] = 1e9
    """By when an event must have happened if it does not say itself, in this unit."""

    @abc.abstractmethod
    def check(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        until: float | None,
    ) -> None:
        """Raise if the flow of `field` from `network` cannot be followed to `until`.

        `until` is None for a run that ends at an event.
        """

    @abc.abstractmethod
    def record_times(
        self, network: AbstractNetwork, until: float, count: int
    ) -> np.ndarray:
        """The `count` times, the start excluded and `until` the last, to record at."""

    @abc.abstractmethod
    def path(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        times: Times,
        look: Look | None = None,
    ) -> Path:
        """The networks at increasing `times`, as far as the flow can be followed.

        With `look` it may be what that sees of them instead, where they are large.
        """

    @abc.abstractmethod
    def paths(
        self,
        settings: Settings,
        fields: Sequence[AbstractField],
        networks: Sequence[AbstractNetwork],
        times: Times,
    ) -> list[Path]:
        """`path` of many networks of one shape: together, or by `one_by_one`."""

    @abc.abstractmethod
    def arrival(
        self,
        settings: Settings,
        field: AbstractField,
        network: AbstractNetwork,
        crossing: Callable[[AbstractNetwork, Any], Any],
        within: float,
        every: float,
    ) -> Arrival:
        """The first time before `within` at which ``crossing(network, time)`` is 0.

        It is looked at after every step, and at least `every` so much time.
        """


def one_by_one(
    clock: AbstractClock,
    settings: Settings,
    fields: Sequence[AbstractField],
    networks: Sequence[AbstractNetwork],
    times: Times,
) -> list[Path]:
    """The paths in turn; one compiled function serves all of one shape."""
    pairs = zip(fields, networks, strict=True)
    return [clock.path(settings, field, network, times) for field, network in pairs]
