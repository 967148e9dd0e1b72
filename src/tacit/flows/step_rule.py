"""What every rule for the length of a step is."""

import abc
from typing import Any

import equinox as eqx

from .._types import Scalar
from ..networks import AbstractNetwork
from ..risk import Risk


class AbstractStepRule(eqx.Module):
    """How long a step is, and along what.

    To add one: subclass, define `check`, `memory` and `pull`.
    """

    @abc.abstractmethod
    def check(self, risk: Risk, network: AbstractNetwork) -> None:
        """Raise unless the rule can be followed from `network` down `risk`.

        It may be called while shapes are found out: no number is to be computed in JAX.
        """

    @abc.abstractmethod
    def memory(self, network: AbstractNetwork) -> Any:
        """What is carried from step to step; a tree of arrays."""

    @abc.abstractmethod
    def pull(
        self, risk: Risk, network: AbstractNetwork, memory: Any
    ) -> tuple[Scalar, AbstractNetwork, Any]:
        """A factor and a network-shaped tree, their product the step; the memory."""
