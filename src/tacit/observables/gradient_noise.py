"""How much the gradients of single samples differ."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from .._types import Scalar
from ..errors import DataError
from ..experiment import Snapshot
from ..losses import AbstractPointwiseLoss
from ..networks import AbstractNetwork
from ..risk import Risk
from .base import AbstractObservable


@eqx.filter_jit
def deviations(
    risk: Risk, network: AbstractNetwork
) -> tuple[Float[Array, " P"], Float[Array, "n P"], Float[Array, " n"]]:
    r"""The gradient, every sample's deviation from it, and the shares of the samples.

    Where the risk is a mean over samples the deviation is that of the sample's own
    gradient. Elsewhere it is the influence of its weight, $\partial_{w_i}\nabla R$
    times the sum of weights, which a batch's gradient is made of to first order in 1/b.

    Raises `DataError` for a risk without samples.
    """
    problem, loss = risk.problem, risk.loss
    if problem.X is None or getattr(loss, "input_ridge", 0):
        raise DataError(
            "the noise of gradients needs single samples and a loss of the outputs "
            "alone; this risk has scatter matrices, or an input ridge."
        )
    X, targets, n = problem.X, problem.targets, problem.n
    mass = jnp.full(n, 1 / n) if problem.weights is None else problem.weights
    mass = mass / jnp.sum(mass)
    if isinstance(loss, AbstractPointwiseLoss):

        def one(x, target):
            return jax.grad(lambda net: loss.pointwise(net(x), target))(network)

        each = jax.vmap(lambda x, y: ravel_pytree(one(x, y))[0])(X, targets)
        g = mass @ each
        return g, each - g[None], mass

    def slope(weights):
        def value(net):
            return loss(jax.vmap(net)(X), targets, weights)

        return ravel_pytree(eqx.filter_grad(value)(network))[0]

    return slope(mass), jax.jacfwd(slope)(mass).T, mass


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
            raise DataError(f"eps is 0 or more and finite; got {self.eps}.")

    def measure(self, at: Snapshot) -> Scalar:
        g, _ = ravel_pytree(at.risk.gradient(at.network))
        return jnp.sum(jnp.sqrt(g**2 + self.eps))
