"""What ends a run before its time."""

import abc
import math
from typing import Any, TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ._types import number, Scalar
from .errors import DataError, ShapeError
from .experiment import Snapshot


if TYPE_CHECKING:
    from typing import ClassVar as AbstractVar
else:
    from equinox import AbstractVar


def _wait(within: float | int | None) -> float | None:
    return None if within is None else number(within)


class AbstractEvent(eqx.Module):
    """Something that ends a run when it happens.

    To add one: subclass, declare `within` and `every`, define `crossing`.
    """

    within: AbstractVar[float | None]
    """By when a run gives up waiting, in the units of its flow; None is the flow's own
    `patience`."""

    every: AbstractVar[float | None]
    """The longest time between looks, in the same units: what lasts longer is found.
    None is one look after every step of the solver, however long that is."""

    @abc.abstractmethod
    def crossing(self, at: Snapshot) -> Scalar:
        """A number that changes sign when the event happens."""


class Reaches(AbstractEvent):
    """The moment when an observable of one number passes `level`.

    `observable` is one of `tacit.observables`, or anything with ``measure(snapshot)``.
    The run gives up, and says so, if it has not happened by `within`.
    """

    observable: Any
    level: float = eqx.field(converter=np.float64)
    within: float | None = eqx.field(default=None, converter=_wait, kw_only=True)
    every: float | None = eqx.field(default=None, converter=_wait, kw_only=True)

    def __check_init__(self):
        measures = callable(getattr(self.observable, "measure", None))
        if isinstance(self.observable, type) or not measures:
            raise DataError(
                "Reaches takes an observable of tacit.observables, or anything with "
                f"measure(snapshot); got {self.observable!r}."
            )
        _positive("within", self.within)
        _positive("every", self.every)
        _number(self.level)

    def crossing(self, at: Snapshot) -> Scalar:
        value = jnp.asarray(self.observable.measure(at))
        if value.size != 1:
            name = type(self.observable).__name__
            raise ShapeError(
                f"Reaches waits for one number to be at its level; {name} has "
                f"{value.shape}. Write an observable of the entry that you mean."
            )
        return jnp.reshape(value, ()) - self.level


class RiskBelow(AbstractEvent):
    """The moment when the risk falls to `level`, or to that share of its start."""

    level: float = eqx.field(converter=np.float64)
    relative: bool = False
    within: float | None = eqx.field(default=None, converter=_wait, kw_only=True)
    every: float | None = eqx.field(default=None, converter=_wait, kw_only=True)

    def __check_init__(self):
        _positive("within", self.within)
        _positive("every", self.every)
        _number(self.level)

    def crossing(self, at: Snapshot) -> Scalar:
        unit = at.risk.value(at.start) if self.relative else 1.0
        return at.risk.value(at.network) - self.level * unit


def _positive(what: str, time: float | None) -> None:
    if time is not None and not 0 < time < math.inf:
        raise DataError(f"{what} = {time}: it is a finite time, above 0.", about=what)


def _number(level: float) -> None:
    if not math.isfinite(level):
        raise DataError(
            f"level = {level}: an event is at a finite number.", about="level"
        )
