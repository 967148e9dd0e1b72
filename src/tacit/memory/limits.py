"""The correction of Adam in closed form: on the whole sample, and for a long memory."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PyTree

from .._types import float64
from ..errors import DataError
from .averages import Number, require_memory
from .terms import MemoryTerms, require_defined


def mean_age(beta: float, t: int | float = math.inf) -> float:
    r"""How old a gradient in a running average is: $\beta/(1-\beta)$ after long.

    With bias correction, after gradient number `t`, it is
    $S(\beta) = \frac\beta{1-\beta} - \frac{(t+1)\beta^{t+1}}{1-\beta^{t+1}}$.
    """
    long = beta / (1 - beta)
    if math.isinf(t) or beta == 0:
        return long
    if (t + 1) * (1 - beta) < 1:
        # The two terms would cancel: the mean itself, of few ages.
        ages = np.arange(t + 1)
        return float(np.average(ages, weights=beta**ages))
    left = beta ** (t + 1)
    return long - (t + 1) * left / (1 - left)


def adam_full_batch(
    loss: Callable,
    theta: PyTree,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    *,
    t: int | float = math.inf,
) -> MemoryTerms:
    r"""Main and correction of bias-corrected Adam on the whole sample, in move `t`.

    $\mathrm{Main} = g/\sqrt{g^2+\epsilon}$ and

    $$\mathrm{Corr}_i = \Bigl[S(\beta_1) - \frac{g_i^2}{g_i^2+\epsilon}S(\beta_2)\Bigr]
    \frac{\partial_i \|\nabla L\|_{1,\epsilon}}{\sqrt{g_i^2+\epsilon}}$$

    with `mean_age` for $S$ and $\|g\|_{1,\epsilon} = \sum_i\sqrt{g_i^2+\epsilon}$.
    Cattaneo, Klusowski and Shigida (2024), arXiv:2309.00079. `loss` is a function of
    the parameters alone.
    """
    require_memory("adam_full_batch", beta1=beta1, beta2=beta2)
    ages = (mean_age(beta1, t), mean_age(beta2, t))
    theta = jax.tree.map(float64, theta)
    found = _full_batch(loss, theta, jnp.asarray(ages), jnp.asarray(float(eps)))
    require_defined(found.correction, "adam_full_batch: the correction")
    return found


@eqx.filter_jit
def _full_batch(loss, theta, ages, eps):
    flat, back = ravel_pytree(theta)
    slope = jax.grad(lambda at: loss(back(at)))
    g = slope(flat)
    size = jnp.sqrt(g**2 + eps)
    main = g / size
    # The gradient of the perturbed norm is the Hessian along the move.
    bent = jax.jvp(slope, (flat,), (main,))[1]
    correction = (ages[0] - g**2 / size**2 * ages[1]) * bent / size
    return MemoryTerms(back(main), back(correction))


class LongMemory(NamedTuple):
    """Main and correction, and the parts of it that the two memories give.

    The correction is their sum. `square` is what the denominator is made of, $v$.
    """

    main: Any
    correction: Any
    of_beta1: Any
    of_beta2: Any
    square: Any


def adam_long_memory(
    sample_loss: Callable,
    theta: PyTree,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 0.0,
    *,
    samples: int,
    batch: int,
    replace: bool = False,
) -> LongMemory:
    r"""The mean correction of mini-batch Adam as $\beta_2 \to 1$, whatever the noise.

    $$\mathbb E\,\mathrm{Corr} \simeq B_1\frac{HF}{\sqrt{v + \epsilon}} -
    B_2\frac{g}{2 (v+\epsilon)^{3/2}}(\nabla v \cdot F),\qquad
    F = \frac g{\sqrt{v + \epsilon}}$$

    where $B_i = \beta_i / (1-\beta_i)$ and $v_i = \mathbb E g_{b,i}^2 = g_i^2 +
    \frac{n-b}{(n-1)b}\operatorname{Var}_i$, the variance over single samples, or
    $\operatorname{Var}_i / b$ where rows are drawn with `replace`. Exact for ``batch ==
    samples``, elsewhere off by a share of order $1-\beta_2$. No history is needed: two
    passes of gradients of single samples, whose losses are ``sample_loss(theta, i)``
    for i from 0 to `samples` - 1.

    Derived; cf. Cattaneo and Shigida (2026), arXiv:2602.01642.
    """
    require_memory("adam_long_memory", beta1=beta1, beta2=beta2)
    if not 1 <= batch <= samples:
        raise DataError(
            f"adam_long_memory: a batch holds 1 to {samples} of {samples} samples; "
            f"got {batch}."
        )
    theta = jax.tree.map(float64, theta)
    share = sampling_share(samples, batch, replace=replace)
    ages = jnp.asarray([beta1 / (1 - beta1), beta2 / (1 - beta2), share, eps], float)
    found = _long_memory(sample_loss, theta, ages, samples)
    require_defined(found.correction, "adam_long_memory: the correction")
    return found


def sampling_share(samples: int, batch: int, *, replace: bool = False) -> float:
    """The variance of a batch mean over that of a single sample."""
    if replace:
        return 1 / batch
    return (samples - batch) / ((samples - 1) * batch) if samples > 1 else 0.0


@eqx.filter_jit
def _long_memory(sample_loss, theta, ages, samples):
    flat, back = ravel_pytree(theta)

    def moments(at):
        def one(i):
            return jax.grad(lambda at: sample_loss(back(at), i))(at)

        G = jax.vmap(one)(jnp.arange(samples))
        g = jnp.mean(G, axis=0)
        return g, g**2 + ages[2] * jnp.var(G, axis=0)

    found = long_memory(moments, flat, ages[0], ages[1], ages[3])
    return LongMemory(*map(back, found))


def long_memory(
    moments: Callable, flat: Array, age1: Number, age2: Number, eps: Number
) -> LongMemory:
    """The same on vectors, from ``moments(at)``, the mean gradient and mean square."""
    g, square = moments(flat)
    root = jnp.sqrt(square + eps)
    main = g / root
    _, (bent, widened) = jax.jvp(moments, (flat,), (main,))
    first = age1 * bent / root
    second = -age2 * g * widened / (2 * root**3)
    return LongMemory(main, first + second, first, second, square)
