"""Log-determinants of the scatters, whose gradient favours the weak directions."""

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from .._types import absent, number, Scalar
from ..errors import OptionError, setting, ShapeError
from .scatter import AbstractScatterLoss


REFERENCES = ("total", "between")
SINGULAR = 1e-12
"""Where a pivot of a Gram matrix, relative to its diagonal, cannot be told from 0."""


class LogDet(AbstractScatterLoss):
    r"""Minus the log-determinant of a scatter relative to $S_w$.

    With reference "total" $-\log\det S_w^{-1}(S_w + S_b)$, the logarithm of Wilks'
    lambda, for any number of outputs. With "between" $-\log\det S_w^{-1}S_b$, which is
    infinite unless there are fewer outputs than classes.
    """

    reference: str = eqx.field(default="total", static=True)
    ridge: float = eqx.field(default=0.0, converter=number)
    input_ridge: float = eqx.field(default=0.0, converter=number)

    @property
    def basis_free(self) -> bool:
        return absent(self.ridge)

    def __check_init__(self):
        if self.reference not in REFERENCES:
            raise OptionError("reference", self.reference, REFERENCES)

    def criterion(
        self, within: Float[Array, "k k"], contrast: Float[Array, "k r"]
    ) -> Scalar:
        k, r = contrast.shape
        if self.reference == "between" and k > r:
            raise ShapeError(
                "LogDet between classes needs fewer outputs than there are classes; "
                f"there are {k} outputs and the class means differ along {r} at most.\n"
                "Use ",
                setting("reference", to="total"),
                ", or a network with fewer outputs.",
                about="reference",
            )
        root = jnp.linalg.cholesky(within)
        white = solve_triangular(root, contrast, lower=True)
        # det(I + A A') = det(I + A' A): the smaller of the two is enough.
        gram = white @ white.T if k < r else white.T @ white
        if self.reference == "total":
            gram = gram + jnp.eye(len(gram))
        size = jnp.diagonal(gram)
        pivots = jnp.diagonal(jnp.linalg.cholesky(gram))
        # As many outputs as classes: what is left of a zero is rounding, so say zero.
        pivots = jnp.where(pivots**2 < SINGULAR * size, 0.0, pivots)
        return -2 * jnp.sum(jnp.log(pivots))
