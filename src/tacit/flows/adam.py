"""Adam."""

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
from .updates import adapt, require_range


class Adam(AbstractFixedStep):
    r"""Adam on the whole sample, bias-corrected, $\epsilon$ inside the root.

    Kingma and Ba (2015), arXiv:1412.6980. It does not follow the gradient flow as
    $\eta \to 0$ at fixed memory. Raises `DataError` for numbers outside their range.
    """

    order: ClassVar[int] = 0
    step: float = eqx.field(default=1e-3, converter=float)
    beta1: float = eqx.field(default=0.9, converter=float)
    beta2: float = eqx.field(default=0.999, converter=float)
    eps: float = eqx.field(default=1e-8, converter=float)

    def __check_init__(self):
        require_range(
            self,
            step=(0, math.inf, True),
            beta1=(0, 1, False),
            beta2=(0, 1, False),
            eps=(0, math.inf, False),
        )

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        del risk, key
        still = jax.tree.map(jnp.zeros_like, network)
        return still, still

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        return adapt(self, risk.gradient(network), network, memory, k)

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        del risk, network, memory, k
        return diverged(self)
