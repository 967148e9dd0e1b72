"""What laws of `tacit.laws` are worth along a run."""

from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float

from ..experiment import Snapshot
from ..networks import AbstractNetwork
from .base import AbstractObservable


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
        slope = at.risk.gradient(at.network)

        def along(network):
            return jax.jvp(self.laws, (network,), (slope,))[1]

        return jax.jvp(along, (at.network,), (slope,))[1] / 2
