"""What every chart is."""

import abc
from typing import Any

import equinox as eqx

from ...networks import AbstractNetwork
from ...risk import Risk


class AbstractChart(eqx.Module):
    """Coordinates in which a gradient flow is integrated exactly.

    What the flow conserves is a constant of the chart, fixed when it is laid at the
    starting network, so no integration error can touch it.

    To add one: subclass, define the six methods, list it in the gradient flow.
    """

    @classmethod
    @abc.abstractmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        """Whether the flow of `risk` from `network` stays in these coordinates."""

    @classmethod
    @abc.abstractmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "AbstractChart":
        """The chart laid at the starting network."""

    @abc.abstractmethod
    def enter(self, network: AbstractNetwork) -> Any:
        """The coordinates of `network`: a vector, or a tree of arrays."""

    @abc.abstractmethod
    def leave(self, y: Any) -> AbstractNetwork:
        """The network at the coordinates `y`."""

    @abc.abstractmethod
    def tolerances(self, rtol: float, atol: float) -> tuple[Any, Any]:
        """What `rtol` and `atol` of the parameters are in these coordinates.

        Numbers, or vectors with one for every coordinate.
        """

    @abc.abstractmethod
    def field(self, risk: Risk, y: Any) -> Any:
        """The velocity of the gradient flow in these coordinates."""
