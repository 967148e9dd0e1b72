"""How a network with small layers leaves the saddle it starts at."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import float64, Scalar, Vector
from ..errors import DataError
from ..experiment import Snapshot
from ..networks import AbstractNetwork, MLP
from ..saddles import imbalance_rate
from .base import AbstractObservable


def _indices(small):
    return None if small is None else tuple(int(i) for i in small)


class MeanGain(AbstractObservable[AbstractNetwork]):
    """The geometric mean of the Frobenius norms of the layers, or of those in `small`.

    What `tacit.oracles.escape_time` calls the level; `small` are indices from 0 on.
    """

    small: tuple[int, ...] | None = eqx.field(
        default=None, static=True, converter=_indices
    )

    def measure(self, at: Snapshot) -> Scalar:
        return jnp.exp(jnp.mean(_logs(at.network, self.small)))


class SignalEnergy(AbstractObservable[AbstractNetwork]):
    r"""$\prod_l \|W_l\|_F^2$ over the layers, or those in `small`: the squared signal.

    It grows at the rate of its power $3/2 - 1/r$ at least, $r$ the number of layers,
    and at that rate where they are balanced.
    """

    small: tuple[int, ...] | None = eqx.field(
        default=None, static=True, converter=_indices
    )

    def measure(self, at: Snapshot) -> Scalar:
        return jnp.exp(2 * jnp.sum(_logs(at.network, self.small)))


class ImbalanceRate(AbstractObservable[MLP]):
    r"""The derivative in time of `Imbalance` under the gradient flow, predicted.

    $2\,\mathbb E\langle W_{l+1}^\top\delta_{l+1}, z_l\sigma'(z_l)-\sigma(z_l)\rangle$
    (Rawal and DeWeese 2026, arXiv:2605.01288).
    """

    needs: ClassVar[type] = MLP
    dims: ClassVar[tuple[str, ...]] = ("pair",)

    def measure(self, at: Snapshot[MLP]) -> Float[Array, " pairs"]:
        return imbalance_rate(at.network, at.risk.loss, at.risk.problem)


class FeatureOverlap(AbstractObservable[AbstractNetwork]):
    r"""$\|W_1 u\|^2 / \|W_1\|_F^2$: the share of the first layer along the teacher $u$.

    1 if every hidden unit looks along `direction` ``(d,)`` alone, and about $1/d$ at a
    random start. Raises `DataError` for a direction of length 0.
    """

    direction: Vector = eqx.field(converter=float64)

    def __check_init__(self):
        if not jnp.any(self.direction != 0):
            raise DataError(
                "FeatureOverlap: the teacher's direction is 0; give one.",
                about="direction",
            )

    def measure(self, at: Snapshot) -> Scalar:
        W = jnp.atleast_2d(at.network.layers[0])
        along = W @ self.direction
        size = jnp.sum(self.direction**2) * jnp.sum(W**2)
        return jnp.sum(along**2) / size


def _logs(network, small):
    layers = network.layers
    chosen = layers if small is None else [layers[i] for i in small]
    return jnp.stack([0.5 * jnp.log(jnp.sum(W**2)) for W in chosen])
