"""The gradient flow with weight decay."""

import equinox as eqx
import jax

from ..._types import float64, Scalar
from ...networks import AbstractNetwork
from ...risk import Risk
from .base import AbstractField


class Decayed(AbstractField):
    r"""$-\nabla R(\theta) - \mu\theta$, with $\mu$ the `decay`."""

    risk: Risk
    decay: Scalar = eqx.field(converter=float64)

    def __call__(self, network: AbstractNetwork) -> AbstractNetwork:
        slope = self.risk.gradient(network)
        return jax.tree.map(lambda g, p: -g - self.decay * p, slope, network)
