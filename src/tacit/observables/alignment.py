"""How far the layers of a fully connected network are of rank one and aligned."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Matrix, Scalar
from ..experiment import Snapshot
from ..networks import AbstractFullyConnected, AbstractLinearNetwork, DeepLinear
from .base import AbstractObservable


class FlatWeights(AbstractObservable[AbstractFullyConnected]):
    """All entries of all weight matrices, row after row, the first matrix first."""

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("entry",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " entries"]:
        return jnp.concatenate([jnp.ravel(W) for W in at.network.layers])


class FrobeniusNorms(AbstractObservable[AbstractFullyConnected]):
    r"""$\|W_l\|_F$ of every layer."""

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " L"]:
        return jnp.stack([_length(W) for W in at.network.layers])


class SpectralNorms(AbstractObservable[AbstractFullyConnected]):
    r"""$\|W_l\|_2$ of every layer, its largest singular value."""

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " L"]:
        return jnp.stack([_values(W)[0] for W in at.network.layers])


class LayerRatios(AbstractObservable[AbstractFullyConnected]):
    r"""$\|W_l\|_2 / \|W_l\|_F$ of every layer: 1 if it is of rank one, or zero.

    `RankExcess` keeps its accuracy where this is 1 to rounding.
    """

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " L"]:
        return jnp.stack([jnp.sqrt(1 - _excess(W)) for W in at.network.layers])


class RankExcess(AbstractObservable[AbstractFullyConnected]):
    r"""$1 - (\|W_l\|_2 / \|W_l\|_F)^2$ of every layer, from all but the first value.

    The share of the squared singular values that the largest leaves; 0 for a zero
    layer. It is accurate to about 1e-32.
    """

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("layer",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " L"]:
        return jnp.stack([_excess(W) for W in at.network.layers])


class Alignment(AbstractObservable[AbstractFullyConnected]):
    r"""$|\langle v_{l+1}, u_l \rangle|$ of every pair of neighbouring layers.

    $v_{l+1}$ is the top right singular vector of a layer and $u_l$ the top left one of
    the layer below. Of no meaning where the two largest singular values of a layer are
    equal. `Misalignment` keeps its accuracy where this is 1 to rounding.
    """

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("pair",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " pairs"]:
        found = [jnp.abs(jnp.sum(v * u)) for v, u in _neighbours(at.network.layers)]
        return jnp.stack(found) if found else jnp.zeros(0)


class Misalignment(AbstractObservable[AbstractFullyConnected]):
    r"""$1 - \langle v_{l+1}, u_l \rangle^2$ of every pair, as the square of a sine.

    As `Alignment`, but accurate to about 1e-31.
    """

    needs: ClassVar[type] = AbstractFullyConnected
    dims: ClassVar[tuple[str, ...]] = ("pair",)

    def measure(self, at: Snapshot[AbstractFullyConnected]) -> Float[Array, " pairs"]:
        found = [
            jnp.sum((v - jnp.sum(v * u) * u) ** 2)
            for v, u in _neighbours(at.network.layers)
        ]
        return jnp.stack(found) if found else jnp.zeros(0)


class SingularValues(AbstractObservable[AbstractLinearNetwork]):
    """The singular values of the end-to-end map, the largest first."""

    needs: ClassVar[type] = AbstractLinearNetwork
    dims: ClassVar[tuple[str, ...]] = ("value",)

    def measure(self, at: Snapshot[AbstractLinearNetwork]) -> Float[Array, " r"]:
        return _values(jnp.atleast_2d(at.network.predictor()))


class BalanceDrift(AbstractObservable[DeepLinear]):
    r"""$\|D_l(t) - D_l(0)\|_2 / \max(\|W_l\|_F^2, \|W_{l+1}\|_F^2)$ of every pair.

    $D_l = W_{l+1}^\top W_{l+1} - W_l W_l^\top$, which the gradient flow keeps. Relative
    to the present norms: of larger numbers no more can be told.
    """

    needs: ClassVar[type] = DeepLinear
    dims: ClassVar[tuple[str, ...]] = ("pair",)

    def measure(self, at: Snapshot[DeepLinear]) -> Float[Array, " pairs"]:
        now, then = at.network.layers, at.start.layers
        pairs = zip(now, now[1:], then, then[1:], strict=False)
        found = []
        for W, V, W0, V0 in pairs:
            unit = _power_of_two(jnp.maximum(jnp.abs(W).max(), jnp.abs(V).max()))
            W, V, W0, V0 = (A / unit for A in (W, V, W0, V0))
            drift = (V.T @ V - W @ W.T) - (V0.T @ V0 - W0 @ W0.T)
            size = jnp.maximum(jnp.sum(W**2), jnp.sum(V**2))
            found.append(_values(drift)[0] / jnp.where(size > 0, size, 1.0))
        return jnp.stack(found) if found else jnp.zeros(0)


def _power_of_two(size: Scalar) -> Scalar:
    """One that divides `size` down to about 1 without rounding; 1 for 0."""
    _, exponent = jnp.frexp(size)
    # Below the normal numbers a power of two cannot be inverted.
    return jnp.ldexp(jnp.ones(()), jnp.clip(exponent, -1000, 1000))


def _scaled(W: Matrix) -> tuple[Matrix, Scalar]:
    """`W` divided by a number so that no square overflows or vanishes; the number."""
    unit = _power_of_two(jnp.max(jnp.abs(W)))
    return W / unit, unit


def _length(W: Matrix) -> Scalar:
    A, unit = _scaled(W)
    return unit * jnp.sqrt(jnp.sum(A**2))


def _values(W: Matrix) -> Float[Array, " r"]:
    A, unit = _scaled(W)
    return unit * jnp.linalg.svd(A, compute_uv=False)


def _excess(W: Matrix) -> Scalar:
    squares = jnp.linalg.svd(_scaled(W)[0], compute_uv=False) ** 2
    rest, whole = jnp.sum(squares[1:]), jnp.sum(squares)
    return rest / jnp.where(whole > 0, whole, 1.0)


def _neighbours(chain: list) -> list:
    """The top right vector of every layer but the first, and the top left one below."""
    parts = [jnp.linalg.svd(_scaled(W)[0], full_matrices=False) for W in chain]
    return [
        (above[2][0], below[0][:, 0])
        for below, above in zip(parts, parts[1:], strict=False)
    ]
