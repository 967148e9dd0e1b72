"""The flow that descent by finite steps follows to second order."""

import equinox as eqx
import jax

from ..._types import float64, Scalar
from ...networks import AbstractNetwork
from ...risk import Risk
from .base import AbstractField


class Modified(AbstractField):
    r"""$-\nabla\bigl(R + \tfrac\eta4\|\nabla R\|^2\bigr)(\theta) - \mu\theta$.

    `step` is the $\eta$ of a descent that this flow follows to second order (Barrett
    and Dherin 2021, arXiv:2009.11162, Theorem 3.1); `decay` is $\mu$.
    """

    risk: Risk
    step: Scalar = eqx.field(converter=float64)
    decay: Scalar = eqx.field(default=0.0, converter=float64)

    def __call__(self, network: AbstractNetwork) -> AbstractNetwork:
        slope = self.risk.gradient(network)
        # Half the gradient of the squared slope is the Hessian times the slope.
        _, bend = jax.jvp(self.risk.gradient, (network,), (slope,))
        share = self.step / 2
        slope = jax.tree.map(lambda g, h: g + share * h, slope, bend)
        return jax.tree.map(lambda g, p: -g - self.decay * p, slope, network)
