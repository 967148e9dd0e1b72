"""Losses with an exponential tail: their minimisers run away along a margin."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Design, Scalar, Targets
from .base import AbstractMarginLoss, signed_rows


class Logistic(AbstractMarginLoss):
    r"""$\log(1 + e^{-yp})$ for targets $y \in \{-1, +1\}$."""

    exponential_tail: ClassVar[bool] = True

    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        return signed_rows(X, targets)

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jnp.sum(jax.nn.softplus(-target * output))

    def log_pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        below = -target * output
        # softplus(x) is e^x (1 - e^x / 2) to rounding where the exponent runs out.
        tail = below - jnp.exp(jnp.minimum(below, 0.0)) / 2
        near = jnp.log(jax.nn.softplus(jnp.maximum(below, -20.0)))
        return jax.nn.logsumexp(jnp.where(below < -20, tail, near))


class Exponential(AbstractMarginLoss):
    r"""$e^{-yp}$ for targets $y \in \{-1, +1\}$."""

    exponential_tail: ClassVar[bool] = True

    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        return signed_rows(X, targets)

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jnp.sum(jnp.exp(-target * output))

    def log_pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jax.nn.logsumexp(-target * output)
