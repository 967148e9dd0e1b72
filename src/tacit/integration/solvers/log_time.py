"""Physical time as a logarithm: it passes every float long before the end."""

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Scalar


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
FOLDS = 40.0
"""Of what grows by more e-folds in a step only the last so many can be seen."""


def elapsed(
    log_time: Scalar,
    h: Scalar,
    start: tuple[Scalar, Scalar],
    end: tuple[Scalar, Scalar],
) -> Scalar:
    r"""The logarithm of $t + \int_0^h e^{\ell(s)} ds$, with `log_time` $= \log t$.

    `start` and `end` are $\ell$ and its slope at both ends of the step, between which
    $\ell$ is taken as the cubic through them.
    """
    (l0, s0), (l1, s1) = start, end
    steep = jnp.maximum(jnp.abs(s1), jnp.abs(l1 - l0) / jnp.where(h > 0, h, 1.0))
    share = jnp.minimum(1.0, FOLDS / jnp.maximum(steep * h, FOLDS))
    x = 1 - share * (1 - _NODES) / 2  # in units of the step
    rise = (1 + 2 * x) * (1 - x) ** 2 * l0 + x**2 * (3 - 2 * x) * l1
    bend = h * (x * (1 - x) ** 2 * s0 - x**2 * (1 - x) * s1)
    grown = jax.nn.logsumexp(rise + bend, b=_WEIGHTS * share / 2)
    return jnp.logaddexp(log_time, jnp.log(h) + grown)
