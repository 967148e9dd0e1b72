"""Back to the balance that a flow conserves, without moving the network's function."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..networks import DeepLinear


Gap = Float[Array, "m m"]
SWEEPS = 4
"""Each leaves about a tenth of the imbalance that one pair of layers owes the next."""


def imbalances(network: DeepLinear) -> list[Gap]:
    r"""$W_{l+1}^\top W_{l+1} - W_l W_l^\top$ for every hidden layer."""
    pairs = zip(network.layers, network.layers[1:], strict=False)
    return [V.T @ V - W @ W.T for W, V in pairs]


def rebalanced(network: DeepLinear, target: list[Gap]) -> DeepLinear:
    r"""The same map with `imbalances` equal to `target`, for a small change.

    $W_{l+1}(I + S)$ and $(I + S)^{-1} W_l$ with $S$ symmetric, to first order and for
    one pair of layers at a time, in sweeps. Directions in which both layers vanish are
    left alone.
    """
    layers = list(network.layers)
    for i, wanted in [*enumerate(target)] * SWEEPS:
        above, below = layers[i + 1].T @ layers[i + 1], layers[i] @ layers[i].T
        values, V = jnp.linalg.eigh(above + below)
        sums = values[:, None] + values[None, :]
        kept = sums > 1e-13 * jnp.max(sums)
        change = V.T @ (wanted - above + below) @ V
        S = V @ jnp.where(kept, change / jnp.where(kept, sums, 1.0), 0.0) @ V.T
        mixed = jnp.eye(len(S)) + S
        layers[i + 1] = layers[i + 1] @ mixed
        layers[i] = jnp.linalg.solve(mixed, layers[i])
    return DeepLinear(layers)
