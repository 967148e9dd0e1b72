"""The flow of an optimiser with memory in the long run."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ..._types import Scalar
from ...memory import MovingAverages
from ...networks import AbstractNetwork
from ...risk import Risk
from .base import AbstractField


class MemoryField(AbstractField):
    r"""The flow that an optimiser with memory follows to second order in its step.

    Its memoryless iteration $\theta - \eta A - \eta^2 C$, after long and on average
    over the batches, is that of $\dot\theta = -A - \eta(C + \tfrac12 A'A)$ to second
    order; time is $\eta$ times the number of moves. On the whole sample this is exact
    in $A$ and $C$. `share`, the variance of a batch's gradient over that of a sample,
    widens the square that Adam divides by, as $\beta_2 \to 1$, and adds the mean effect
    of noise to heavy ball.

    `rule` is what is remembered, `step` is $\eta$.
    """

    risk: Risk
    rule: MovingAverages
    step: Scalar
    share: Scalar
    noisy: bool = eqx.field(static=True)

    def __call__(self, network: AbstractNetwork) -> AbstractNetwork:
        flat, back = ravel_pytree(network)
        rule, risk = self.rule, self.risk

        def moments(at):
            g = ravel_pytree(risk.gradient(back(at)))[0]
            return g, self.share * _variances(risk, back(at)) if self.noisy else 0 * g

        def main(at):
            g, spread = moments(at)
            if rule.adapts:
                return rule.direction(g, g**2 + spread)
            return g / (1 - rule.beta1)

        (g, spread), pushed = jax.jvp(moments, (flat,), (main(flat),))
        A, bent = jax.jvp(main, (flat,), (main(flat),))
        if rule.adapts:
            age1, age2 = rule.ages
            dv = age2 * (2 * g * pushed[0] + pushed[1])
            C = rule.jvp(g, g**2 + spread, age1 * pushed[0], dv)
        else:
            beta = rule.beta1
            age = beta**2 if rule.nesterov else beta
            C = age / (1 - beta) ** 2 * pushed[0]
            if self.noisy:
                total = jax.grad(lambda at: jnp.sum(moments(at)[1]) / 2)(flat)
                C = C + beta / ((1 - beta) ** 2 * (1 + beta)) * total
        return back(-A - self.step * (C + bent / 2))


def _variances(risk: Risk, network: AbstractNetwork) -> Float[Array, " P"]:
    """The variance over the samples of the gradients of their own losses."""

    def one(i):
        return ravel_pytree(risk.gradient(network, i[None]))[0]

    return jnp.var(jax.vmap(one)(jnp.arange(risk.problem.n)), axis=0)
