"""How much the gradients of single samples differ."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from .._types import Scalar
from ..errors import DataError
from ..experiment import Snapshot
from ..networks import AbstractNetwork
from .base import AbstractObservable
from .deviations import deviations


class NoiseScale(AbstractObservable[AbstractNetwork]):
    r"""$B_{\rm simple} = \operatorname{tr}\Sigma / |g|^2$, in samples.

    $\Sigma$ is the covariance over samples of their gradients and $g$ the mean. A batch
    of that size has as much noise as gradient. McCandlish, Kaplan and Amodei (2018),
    arXiv:1812.06162, equation 2.9.
    """

    units: ClassVar[str] = "samples"

    def measure(self, at: Snapshot) -> Scalar:
        g, apart, mass = deviations(at.risk, at.network)
        return mass @ jnp.sum(apart**2, axis=1) / jnp.sum(g**2)


class GradientOneNorm(AbstractObservable[AbstractNetwork]):
    r"""$\|\nabla R\|_{1,\epsilon} = \sum_i\sqrt{g_i^2 + \epsilon}$; `eps` is 0 or more.

    What the memory of Adam on the whole sample moves along. Cattaneo, Klusowski and
    Shigida (2024), arXiv:2309.00079.
    """

    eps: float = eqx.field(default=0.0, converter=float)

    def __check_init__(self):
        if not 0 <= self.eps < float("inf"):
            raise DataError(
                f"eps is 0 or more and finite; got {self.eps}.", about="eps"
            )

    def measure(self, at: Snapshot) -> Scalar:
        g, _ = ravel_pytree(at.risk.gradient(at.network))
        return jnp.sum(jnp.sqrt(g**2 + self.eps))
