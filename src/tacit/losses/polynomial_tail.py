"""A loss whose tail is a power of the margin."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Design, number, Scalar, Targets
from ..errors import DataError
from .base import AbstractMarginLoss
from .rows import signed_rows


class PolynomialTail(AbstractMarginLoss):
    r"""$(1 + m)^{-p}$ of the margin $m = yp$, and its tangent $1 - pm$ where $m < 0$.

    It falls to 0 and rises without bound as an exponential does, but its tail is too
    heavy for the direction of largest margin: of theorems on margins it is the foil
    (Ji et al. 2020, arXiv:2006.11226). The exponent $p > 0$ is `power`.
    """

    exponential_tail: ClassVar[bool] = False
    power: float = eqx.field(default=1.0, converter=number)

    def __check_init__(self):
        if not 0 < self.power < float("inf"):
            raise DataError(
                f"power is the exponent of the tail, above 0 and finite; got "
                f"{self.power}.",
                about="power",
            )

    @property
    def smoothness(self) -> float | Scalar:
        return self.power * (self.power + 1)

    @property
    def slope_bound(self) -> float | Scalar:
        return self.power

    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        return signed_rows(X, targets)

    def pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jnp.sum(jnp.exp(self._log(target * output)))

    def log_pointwise(
        self, output: Float[Array, "*k"], target: Float[Array, "*k"]
    ) -> Scalar:
        return jax.nn.logsumexp(self._log(target * output))

    def _log(self, margin):
        right, wrong = jnp.maximum(margin, 0.0), jnp.minimum(margin, 0.0)
        return jnp.log1p(-self.power * wrong) - self.power * jnp.log1p(right)
