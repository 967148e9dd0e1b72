"""How the step changes with the number of the move."""

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from .updates import require_range


class PowerDecay(eqx.Module):
    r"""The factor $(k + 1)^{-p}$ at move $k$, counted from 0; $p$ is `power`.

    Raises `DataError` for a negative power.
    """

    power: float = eqx.field(converter=float)

    def __check_init__(self):
        require_range(self, power=(0, math.inf, False))

    def __call__(self, k: Array) -> Array:
        return (jnp.asarray(k, float) + 1.0) ** -self.power
