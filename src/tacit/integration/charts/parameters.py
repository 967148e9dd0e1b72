"""The parameters themselves."""

import equinox as eqx
import jax

from ..._types import float64, Scalar
from ...networks import AbstractNetwork
from ...risk import Risk
from .base import AbstractChart


class Parameters(AbstractChart):
    r"""The plain coordinates: every parameter, no reduction, always valid.

    `decay` is a weight decay that the flow adds to the gradient, and `descent_step` the
    $\eta$ for which it adds $\nabla\tfrac\eta4\|\nabla R\|^2$.
    """

    decay: Scalar = eqx.field(default=0.0, converter=float64)
    descent_step: Scalar | None = None

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

    def tolerances(self, rtol: float, atol: float) -> tuple[float, float]:
        return rtol, atol

    def field(self, risk: Risk, y: AbstractNetwork) -> AbstractNetwork:
        slope = risk.gradient(y)
        if self.descent_step is not None:
            # Half the gradient of the squared slope is the Hessian times the slope.
            _, bend = jax.jvp(risk.gradient, (y,), (slope,))
            share = self.descent_step / 2
            slope = jax.tree.map(lambda g, h: g + share * h, slope, bend)
        return jax.tree.map(lambda g, p: -g - self.decay * p, slope, y)
