"""What every chart is."""

import abc
import functools
from collections.abc import Callable
from typing import Any, TYPE_CHECKING

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from ..._facts import Fact
from ...networks import AbstractNetwork
from ...risk import Risk
from ..fields import AbstractField


if TYPE_CHECKING:
    from typing import ClassVar as AbstractClassVar
else:
    from equinox import AbstractClassVar


Coordinates = Float[Array | np.ndarray, " d"]

DEEPEST = 8
"""The depth up to which networks of layers of one shape share what is compiled."""

ATOL = 1e-12
"""The absolute tolerance of a start of size 1 or more; that of a smaller one is as much
smaller, for on a plateau an error grows like the layers themselves."""


def atol_from(network: AbstractNetwork) -> float:
    """The absolute tolerance for the parameters of a flow that starts at `network`.

    `ATOL` times the root mean square of the smallest layer that is not 0, at most
    `ATOL`.
    """
    layers = [np.asarray(W) for W in jax.tree.leaves(network.layers)]
    sizes = [np.sqrt(np.mean(W**2)) for W in layers if np.any(W)]
    return ATOL * float(min(1.0, *sizes)) if sizes else ATOL


@functools.lru_cache(maxsize=64)
def present(depth: int) -> np.ndarray:
    """Which of `DEEPEST` layers there are: a depth as numbers, not as a shape."""
    there = np.arange(max(depth, DEEPEST)) < depth
    there.setflags(write=False)
    return there


class AbstractChart(eqx.Module):
    """Coordinates in which a field is integrated exactly.

    What the flow conserves is a constant of the chart, fixed at the starting network,
    so no integration error can touch it.

    To add one: subclass, set `fields`, define the six methods, list it in the clock
    "time". State what differs of the fact below.
    """

    common = Fact["AbstractChart"](lambda chart: chart)
    """The same coordinates, moving alike, of a network that has the same predictor and
    a shape that does not tell its depth: for that the velocity is compiled, once."""

    leave_numbers = Fact[Callable[[Any, Any], AbstractNetwork] | None](lambda _: None)
    """A function of the chart and of numbers `y`, ``leave(y)`` by NumPy, as it is asked
    for at the end of a run; None where that is compiled."""

    fields: AbstractClassVar[tuple[type[AbstractField], ...]]
    """The fields whose flows stay in these coordinates."""

    @classmethod
    @abc.abstractmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        """Whether the flow of one of `fields` of `risk` from `network` stays here."""

    @classmethod
    @abc.abstractmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "AbstractChart":
        """The chart whose constants are those of the starting `network`."""

    @abc.abstractmethod
    def enter(self, network: AbstractNetwork) -> Any:
        """The coordinates of `network`: a vector, or a tree of arrays.

        Taken of numbers, once a run, not within what is compiled: by NumPy.
        """

    @abc.abstractmethod
    def leave(self, y: Any) -> AbstractNetwork:
        """The network at the coordinates `y`."""

    @abc.abstractmethod
    def tolerances(
        self, network: AbstractNetwork, rtol: float, atol: float | None
    ) -> tuple[Any, Any]:
        """What `rtol` and `atol` of the parameters are in these coordinates.

        Numbers, or vectors with one for every coordinate. Without an `atol` it is
        `ATOL` of what the starting `network` is made of, and never more than `ATOL`.
        """

    @abc.abstractmethod
    def velocity(self, field: AbstractField, y: Any) -> Any:
        """The velocity of `field`, one of `fields`, in these coordinates."""
