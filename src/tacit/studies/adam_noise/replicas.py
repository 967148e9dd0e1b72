"""Adam's exact correction in noise of a known size, many times over."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...memory import adam_memory


BETA1, BETA2 = 0.8, (0.98, 0.99)


class Noisy(eqx.Module):
    r"""Quadratic losses of unit gradient and curvature, with the noise of each batch.

    Every coordinate is a replica of its own: the mean gradient is 1, the noise $x_b$
    Gaussian. It adds $x_b\theta$ to the loss, or multiplies the loss by $1 + x_b$.
    """

    noise: Float[Array, "T P"]
    scaled: bool = eqx.field(static=True)

    def __call__(self, theta: Float[Array, " P"], b: Array) -> Float[Array, ""]:
        tilted, whole = theta, theta + theta**2 / 2
        if self.scaled:
            return jnp.sum((1 + self.noise[b]) * whole)
        return jnp.sum(self.noise[b] * tilted + whole)


class Drawn(NamedTuple):
    """Coefficients of replicas, ``(noise, beta2, replicas)``."""

    noise: np.ndarray
    values: np.ndarray

    @property
    def trend(self) -> np.ndarray:
        r"""The coefficient at the larger $\beta_2$ minus that at the smaller."""
        return self.values[:, 1] - self.values[:, 0]


def drawn(model: str, noise: np.ndarray, replicas: int) -> Drawn:
    """Adam's exact correction after long, in independent replicas of one coordinate."""
    moves = int(np.ceil(12 / (1 - BETA2[-1])))
    unit = np.random.default_rng(1231).standard_normal((moves, replicas))
    theta, order = jnp.zeros(replicas), np.arange(moves)
    values = np.empty((len(noise), len(BETA2), replicas))
    for i, level in enumerate(noise):
        loss = Noisy(jnp.asarray(np.sqrt(level) * unit), model == "scale")
        for k, beta2 in enumerate(BETA2):
            found = adam_memory(loss, order, theta, BETA1, beta2, 0.0, count=moves)
            values[i, k] = np.asarray(found.correction)
    return Drawn(noise, values)
