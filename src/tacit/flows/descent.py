"""Gradient descent, with momentum, weight decay and schedules."""

import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Key
from ..networks import AbstractNetwork
from ..risk import Risk
from .fixed_step import AbstractFixedStep, diverged
from .updates import descend, require_range


class Descent(AbstractFixedStep):
    r"""$v \leftarrow \beta v - \eta g$, $\theta \leftarrow \theta + v$, whole sample.

    `step` is $\eta$, `momentum` $\beta$ in ``[0, 1)``; with `nesterov` the gradient is
    taken at $\theta + \beta v$. `weight_decay` $\mu$ adds $\mu\theta$ to $g$.
    `schedule` maps the number of the move, from 0, to a factor on `step`.

    Raises `DataError` for numbers outside their range.
    """

    order: ClassVar[int] = 1
    step: float = eqx.field(converter=float)
    momentum: float = eqx.field(default=0.0, converter=float)
    nesterov: bool = False
    weight_decay: float = eqx.field(default=0.0, converter=float)
    schedule: Callable[[Array], Array] | None = None

    def __check_init__(self):
        require_range(
            self,
            step=(0, math.inf, True),
            momentum=(0, 1, False),
            weight_decay=(0, math.inf, False),
        )

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        del risk, key
        return jax.tree.map(jnp.zeros_like, network)

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        return descend(self, risk.gradient, network, memory, k)

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        del risk, network, memory, k
        return diverged(self)
