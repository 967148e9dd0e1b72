"""A convolution in one dimension and a linear layer on top."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Vector
from ...errors import ShapeError
from ...networks import AbstractNetwork
from ...networks.activations import activation_of


class Convolution(AbstractNetwork):
    r"""$f_m = \sum_{c,p} V_{mcp}\,\sigma\bigl(\sum_j K_{cj}\, x_{p+j}\bigr)$.

    The filters $K$ are ``(channels, width)``, the layer on top $V$ is
    ``(k, channels, positions)``, and an input has ``positions + width - 1`` numbers.
    """

    K: Float[Array, "channels width"] = eqx.field(converter=float64)
    V: Float[Array, "k channels positions"] = eqx.field(converter=float64)
    activation: str | Callable = eqx.field(default="relu", static=True)

    def __check_init__(self):
        if self.K.ndim != 2 or self.V.ndim != 3 or self.V.shape[1] != len(self.K):
            raise ShapeError(
                "Convolution: K is (channels, width) and V (k, channels, positions); "
                f"got {self.K.shape} and {self.V.shape}."
            )

    @classmethod
    def gaussian(
        cls,
        channels: int,
        width: int,
        *,
        positions: int = 3,
        k: int = 2,
        activation: str | Callable = "relu",
        seed: int = 0,
    ) -> "Convolution":
        """Independent normal entries of variance one over the number summed."""
        rng = np.random.default_rng(seed)
        V = rng.standard_normal((k, channels, positions)) / np.sqrt(
            channels * positions
        )
        return cls(
            rng.standard_normal((channels, width)) / np.sqrt(width), V, activation
        )

    @property
    def features(self) -> int:
        """How long an input is."""
        return self.V.shape[2] + self.K.shape[1] - 1

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        units = activation_of(self.activation)(self.before(x))
        return jnp.einsum("kcp,cp->k", self.V, units)

    def before(self, x: Vector) -> Float[Array, "channels positions"]:
        """What goes into the activation."""
        positions, width = self.V.shape[2], self.K.shape[1]
        windows = jnp.stack([x[p : p + width] for p in range(positions)])
        return self.K @ windows.T
