"""Fisher's criterion, the Deep LDA objective of one output."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import absent, number, Scalar
from ..errors import OptionError, ShapeError
from .scatter import AbstractScatterLoss


FORMS = {
    "neglog": lambda between, within: jnp.log(within) - jnp.log(between),
    "ratio": lambda between, within: -between / within,
    "inverse": lambda between, within: within / between,
}


class Fisher(AbstractScatterLoss):
    r"""A decreasing function of $J = s_b / s_w$, for networks of one output.

    $s_w$ is the variance of the outputs about their class means and $s_b$ that of the
    class means. `form` picks $-\log J$, $-J$ or $1/J$; all three have the same orbits.
    """

    form: str = eqx.field(default="neglog", static=True)
    ridge: float = eqx.field(default=0.0, converter=number)
    input_ridge: float = eqx.field(default=0.0, converter=number)

    @property
    def needs_definite(self) -> bool:
        return self.form != "inverse"

    @property
    def basis_free(self) -> bool:
        return absent(self.ridge)

    def __check_init__(self):
        if self.form not in FORMS:
            raise OptionError("form", self.form, FORMS)

    def criterion(
        self, within: Float[Array, "k k"], contrast: Float[Array, "k r"]
    ) -> Scalar:
        if len(within) != 1:
            raise ShapeError(
                f"Fisher needs a network of one output; this one has {len(within)}.\n"
                "For several outputs use RatioTrace, TraceRatio, LogDet or Dorfer."
            )
        return FORMS[self.form](jnp.sum(contrast**2), within[0, 0])
