"""How the step changes with the number of the move."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array


class PowerDecay(eqx.Module):
    r"""The factor $(k + 1)^{-p}$ at move $k$, counted from 0; $p$ is `power`."""

    power: float

    def __call__(self, k: Array) -> Array:
        return (jnp.asarray(k, float) + 1.0) ** -self.power
