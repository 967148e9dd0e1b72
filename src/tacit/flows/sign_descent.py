"""Descent along the sign of the gradient."""

import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Key
from ..networks import AbstractNetwork
from ..risk import Risk
from .fixed_step import AbstractFixedStep, diverged
from .updates import require_range


class SignDescent(AbstractFixedStep):
    r"""$\theta \leftarrow \theta - \eta\,\mathrm{sign}(g)$: Adam without memory.

    It does not follow the gradient flow as $\eta \to 0$.
    """

    order: ClassVar[int] = 0
    step: float = eqx.field(converter=float)

    def __check_init__(self):
        require_range(self, step=(0, math.inf, True))

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        del risk, network, key
        return ()

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        del k
        gradient = risk.gradient(network)
        down = jax.tree.map(lambda p, g: p - self.step * jnp.sign(g), network, gradient)
        return down, memory

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        del risk, network, memory, k
        return diverged(self)
