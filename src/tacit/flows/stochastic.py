"""Mini-batch gradient descent."""

import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Key
from ..memory import MovingAverages
from ..networks import AbstractNetwork
from ..risk import Risk
from .batches import lacks_class
from .fixed_step import AbstractFixedStep, diverged
from .updates import descend, require_range


class Stochastic(AbstractFixedStep):
    r"""`Descent` in which every move sees `batch` rows only.

    Without `replace`, epochs are random permutations and a remainder that does not
    fill a batch waits for the next one; with it, rows are drawn independently.
    `balanced` takes as many rows of every class. With `fixed`, batches are runs of
    consecutive rows that stay together, and only their order is drawn. The loss of a
    batch is that of its own statistics: Deep LDA on a batch is no part of a sum.

    A batch in which a class is missing stops a loss of class scatter, with a `reason`:
    its gradient would not exist. Raises `DataError` for numbers outside their range.
    """

    order: ClassVar[int] = 0
    step: float = eqx.field(converter=float)
    batch: int
    balanced: bool = False
    replace: bool = False
    momentum: float = eqx.field(default=0.0, converter=float)
    nesterov: bool = False
    weight_decay: float = eqx.field(default=0.0, converter=float)
    schedule: Callable[[Array], Array] | None = None
    fixed: bool = False

    def __check_init__(self):
        require_range(
            self,
            step=(0, math.inf, True),
            batch=(1, math.inf, False),
            momentum=(0, 1, False),
            weight_decay=(0, math.inf, False),
        )

    @property
    def memory_rule(self) -> MovingAverages:
        """Heavy ball, or Nesterov's."""
        return MovingAverages(self.momentum, nesterov=self.nesterov)

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        sampler = self.sampler(risk)
        assert sampler is not None  # `batch` is a number
        still = jax.tree.map(jnp.zeros_like, network)
        return still, sampler, sampler.begin(key)

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        velocity, sampler, state = memory
        rows, state = sampler.draw(state, k)
        lost = lacks_class(risk, rows)

        def gradient_at(net):
            found = risk.gradient(net, rows)
            return jax.tree.map(lambda g: jnp.where(lost, jnp.nan, g), found)

        network, velocity = descend(self, gradient_at, network, velocity, k)
        return network, (velocity, sampler, state)

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        del network
        _, sampler, state = memory
        if not bool(lacks_class(risk, sampler.draw(state, jnp.asarray(k))[0])):
            return diverged(self)
        return (
            f"a batch of {self.batch} lacks a class and its scatter does not exist: "
            "use balanced=True or a larger batch"
        )
