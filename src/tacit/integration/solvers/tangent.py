"""How a linear network's predictor moves with its parameters."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...networks import AbstractLinearNetwork, DeepLinear, Diagonal


Kernel = Float[Array, "D D"]


def flat_predictor(network: AbstractLinearNetwork) -> Float[Array, " D"]:
    """The predictor as a vector, row after row: ``D = d``, or ``k d``."""
    return network.predictor().ravel()


@functools.singledispatch
def tangent_kernel(network: AbstractLinearNetwork) -> Kernel:
    r"""$K K^\top$ with $K = \partial w / \partial \theta$: how the predictor is moved.

    The flow of a risk moves $w$ by $-K K^\top \nabla_w R$.
    """
    E, pull = jax.vjp(flat_predictor, network)
    rows = jax.vmap(pull)(jnp.eye(E.size))
    flat = [leaf.reshape(E.size, -1) for leaf in jax.tree.leaves(rows)]
    K = jnp.concatenate(flat, axis=1)
    return K @ K.T


@tangent_kernel.register
def _(network: Diagonal) -> Kernel:
    rest = eqx.filter_grad(lambda net: jnp.sum(net.predictor()))(network)
    return jnp.diag(jnp.sum(rest.layers**2, axis=0))


@tangent_kernel.register
def _(network: DeepLinear) -> Kernel:
    # A_l = W_L ... W_{l+1} from above, B_l = W_{l-1} ... W_1 from below.
    below = [jnp.eye(network.layers[0].shape[1])]
    for W in network.layers[:-1]:
        below.append(W @ below[-1])
    above = jnp.eye(len(network.layers[-1]))
    total = jnp.kron(above, below[-1].T @ below[-1])
    for W, B in zip(network.layers[:0:-1], below[-2::-1], strict=True):
        above = above @ W
        total = total + jnp.kron(above @ above.T, B.T @ B)
    return total
