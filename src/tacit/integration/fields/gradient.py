"""The field of the gradient flow."""

import jax
import jax.numpy as jnp

from ...networks import AbstractNetwork
from ...risk import Risk
from .base import AbstractField


class Gradient(AbstractField):
    r"""$-\nabla R(\theta)$, and nothing else."""

    risk: Risk

    def __call__(self, network: AbstractNetwork) -> AbstractNetwork:
        return jax.tree.map(jnp.negative, self.risk.gradient(network))
