"""The parameters themselves."""

import equinox as eqx
import jax

from .._types import float64, Scalar
from ..networks import AbstractNetwork
from ..risk import Risk
from .base import AbstractChart


class Parameters(AbstractChart):
    """The plain coordinates: every parameter, no reduction, always valid.

    `decay` is a weight decay that the flow adds to the gradient.
    """

    decay: Scalar = eqx.field(default=0.0, converter=float64)

    @classmethod
    def valid(cls, network: AbstractNetwork, risk: Risk) -> bool:
        del network, risk
        return True

    @classmethod
    def at(cls, network: AbstractNetwork, risk: Risk) -> "Parameters":
        del network, risk
        return cls()

    def enter(self, network: AbstractNetwork) -> AbstractNetwork:
        return network

    def leave(self, y: AbstractNetwork) -> AbstractNetwork:
        return y

    def field(self, risk: Risk, y: AbstractNetwork) -> AbstractNetwork:
        down = risk.gradient(y)
        return jax.tree.map(lambda g, p: -g - self.decay * p, down, y)
