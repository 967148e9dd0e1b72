"""Neurons that are normalised before their activation."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._types import float64, Matrix, Vector
from ...errors import OptionError, ShapeError
from ...networks import AbstractNetwork
from ...networks.activations import activation_of


KINDS = ("batch", "layer")


class Normalised(AbstractNetwork):
    r"""$V\sigma(z)$ with $z$ = $Wx$ normalised.

    "batch" divides unit $i$ by $\sqrt{w_i^\top \Sigma w_i}$, its deviation over inputs
    of covariance $\Sigma$, here the identity: batch normalisation of the whole sample.
    "layer" subtracts the mean over units and divides by their deviation. $W$ is
    ``(h, d)``, $V$ ``(k, h)``; gains and shifts are left out.
    """

    W: Matrix = eqx.field(converter=float64)
    V: Matrix = eqx.field(converter=float64)
    kind: str = eqx.field(default="batch", static=True)
    activation: str | Callable = eqx.field(default="tanh", static=True)

    def __check_init__(self):
        if self.kind not in KINDS:
            raise OptionError("kind", self.kind, KINDS)
        if self.V.shape[1] != len(self.W):
            raise ShapeError(
                f"Normalised: W is (h, d) and V (k, h); got {self.W.shape} and "
                f"{self.V.shape}."
            )

    @classmethod
    def gaussian(
        cls,
        d: int,
        h: int,
        k: int,
        *,
        kind: str = "batch",
        activation: str | Callable = "tanh",
        seed: int = 0,
    ) -> "Normalised":
        """Independent normal entries, of variance one over the columns."""
        rng = np.random.default_rng(seed)
        W = rng.standard_normal((h, d)) / np.sqrt(d)
        return cls(W, rng.standard_normal((k, h)) / np.sqrt(h), kind, activation)

    @property
    def features(self) -> int:
        """How long an input is."""
        return self.W.shape[1]

    def __call__(self, x: Vector) -> Float[Array, "*k"]:
        z = self.W @ x
        if self.kind == "batch":
            z = z / jnp.sqrt(jnp.sum(self.W**2, axis=1))
        else:
            z = z - jnp.mean(z)
            z = z / jnp.sqrt(jnp.mean(z**2))
        return self.V @ activation_of(self.activation)(z)
