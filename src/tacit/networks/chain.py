"""One scalar gain a layer: what a network of interchangeable units reduces to."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike

from .._types import Scalar, Vector
from ..errors import ShapeError
from .activations import activation_of, composed_degree, kinked
from .base import AbstractNetwork, require_depth
from .inits import require_gains


def _vector(v: ArrayLike | Sequence[float]) -> Array:
    return jnp.atleast_1d(jnp.asarray(v, dtype=jnp.float64))


class Chain(AbstractNetwork):
    r"""$f(x) = \sqrt N X_L\,\sigma(X_{L-1} \cdots \sigma(v^\top x/\sqrt N) \cdots)$.

    The function of an `MLP.symmetric` with `width` $N$ hidden units that are all alike,
    in coordinates whose gradient flow is that of the network: $\|v\|$ and the `gains`
    $X_2, \dots, X_L$ are the Frobenius norms of its layers. `first` is $v$ ``(d,)``, or
    a number for a single feature.

    Raises as `MLP` does, and `DataError` for a width below 1.
    """

    first: Vector = eqx.field(converter=_vector)
    gains: Vector = eqx.field(converter=_vector)
    activation: str | Callable = eqx.field(default="tanh", static=True)
    width: int = eqx.field(default=1, static=True)

    def __check_init__(self):
        activation_of(self.activation)
        if self.first.ndim != 1 or not len(self.first):
            raise ShapeError(
                f"Chain: first is a vector (d,), one entry a feature; got shape "
                f"{self.first.shape}.",
                about="first",
            )
        require_gains(Chain, self.gains, self.width)

    @property
    def sigma(self) -> Callable:
        """The activation as a function."""
        return activation_of(self.activation)

    @property
    def weights(self) -> list[Array]:
        """The gains of all layers, the first a vector."""
        return [self.first, *self.gains]

    @property
    def layers(self) -> list[Array]:
        return self.weights

    @property
    def features(self) -> int:
        return len(self.first)

    @property
    def degree(self) -> int | None:
        return composed_degree(self.activation, len(self.weights))

    @property
    def kinked(self) -> bool:
        return kinked(self.sigma)

    def __call__(self, x: Vector) -> Scalar:
        root = self.width**0.5
        h = self.sigma(self.first @ x / root)
        for i in range(len(self.gains) - 1):
            h = self.sigma(self.gains[i] * h)
        return root * self.gains[-1] * h

    @classmethod
    def even(
        cls,
        gain: float,
        *,
        depth: int,
        direction: ArrayLike | Sequence[float] = 1.0,
        activation: str | Callable = "tanh",
        width: int = 1,
    ) -> "Chain":
        """All `depth` layers of the same `gain`, the first along `direction`."""
        require_depth(cls, depth)
        along = _vector(direction)
        unit = along / jnp.sqrt(jnp.sum(along**2))
        return cls(gain * unit, jnp.full(depth - 1, float(gain)), activation, width)
