r"""How gradients move parameters: the state, and the field that a gradient makes.

A state holds the parameters and, where the motion needs them, velocities and a clock
$\varsigma$. The clock is the exponential of time in units of the friction or decay: it
makes a law that depends on time a polynomial of the state.
"""

import abc
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._facts import Fact
from ..errors import DataError
from .layout import Layout
from .parametrisation import reals


class View(NamedTuple):
    """The parts of a state: the parameters, their velocities, the clock."""

    blocks: Sequence[Array]
    velocities: Sequence[Array]
    clock: Array


Pull = Callable[[Array], Float[Array, " D"]]


class AbstractDynamics(eqx.Module):
    """A motion driven by gradients that may be any that the loss can have.

    To add one: subclass, say how long its state is and what field a gradient makes.
    """

    exact: ClassVar[bool] = True
    """Whether the field is a polynomial of the gradient and the state."""

    rate = Fact[float](lambda _: 1.0)
    """How fast its clock goes."""

    @property
    @abc.abstractmethod
    def words(self) -> str:
        """What it is, for a table."""

    @abc.abstractmethod
    def size(self, D: int) -> int:
        """How many numbers its state has for `D` parameters."""

    @abc.abstractmethod
    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        """The velocity of `state`; ``pull(theta)`` is the gradient there.

        `extra` ``(D + 1,)`` is drawn for every generator: whatever part of the motion
        does not come from the gradient carries a number from it as its factor.
        """

    @property
    def moving(self) -> bool:
        """Whether velocities are in the state."""
        return False

    def view(self, layout: Layout, state: Array) -> View:
        """`state` by its parts; the clock is 1 where there is none."""
        D = layout.size
        velocities = layout.split(state[D : 2 * D]) if self.moving else []
        ticks = self.size(D) > D * (1 + self.moving)
        clock = state[-1] if ticks else jnp.ones(())
        return View(layout.split(state[:D]), velocities, clock)

    def extra(self, D: int) -> jax.ShapeDtypeStruct:
        """The shape of what is drawn besides the gradient."""
        return reals(D + 1)


class Gradient(AbstractDynamics):
    r"""Gradient flow, $\dot\theta = -\nabla\mathcal L$."""

    @property
    def words(self) -> str:
        return "gradient flow"

    def size(self, D: int) -> int:
        return D

    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        del extra
        return pull(state)


class Decay(AbstractDynamics):
    r"""Gradient flow with L2 decay, $\dot\theta = -\nabla\mathcal L - \lambda\theta$.

    The state is $(\theta, \varsigma)$ with $\varsigma = e^{\lambda t}$.
    """

    rate: float = eqx.field(converter=float, static=True)

    def __check_init__(self):
        if not 0 < self.rate < float("inf"):
            raise DataError(f"a decay is above 0 and finite; got {self.rate}.")

    @property
    def words(self) -> str:
        return "gradient flow with weight decay"

    def size(self, D: int) -> int:
        return D + 1

    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        # Time may be measured in units of the rate: how much is conserved is the same.
        drift = jnp.concatenate([-state[:-1], state[-1:]])
        return jnp.append(pull(state[:-1]), 0.0) + extra[0] * drift


class Momentum(AbstractDynamics):
    r"""$\ddot\theta + \tau\dot\theta = -\nabla\mathcal L$, $\tau$ the `friction`.

    The state is $(\theta, \dot\theta, \varsigma)$ with $\varsigma = e^{\tau t}$, which
    is left out where there is no friction (Marcotte et al. 2024, arXiv:2405.12888).
    """

    friction: float = eqx.field(default=1.0, converter=float, static=True)

    @property
    def moving(self) -> bool:
        return True

    def __check_init__(self):
        _require_friction(self.friction)

    @property
    def words(self) -> str:
        return "momentum" if self.friction else "momentum without friction"

    def size(self, D: int) -> int:
        return 2 * D + bool(self.friction)

    def field(self, pull: Pull, extra: Array, state: Array) -> Array:
        D = len(state) // 2
        theta, velocity, clock = state[:D], state[D : 2 * D], state[2 * D :]
        brake = -velocity if self.friction else jnp.zeros_like(velocity)
        return jnp.concatenate(
            [extra[0] * velocity, pull(theta) + extra[0] * brake, extra[0] * clock]
        )


def _require_friction(friction):
    if not 0 <= friction < float("inf"):
        raise DataError(f"friction is a finite number, 0 or more; got {friction}.")
