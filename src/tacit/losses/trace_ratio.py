"""The trace ratio, which sees the basis of the outputs."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import number, Scalar
from .scatter import AbstractScatterLoss


class TraceRatio(AbstractScatterLoss):
    r"""$-\operatorname{tr} S_b / \operatorname{tr} S_w$: distances, not directions.

    Rotating the outputs changes nothing, stretching one of them does.
    """

    basis_free: ClassVar[bool] = False
    ridge: float = eqx.field(default=0.0, converter=number)
    input_ridge: float = eqx.field(default=0.0, converter=number)

    def criterion(
        self, within: Float[Array, "k k"], contrast: Float[Array, "k r"]
    ) -> Scalar:
        return -jnp.sum(contrast**2) / jnp.trace(within)
