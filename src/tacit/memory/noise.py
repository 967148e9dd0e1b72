r"""The correction of Adam to second order in the noise of its batches.

The noise of batch $b$ is $\xi_b = g_b - g$ in the gradient and $\Xi_b = H_b - H$ in the
Hessian; $s = \operatorname{sgn} g$, $\lambda_i = \operatorname{Var}\xi_i / g_i^2$ and
$\rho_{ij} = \operatorname{Cov}(\xi_i, \xi_j) / (g_i g_j)$. For $\epsilon = 0$, after
long, with independent batches. The structure is that of Cattaneo and Shigida (2026),
arXiv:2602.01642; the coefficients are derived.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import PyTree

from .._types import float64
from ..errors import DataError, OptionError
from .averages import require_memory
from .histories import curvatures, gradients
from .terms import read_batches, require_defined


MODELS = ("independent", "coordinate", "scale")


class NoiseCoefficients(NamedTuple):
    r"""What the terms are multiplied by.

    `full` is $B_1 - B_2$ with $B_i = \beta_i/(1-\beta_i)$. The others are those of:
    `own`, the noise of the coordinate; `crossed`, that of pairs of coordinates;
    `moved`, the noise in what moves the parameters; `bent_own` and `bent_other`, the
    covariance of the Hessian with the coordinate's gradient and with the others'.
    """

    full: Any
    own: Any
    crossed: Any
    moved: Any
    bent_own: Any
    bent_other: Any


class NoiseTerms(NamedTuple):
    r"""The mean correction in six parts, in the shape of the parameters.

    $\mathrm{full}_i = (B_1 - B_2)(Hs)_i/|g_i|$,
    $\mathrm{own}_i = \kappa_1\lambda_i(Hs)_i/|g_i|$,
    $\mathrm{crossed}_i = \kappa_2\sum_j\rho_{ij}H_{ij}s_j/|g_i|$,
    $\mathrm{moved}_i = (B_1 - B_2)\kappa_3\sum_jH_{ij}\lambda_js_j/|g_i|$,
    $\mathrm{bent\_own}_i =
    \kappa_4\sum_js_j\operatorname{Cov}(\xi_i, \Xi_{ij})/(g_i|g_i|)$ and
    $\mathrm{bent\_other}_i =
    \kappa_5\sum_js_j\operatorname{Cov}(\xi_j, \Xi_{ij})/(g_j|g_i|)$.
    """

    full: Any
    own: Any
    crossed: Any
    moved: Any
    bent_own: Any
    bent_other: Any

    @property
    def total(self) -> Any:
        """Their sum."""
        return jax.tree.map(lambda *parts: sum(parts[1:], parts[0]), *self)


def noise_coefficients(beta1: Any, beta2: Any) -> NoiseCoefficients:
    r"""$B_1-B_2$, $\kappa_1$, $\kappa_2$, $(B_1-B_2)\kappa_3$, $\kappa_4$, $\kappa_5$.

    Elementwise in numbers or arrays in [0, 1).
    """
    a, c = beta1, beta2
    B1, B2 = a / (1 - a), c / (1 - c)
    v, mu = (1 - c) / (1 + c), (1 - a) / (1 + a)
    w = (1 - a) * (1 - c) / (1 - a * c)
    p = w * a * c / (1 - a * c)
    squared = 3 * c**2 / (1 + c) ** 2
    a12, a21 = a * (1 - c) / (1 - a * c), c * (1 - a) / (1 - a * c)
    own = B1 * (1.5 * v - 0.5) - B2 * (7.5 * v - 3 * w - 1.5) - p + squared
    crossed = (
        -a12 * B2 * (w - v)
        - (1 / (1 + c) - (1 - c) / (1 - a * c))
        - B1 * a21 * (mu - w)
        + 3 * B2 * c / (1 + c) * (w - v)
    )
    moved = (B1 - B2) * (1.5 * v - 0.5 - w)
    bent_own = -B2 - 2 * p + squared
    bent_other = (2 - a - c) / (1 - a * c) - 1 / (1 + a) - 1 / (1 + c)
    return NoiseCoefficients(B1 - B2, own, crossed, moved, bent_own, bent_other)


def second_order_coefficient(
    beta1: Any, beta2: Any, noise: Any, *, model: str = "independent"
) -> Any:
    r"""The factor of $\nabla\|g\|_1/|g|$ in the correction, to first order in `noise`.

    `noise` is $\lambda = B_{\rm simple} / b$, alike in all coordinates. For
    ``"independent"`` coordinates $C = B_1 - B_2 + \lambda[\kappa_1 +
    (B_1 - B_2)\kappa_3]$; ``"coordinate"`` adds the noise of each coordinate with
    itself, $\kappa_2$; ``"scale"`` is noise $L_b = (1 + x_b)L$, of all terms. Positive
    where the norm is penalised. Valid for small `noise` only: see
    `long_memory_coefficient`.
    """
    k = noise_coefficients(beta1, beta2)
    if model not in MODELS:
        raise OptionError("model", model, MODELS)
    slope = k.own + k.moved
    if model == "coordinate":
        slope = slope + k.crossed
    if model == "scale":
        slope = slope + k.crossed + k.bent_own + k.bent_other
    return k.full + noise * slope


def long_memory_coefficient(
    beta1: Any, beta2: Any, noise: Any, *, model: str = "independent"
) -> Any:
    r"""The same factor for $\beta_2 \to 1$ and noise of any size.

    $\frac{B_1}{1+\lambda} - \frac{B_2}{(1+\lambda)^2}$ where the covariance does not
    depend on the parameters, and $(B_1 - B_2)/(1 + \lambda)$ for noise in the
    ``"scale"`` of the loss. It falls as $\beta_2$ grows at every $\lambda$, which its
    first order in $\lambda$, `second_order_coefficient`, does not.
    """
    if model not in MODELS:
        raise OptionError("model", model, MODELS)
    B1, B2 = beta1 / (1 - beta1), beta2 / (1 - beta2)
    if model == "scale":
        return (B1 - B2) / (1 + noise)
    return B1 / (1 + noise) - B2 / (1 + noise) ** 2


class Thresholds(NamedTuple):
    """The noise at which the second-order factor of the 1-norm changes sign.

    That of its slope in `beta1`, that of its slope in `beta2`, and its own (`total`).
    """

    beta1: float
    beta2: float
    total: float


def noise_thresholds(
    beta1: float, beta2: float, *, model: str = "independent"
) -> Thresholds:
    r"""Where `second_order_coefficient` and its slopes in `beta1` and `beta2` vanish.

    As $\lambda = B_{\rm simple}/b$.

    A statement about the formula of second order in the noise and nothing else: beyond
    that order the slope in $\beta_2$ never vanishes (`long_memory_coefficient`).
    """
    require_memory("noise_thresholds", beta1=beta1, beta2=beta2)
    return _thresholds(float(beta1), float(beta2), model)


@functools.lru_cache(maxsize=64)
def _thresholds(beta1, beta2, model):
    def factor(betas, noise):
        return second_order_coefficient(betas[0], betas[1], noise, model=model)

    betas = jnp.asarray([beta1, beta2], float)
    still, noisy = (jax.grad(factor)(betas, x) for x in (0.0, 1.0))
    roots = still / (still - noisy)  # linear in the noise
    own = factor(betas, 0.0), factor(betas, 1.0)
    return Thresholds(
        float(roots[0]), float(roots[1]), float(own[0] / (own[0] - own[1]))
    )


def adam_noise_terms(
    batch_losses: Sequence[Callable] | Callable,
    theta: PyTree,
    beta1: float = 0.9,
    beta2: float = 0.999,
    *,
    count: int | None = None,
) -> NoiseTerms:
    r"""The parts of Adam's mean correction to second order in the noise of the batches.

    `batch_losses` and `count` are as in `adam_memory`; batches are drawn independently
    and alike. Hessian-vector products only: of every batch one with every batch's
    noise, for the noise of pairs, and three more. Raises `DataError` where a
    coordinate of the gradient is 0: noise relative to it has no size.
    """
    require_memory("adam_noise_terms", beta1=beta1, beta2=beta2)
    if callable(batch_losses) and count is None:
        raise DataError(
            "adam_noise_terms: one function of parameters and batch does not say how "
            "many batches there are; give count=."
        )
    order = [0 if count is None else count - 1]
    loss, _, m, chunk = read_batches(batch_losses, order, count, "adam_noise_terms")
    theta = jax.tree.map(float64, theta)
    factors = jnp.asarray(noise_coefficients(float(beta1), float(beta2)))
    found = _parts(loss, theta, factors, m, chunk)
    require_defined(found, "adam_noise_terms: noise relative to the mean gradient")
    return found


@eqx.filter_jit
def _parts(loss, theta, factors, m, chunk):
    flat, back = ravel_pytree(theta)

    def on_vectors(at, b):
        return loss(back(at), b)

    every = jnp.arange(m)
    G = gradients(on_vectors, flat, m, chunk)
    g = jnp.mean(G, axis=0)
    xi, s, size = G - g[None], jnp.sign(g), jnp.abs(g)
    relative = xi / g[None]
    noise = jnp.mean(relative**2, axis=0)

    def each(along):  # H_b v_b
        return curvatures(on_vectors, flat, every, along, chunk)

    def mean(along):  # H v
        return jnp.mean(each(jnp.tile(along, (m, 1))), axis=0)

    by_sign = each(jnp.tile(s, (m, 1)))
    bent = jnp.mean(by_sign, axis=0)
    # H times another vector for each batch: the mean Hessian of every one.
    pairs = jax.lax.map(mean, s[None] * relative)
    crossed = jnp.mean(relative * pairs, axis=0)
    own_noise = each(s[None] * relative)
    parts = [
        bent,
        noise * bent,
        crossed,
        mean(s * noise),
        jnp.mean(relative * (by_sign - bent[None]), axis=0),
        jnp.mean(own_noise - pairs, axis=0),
    ]
    return NoiseTerms(
        *(back(k * part / size) for k, part in zip(factors, parts, strict=True))
    )
