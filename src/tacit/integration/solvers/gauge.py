"""Back to the balance that a flow conserves, without moving the network's function."""

from typing import cast

import jax.numpy as jnp
from jax.scipy.sparse.linalg import cg
from jaxtyping import Array, Float

from ...networks import DeepLinear


Gap = Float[Array, "m m"]
ITERATIONS = 8
"""Of conjugate gradients at most, for each hidden layer: half of them leave 1e-13."""


def imbalances(network: DeepLinear) -> list[Gap]:
    r"""$W_{l+1}^\top W_{l+1} - W_l W_l^\top$ for every hidden layer."""
    pairs = zip(network.layers, network.layers[1:], strict=False)
    return [V.T @ V - W @ W.T for W, V in pairs]


def project_to_balance(network: DeepLinear, target: list[Gap]) -> DeepLinear:
    r"""The same map with `imbalances` equal to `target`, for a small change.

    $(I + S_l)^{-1} W_l (I + S_{l-1})$ with $S_l$ symmetric, by a step of Newton. The
    $S_l$ of all hidden layers solve one linear system, a chain: layer by layer it would
    be solved as slowly as heat moves along a rod. Directions in which both neighbours
    vanish are left alone.
    """
    if not target:
        return network
    first, *rest = network.layers
    pairs = zip(network.layers, rest, strict=False)
    both = [V.T @ V + W @ W.T for W, V in pairs]
    bases = [jnp.linalg.eigh(C) for C in both]
    owed = [D - gap for D, gap in zip(target, imbalances(network), strict=True)]

    def change(S):
        parts = [C @ T + T @ C for C, T in zip(both, S, strict=True)]
        for i, W in enumerate(rest[:-1]):
            parts[i] = parts[i] - 2 * W.T @ S[i + 1] @ W
            parts[i + 1] = parts[i + 1] - 2 * W @ S[i] @ W.T
        return parts

    def each_alone(owed):
        return [_divided(w, V, R) for (w, V), R in zip(bases, owed, strict=True)]

    size = jnp.max(jnp.stack([w[-1] for w, _ in bases]))
    rounding = cast("float", jnp.finfo(float).eps * size)
    steps = ITERATIONS * len(owed)
    S, _ = cg(change, owed, tol=0.0, atol=rounding, maxiter=steps, M=each_alone)
    mixed = [jnp.eye(len(T)) + T for T in S]
    *right, last = [W @ M for W, M in zip(rest, mixed, strict=True)]
    lower = zip(mixed, [first, *right], strict=True)
    return DeepLinear([*(jnp.linalg.solve(M, W) for M, W in lower), last])


def _divided(values, V, R):
    """The `S` with ``C S + S C = R``, for `C` of these eigenvalues and vectors."""
    sums = values[:, None] + values[None, :]
    kept = sums > 1e-13 * jnp.max(sums)
    return V @ jnp.where(kept, V.T @ R @ V / jnp.where(kept, sums, 1.0), 0.0) @ V.T
