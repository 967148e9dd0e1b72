"""Gradient descent, with momentum, weight decay, schedules and rules for the step."""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Key
from ..errors import DataError
from ..memory import MovingAverages
from ..networks import AbstractNetwork
from ..risk import Risk
from .fixed_step import AbstractFixedStep, diverged
from .step_rule import AbstractStepRule
from .updates import descend, require_range


def _number(step: Any) -> Any:
    return step if isinstance(step, AbstractStepRule) else float(step)


class Descent(AbstractFixedStep):
    r"""$v \leftarrow \beta v - \eta g$, $\theta \leftarrow \theta + v$, whole sample.

    `step` is $\eta$, `momentum` $\beta$ in ``[0, 1)``; with `nesterov` the gradient is
    taken at $\theta + \beta v$. `weight_decay` $\mu$ adds $\mu\theta$ to $g$.
    `schedule` maps the number of the move, from 0, to a factor on `step`.

    `step` may be a rule: `PrescribedSteps`, `LossNormalized` or `GradientNormalized`
    set the length from where a step is taken, and are plain descent otherwise.

    Raises `DataError` for numbers outside their range.
    """

    order: ClassVar[int] = 1
    step: float | AbstractStepRule = eqx.field(converter=_number)
    momentum: float = eqx.field(default=0.0, converter=float)
    nesterov: bool = False
    weight_decay: float = eqx.field(default=0.0, converter=float)
    schedule: Callable[[Array], Array] | None = None

    def __check_init__(self):
        require_range(self, momentum=(0, 1, False), weight_decay=(0, math.inf, False))
        if not isinstance(self.step, AbstractStepRule):
            require_range(self, step=(0, math.inf, True))
        elif self.momentum or self.nesterov or self.weight_decay:
            raise DataError(
                f"{type(self.step).__name__} is a rule for plain descent: leave out "
                "momentum, nesterov and weight_decay, or give a number for the step.",
                about="step",
            )

    @property
    def _rule(self) -> AbstractStepRule | None:
        return self.step if isinstance(self.step, AbstractStepRule) else None

    @property
    def is_plain(self) -> bool:
        return not (self.momentum or self.weight_decay)

    @property
    def memory_rule(self) -> MovingAverages:
        """Heavy ball, or Nesterov's."""
        return MovingAverages(self.momentum, nesterov=self.nesterov)

    def memory(self, risk: Risk, network: AbstractNetwork, key: Key):
        del key
        if self._rule is not None:
            self._rule.check(risk, network)
            return self._rule.memory(network)
        return jax.tree.map(jnp.zeros_like, network)

    def move(self, risk: Risk, network: AbstractNetwork, memory, k: Array):
        if self._rule is None:
            return descend(self, risk.gradient, network, memory, k)
        rate, slope, memory = self._rule.pull(risk, network, memory)
        if self.schedule is not None:
            rate = rate * self.schedule(k)
        return jax.tree.map(lambda p, g: p - rate * g, network, slope), memory

    def explain(self, risk: Risk, network: AbstractNetwork, memory, k: int) -> str:
        del risk, network, memory, k
        return diverged(self)
