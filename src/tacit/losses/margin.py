"""Losses with an exponential tail: their minimisers run away along a margin."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Design, Scalar, Targets
from ..errors import ShapeError
from .base import AbstractMarginLoss
from .rows import signed_rows


class Logistic(AbstractMarginLoss):
    r"""$\log(1 + e^{-yp})$ for targets $y \in \{-1, +1\}$."""

    exponential_tail: ClassVar[bool] = True
    smoothness: ClassVar[float] = 0.25
    slope_bound: ClassVar[float] = 1.0

    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        return signed_rows(X, targets)

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jnp.sum(jax.nn.softplus(-target * output))

    def log_pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jax.nn.logsumexp(_log_softplus(-target * output))


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


class CrossEntropy(AbstractMarginLoss):
    r"""$-\log \mathrm{softmax}(p)_c$ for outputs `p` and one-hot targets ``(C,)``.

    It is $\log(1 + e^{-m})$ with $m = p_c - \log \sum_{j \ne c} e^{p_j}$, the margin of
    the right class over all others, so its logarithm is known however small it is.

    Raises `ShapeError` for a single output: `Logistic` is the loss of two classes
    with targets -1 and 1.
    """

    exponential_tail: ClassVar[bool] = True
    targets: ClassVar[str] = "one-hot"

    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        n, k = targets.shape
        others = jnp.eye(k)[jnp.argsort(targets, axis=1)[:, :-1]]
        apart = targets[:, None, :] - others
        return (apart[..., None] * X[:, None, None, :]).reshape(n * (k - 1), -1)

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jax.nn.softplus(_behind(output, target))

    def log_pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return _log_softplus(_behind(output, target))


def _behind(output, target):
    """How far the right class is behind the others together."""
    if output.ndim != 1 or len(output) < 2:
        raise ShapeError(
            "CrossEntropy needs an output for each of two or more classes; one sample "
            f"has outputs of shape {output.shape}.\n"
            "For two classes with targets -1 and 1 use Logistic."
        )
    own = target > 0
    others = jax.nn.logsumexp(jnp.where(own, -jnp.inf, output))
    return others - jnp.sum(jnp.where(own, output, 0.0))


def _log_softplus(x):
    # softplus(x) is e^x (1 - e^x / 2) to rounding where the exponent runs out.
    tail = x - jnp.exp(jnp.minimum(x, 0.0)) / 2
    return jnp.where(x < -20, tail, jnp.log(jax.nn.softplus(jnp.maximum(x, -20.0))))
