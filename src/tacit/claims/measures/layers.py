"""Numbers of every layer that theorems and their rivals need, while it trains."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...experiment import Snapshot
from ...networks import AbstractNetwork, MLP
from ...observables import AbstractObservable


class LayerSums(AbstractObservable[AbstractNetwork]):
    """The sum of the magnitudes of every layer."""

    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot) -> Float[Array, " L"]:
        return jnp.stack([jnp.sum(jnp.abs(layer)) for layer in at.network.layers])


class Leaves(AbstractObservable[AbstractNetwork]):
    """All parameters, array after array."""

    dims: ClassVar[tuple[str, ...]] = ("parameter",)

    def measure(self, at: Snapshot) -> Float[Array, " D"]:
        return jnp.concatenate([jnp.ravel(x) for x in jax.tree.leaves(at.network)])


class BiasNorms(AbstractObservable[MLP]):
    r"""$\|b_l\|^2$ of every layer, 0 where there are none."""

    needs: ClassVar[type] = MLP
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[MLP]) -> Float[Array, " L"]:
        biases = at.network.biases
        if biases is None:
            return jnp.zeros(len(at.network.weights))
        return jnp.stack([jnp.sum(b**2) for b in biases])


class Pairings(AbstractObservable[MLP]):
    r"""$\langle W_l, \nabla_l\rangle$ and $\sum_{m\ge l}\langle b_m, \nabla\rangle$."""

    needs: ClassVar[type] = MLP
    dims: ClassVar[tuple[str, ...]] = ("part", "layer")

    def measure(self, at: Snapshot[MLP]) -> Float[Array, "2 L"]:
        network, slope = at.network, at.risk.gradient(at.network)
        pairs = zip(network.weights, slope.weights, strict=True)
        own = jnp.stack([jnp.sum(W * g) for W, g in pairs])
        if network.biases is None or slope.biases is None:
            return jnp.stack([own, jnp.zeros_like(own)])
        pairs = zip(network.biases, slope.biases, strict=True)
        shifts = jnp.stack([jnp.sum(b * g) for b, g in pairs])
        return jnp.stack([own, jnp.cumsum(shifts[::-1])[::-1]])


class Sizes(AbstractObservable[AbstractNetwork]):
    """The norm of every array of parameters times that of the gradient in it."""

    dims: ClassVar[tuple[str, ...]] = ("array",)

    def measure(self, at: Snapshot) -> Float[Array, " arrays"]:
        both = [jax.tree.leaves(x) for x in (at.network, at.risk.gradient(at.network))]
        products = [
            jnp.linalg.norm(jnp.ravel(x)) * jnp.linalg.norm(jnp.ravel(g))
            for x, g in zip(*both, strict=True)
        ]
        return jnp.stack(products)
