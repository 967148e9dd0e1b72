"""What laws of `tacit.laws` are worth along a run."""

from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ..experiment import Snapshot
from ..networks import AbstractNetwork
from .base import AbstractObservable
from .deviations import deviations


class Conserved(AbstractObservable[AbstractNetwork]):
    """The values of laws: those of `tacit.laws`, or any function of a network.

    `laws` maps a network to a vector ``(m,)``. Constant along the flow it is a law of.
    """

    dims: ClassVar[tuple[str, ...]] = ("law",)
    laws: Callable[[AbstractNetwork], Array] = eqx.field(static=True)

    def measure(self, at: Snapshot) -> Float[Array, " m"]:
        return self.laws(at.network)


class StepDrift(AbstractObservable[AbstractNetwork]):
    r"""$\tfrac12 g^\top\nabla^2h\, g$ of laws $h$: what a step along $-g$ adds to them.

    $g$ is the gradient of the risk. A step of length $\eta$ changes a quadratic law by
    $\eta^2$ times this, exactly, and another to that order: the first order is what
    the law says is 0. `laws` is as in `Conserved`.
    """

    dims: ClassVar[tuple[str, ...]] = ("law",)
    laws: Callable[[AbstractNetwork], Array] = eqx.field(static=True)

    def measure(self, at: Snapshot) -> Float[Array, " m"]:
        return _bend(self.laws, at.network, at.risk.gradient(at.network))


class NoiseDrift(AbstractObservable[AbstractNetwork]):
    r"""The mean over samples of $\tfrac12 a_i^\top\nabla^2h\, a_i$, for laws $h$.

    $a_i$ is how far the gradient of sample i is from that of the risk. The gradient of
    a batch of b rows drawn independently adds 1/b of it, in the mean, to `StepDrift`.
    `laws` is as in `Conserved`. Raises `DataError` for a risk without samples.
    """

    dims: ClassVar[tuple[str, ...]] = ("law",)
    laws: Callable[[AbstractNetwork], Array] = eqx.field(static=True)

    def measure(self, at: Snapshot) -> Float[Array, " m"]:
        _, apart, mass = deviations(at.risk, at.network)
        _, shaped = ravel_pytree(at.network)
        each = jax.vmap(lambda a: _bend(self.laws, at.network, shaped(a)))(apart)
        return mass @ each


def _bend(laws, network, slope):
    """Half the second derivative of the laws along `slope`."""

    def along(network):
        return jax.jvp(laws, (network,), (slope,))[1]

    return jax.jvp(along, (network,), (slope,))[1] / 2
