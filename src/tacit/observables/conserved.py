"""Quantities that some gradient flow does not change."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Scalar
from ..experiment import Snapshot
from ..networks import AbstractNetwork, DeepLinear, Diagonal, TwoSided
from .base import AbstractObservable


class LayerNorms(AbstractObservable[AbstractNetwork]):
    r"""$\|\theta_l\|^2$ of every layer: constant if the loss is free of scale.

    The squared Euclidean (Frobenius) norm; for a two-sided network that of `u` and `v`.
    """

    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot) -> Float[Array, " L"]:
        return jnp.stack([jnp.sum(layer**2) for layer in at.network.layers])


class QuasiNorm(AbstractObservable[Diagonal]):
    r"""$Q^{L/2} = \bigl(\sum_i |w_i|^{2/L}\bigr)^{L/2}$, the $(2/L)$-quasi-norm of $w$.

    Constant for a balanced start under a loss free of scale (Li 2026,
    arXiv:2603.02622). A norm only for $L \le 2$.
    """

    needs: ClassVar[type] = Diagonal

    def measure(self, at: Snapshot[Diagonal]) -> Scalar:
        L = len(at.network.layers)
        return jnp.sum(jnp.abs(at.network.predictor()) ** (2 / L)) ** (L / 2)


class Balance(AbstractObservable[Diagonal]):
    r"""$\theta_{l+1,i}^2 - \theta_{l,i}^2$ ``(L - 1, d)``: constant under any loss."""

    needs: ClassVar[type] = Diagonal
    dims: ClassVar[tuple[str, ...]] = ("gap", "feature")

    def measure(self, at: Snapshot[Diagonal]) -> Float[Array, "gaps d"]:
        layers = at.network.layers
        return (layers[1:] - layers[:-1]) * (layers[1:] + layers[:-1])


class SidePairing(AbstractObservable[TwoSided]):
    r"""$u_i v_i$ for depth 2, $|u_i|^{2-L} + |v_i|^{2-L}$ beyond: constant."""

    needs: ClassVar[type] = TwoSided
    dims: ClassVar[tuple[str, ...]] = ("feature",)

    def measure(self, at: Snapshot[TwoSided]) -> Float[Array, " d"]:
        u, v, L = at.network.u, at.network.v, at.network.depth
        return u * v if L == 2 else jnp.abs(u) ** (2 - L) + jnp.abs(v) ** (2 - L)


class GramDifferences(AbstractObservable[DeepLinear]):
    r"""$W_{l+1}^\top W_{l+1} - W_l W_l^\top$ of all pairs, flattened to a vector."""

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("entry",)

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, " entries"]:
        layers = at.network.layers
        pairs = zip(layers, layers[1:], strict=False)
        found = [jnp.ravel(V.T @ V - W @ W.T) for W, V in pairs]
        return jnp.concatenate(found) if found else jnp.zeros(0)


class TopGram(AbstractObservable[DeepLinear]):
    r"""$W_L W_L^\top$ ``(k, k)``: constant if the loss is free of the output basis."""

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("output", "output_")

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, "k k"]:
        W = at.network.layers[-1]
        return W @ W.T
