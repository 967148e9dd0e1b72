"""The ratio trace, Fisher's criterion of several outputs."""

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from .._types import absent, number, Scalar
from .scatter import AbstractScatterLoss


class RatioTrace(AbstractScatterLoss):
    r"""$-\operatorname{tr} S_w^{-1} S_b$: minus the sum of the eigenvalues of LDA.

    No eigenvalue is computed, so it is smooth where they meet.
    """

    ridge: float = eqx.field(default=0.0, converter=number)
    input_ridge: float = eqx.field(default=0.0, converter=number)

    @property
    def basis_free(self) -> bool:
        return absent(self.ridge)

    def criterion(
        self, within: Float[Array, "k k"], contrast: Float[Array, "k r"]
    ) -> Scalar:
        root = jnp.linalg.cholesky(within)
        return -jnp.sum(solve_triangular(root, contrast, lower=True) ** 2)
