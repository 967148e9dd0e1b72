"""The squared loss."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Scalar
from .base import AbstractPointwiseLoss


class Squared(AbstractPointwiseLoss):
    r"""$\tfrac12 \|p - y\|^2$. The half makes the gradient the residual."""

    attained: ClassVar[bool] = True
    smoothness: ClassVar[float] = 1.0

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return 0.5 * jnp.sum((output - target) ** 2)
