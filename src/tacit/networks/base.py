"""What every network is."""

import abc

import equinox as eqx
from jaxtyping import Array, Float

from .._types import Predictor, Vector


class AbstractNetwork(eqx.Module):
    """A function of one input. Its array leaves are exactly the parameters that train.

    To add one: subclass, declare the parameters as fields, define `__call__` for
    a *single* input. Batching is `jax.vmap`'s business.
    """

    @abc.abstractmethod
    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        """The output at one input `x` of shape ``(d,)``: a number, or ``(k,)``."""


class AbstractLinearNetwork(AbstractNetwork):
    """A network whose function is linear in the input, however it is parametrised."""

    @abc.abstractmethod
    def predictor(self) -> Predictor:
        """The `w` ``(d,)`` or ``(k, d)`` with ``network(x) == w @ x``."""

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        return self.predictor() @ x
