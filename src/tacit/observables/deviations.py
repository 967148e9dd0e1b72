"""The gradients of single samples, about that of the risk."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ..errors import DataError
from ..losses import AbstractPointwiseLoss
from ..networks import AbstractNetwork
from ..risk import Risk


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
    if problem.X is None or loss.input_ridge:
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
