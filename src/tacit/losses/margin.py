"""Losses with an exponential tail: their minimisers run away along a margin."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Scalar
from .base import AbstractPointwiseLoss


class Logistic(AbstractPointwiseLoss):
    r"""$\log(1 + e^{-yp})$ for targets $y \in \{-1, +1\}$."""

    attained: ClassVar[bool] = False

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jnp.sum(jax.nn.softplus(-target * output))


class Exponential(AbstractPointwiseLoss):
    r"""$e^{-yp}$ for targets $y \in \{-1, +1\}$."""

    attained: ClassVar[bool] = False

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jnp.sum(jnp.exp(-target * output))
