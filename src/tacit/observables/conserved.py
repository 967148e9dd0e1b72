"""Quantities that some gradient flow does not change."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Scalar
from ..experiment import Snapshot
from ..networks import AbstractLayered, AbstractNetwork, DeepLinear, Diagonal, TwoSided
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


class Imbalance(AbstractObservable[AbstractLayered]):
    r"""What a gradient flow conserves between neighbouring layers, by the network.

    Diagonal: $\theta_{l+1,i}^2 - \theta_{l,i}^2$ ``(L - 1, d)``. Deep linear:
    $W_{l+1}^\top W_{l+1} - W_l W_l^\top$ of all pairs, flattened. Both under any loss.
    `MLP`: $\|W_{l+1}\|_F^2 - \|W_l\|_F^2 - \|b_l\|^2$ ``(L - 1,)``, where the
    activation is of degree 1.
    """

    needs: ClassVar[type] = AbstractLayered
    dims: ClassVar[tuple[str, ...]] = ("pair", "entry")

    def measure(self, at: Snapshot[AbstractLayered]) -> Float[Array, "..."]:
        return at.network.imbalance()


class SidePairing(AbstractObservable[TwoSided]):
    r"""$u_i v_i$ for depth 2, $|u_i|^{2-L} + |v_i|^{2-L}$ beyond: constant."""

    needs: ClassVar[type] = TwoSided
    dims: ClassVar[tuple[str, ...]] = ("feature",)

    def measure(self, at: Snapshot[TwoSided]) -> Float[Array, " d"]:
        u, v, L = at.network.u, at.network.v, at.network.depth
        return u * v if L == 2 else jnp.abs(u) ** (2 - L) + jnp.abs(v) ** (2 - L)


class TopGram(AbstractObservable[DeepLinear]):
    r"""$W_L W_L^\top$ ``(k, k)``: constant if the loss is free of the output basis."""

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("output", "output_")

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, "k k"]:
        W = at.network.layers[-1]
        return W @ W.T
