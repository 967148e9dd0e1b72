"""Motions in another metric than the Euclidean, and what a flow's motion is."""

from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from ..errors import DataError, OptionError
from ..flows import (
    AbstractFlow,
    Adam,
    AdamW,
    Descent,
    GradientFlow,
    RMSprop,
    Stochastic,
)
from .dynamics import AbstractDynamics, Decay, Gradient, Pull


class Multiplicative(AbstractDynamics):
    r"""The mirror flow of the entropy, $\dot\theta = -\theta\odot\nabla\mathcal L$.

    With `momentum` the definition matters. "dual" is $\ddot\eta + \tau\dot\eta =
    -\nabla\mathcal L$ in $\eta = \log\theta$; "primal" is $\ddot\theta + \tau\dot\theta
    = -\theta\odot\nabla\mathcal L$. Time is in units of the friction.
    """

    momentum: str | None = eqx.field(default=None, static=True)

    @property
    def moving(self) -> bool:
        return self.momentum is not None

    def __check_init__(self):
        if self.momentum not in (None, "dual", "primal"):
            raise OptionError("momentum", self.momentum, ("None", "dual", "primal"))

    @property
    def words(self) -> str:
        kind = f", {self.momentum} momentum" if self.momentum else ""
        return f"multiplicative flow{kind}"

    def size(self, D: int) -> int:
        return 2 * D + 1 if self.momentum else D

    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        if self.momentum is None:
            return state * pull(state)
        D = len(state) // 2
        theta, velocity, clock = state[:D], state[D : 2 * D], state[2 * D :]
        dual = self.momentum == "dual"
        first = theta * velocity if dual else velocity
        push = pull(theta) if dual else theta * pull(theta)
        drift = jnp.concatenate([first, -velocity, clock])
        return extra[0] * drift + jnp.concatenate([jnp.zeros(D), push, jnp.zeros(1)])


class Metric(AbstractDynamics):
    r"""$\dot\theta = -M(\theta)^{-1}\nabla\mathcal L$ for a metric of one's own.

    `matrix` maps the flat parameters ``(D,)`` to $M$, ``(D, D)`` symmetric positive or
    ``(D,)`` its diagonal. A mirror flow has the Hessian of its potential, natural
    gradient flow the Fisher information of a fixed sample.
    """

    matrix: Callable = eqx.field(static=True)
    exact: ClassVar[bool] = False

    @property
    def words(self) -> str:
        return (
            f"gradient flow in the metric {getattr(self.matrix, '__name__', 'given')}"
        )

    def size(self, D: int) -> int:
        return D

    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        del extra
        M = self.matrix(state)
        return pull(state) / M if M.ndim == 1 else jnp.linalg.solve(M, pull(state))


class Adaptive(AbstractDynamics):
    r"""$\dot\theta = -s\odot\nabla\mathcal L$ with any positive $s$, as Adam has.

    Adam divides by a memory of squared gradients that past data may have made anything:
    what it conserves for all data is conserved for every $s$. Time and memory are not
    in the state, so this is about laws of the parameters alone.
    """

    @property
    def words(self) -> str:
        return "Adam"

    def size(self, D: int) -> int:
        return D

    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        return extra[1:] * pull(state)


def dynamics_of(flow: AbstractFlow | AbstractDynamics | None) -> AbstractDynamics:
    """The continuous motion that a flow of `tacit.flows` follows or discretises.

    Descent and mini-batches follow the gradient flow, with heavy-ball momentum as well
    once it has forgotten its start; decay and adaptive steps change what is conserved.
    Raises `DataError` for flows of which that is not known.
    """
    if flow is None:
        return Gradient()
    if isinstance(flow, AbstractDynamics):
        return flow
    if isinstance(flow, Adam | AdamW | RMSprop):
        return Adaptive()
    other = isinstance(flow, GradientFlow) and (flow.memory or flow.descent_step)
    if isinstance(flow, GradientFlow | Descent | Stochastic) and not other:
        return Decay(flow.weight_decay) if flow.weight_decay else Gradient()
    raise DataError(
        f"what {flow!r} conserves is not known how to count: its velocity is no linear "
        "function of the gradient. Pass another of tacit.flows, or Momentum, "
        "Multiplicative, Metric or Adaptive of tacit.conservation."
    )
