"""Closed forms of the memory's correction, against enumeration and differentiation."""

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit.errors import DataError, OptionError
from tacit.memory import (
    adam_full_batch,
    adam_long_memory,
    adam_memory,
    adam_memory_mean,
    adam_noise_terms,
    heavy_ball_memory,
    heavy_ball_memory_mean,
    heavy_ball_sums,
    long_memory_coefficient,
    mean_age,
    noise_thresholds,
    second_order_coefficient,
)


RNG = np.random.default_rng(1211)
M, D = 4, 3
BENT = RNG.standard_normal((M, D, D))
H = jnp.asarray(BENT + BENT.transpose(0, 2, 1))
G = jnp.asarray(
    RNG.uniform(0.7, 1.6, D) * RNG.choice([-1, 1], D) + RNG.normal(0, 0.5, (M, D))
)
ORIGIN = jnp.zeros(D)


def quadratic(theta, b):
    """Batches whose gradients and Hessians at 0 are `G` and `H`."""
    return G[b] @ theta + theta @ H[b] @ theta / 2


def whole(theta):
    return jnp.mean(jax.vmap(quadratic, (None, 0))(theta, jnp.arange(M)))


def smooth(theta, b):
    """The same, with a slope of the Hessian."""
    return quadratic(theta, b) + jnp.sum(jnp.sin(theta * (1 + jnp.asarray(b, float))))


@pytest.mark.parametrize("t", [0, 3, 60])
@pytest.mark.parametrize("eps", [0.0, 0.3])
def test_the_whole_sample(t, eps):
    betas = (0.75, 0.85, eps)
    found = adam_full_batch(whole, ORIGIN, *betas, t=t)
    wanted = adam_memory([whole], np.zeros(t + 1, int), ORIGIN, *betas)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_after_long_the_longer_memory_wins():
    g, Hs = jnp.mean(G, axis=0), jnp.mean(H, axis=0) @ jnp.sign(jnp.mean(G, axis=0))
    _, correction = adam_full_batch(whole, ORIGIN, 0.75, 0.85, 0.0)
    np.testing.assert_allclose(
        correction, (3 - 0.85 / 0.15) * Hs / jnp.abs(g), rtol=1e-13
    )


def test_heavy_ball_over_all_orders():
    orders = list(itertools.permutations(range(M), 3))
    each = [heavy_ball_memory(smooth, o, ORIGIN, 0.8, count=M) for o in orders]
    found = heavy_ball_memory_mean(smooth, ORIGIN, 0.8, history=3, count=M)
    for i in range(2):
        wanted = np.mean([one[i] for one in each], axis=0)
        np.testing.assert_allclose(found[i], wanted, rtol=1e-13)


def test_heavy_ball_with_independent_batches():
    orders = list(itertools.product(range(M), repeat=3))
    each = [
        heavy_ball_memory(quadratic, o, ORIGIN, 0.8, count=M).correction for o in orders
    ]
    found = heavy_ball_memory_mean(
        quadratic, ORIGIN, 0.8, history=3, orders="iid", count=M
    )
    np.testing.assert_allclose(found.correction, np.mean(each, axis=0), rtol=1e-13)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9])
def test_the_sums_reach_their_limits(beta):
    for long, limit in zip(
        heavy_ball_sums(beta, 800), heavy_ball_sums(beta, np.inf), strict=True
    ):
        assert abs(long - limit) <= 1e-12 * (1 + limit)


def test_adam_over_all_orders():
    every = list(itertools.permutations(range(M), 3))
    each = [adam_memory(smooth, o, ORIGIN, 0.6, 0.8, 0.1, count=M) for o in every]
    found = adam_memory_mean(smooth, ORIGIN, 0.6, 0.8, 0.1, history=3, count=M)
    assert found.orders == len(every) == 24
    assert not np.any(found.correction_error)
    for i in range(2):
        np.testing.assert_allclose(
            found[i], np.mean([one[i] for one in each], axis=0), rtol=1e-12
        )


@pytest.mark.parametrize("orders", ["shuffled", "iid"])
def test_drawn_orders_agree_within_their_errors(orders):
    args = (smooth, ORIGIN, 0.6, 0.8, 0.1)
    exact = adam_memory_mean(*args, history=3, count=M, orders=orders)
    drawn = adam_memory_mean(*args, history=3, count=M, orders=orders, draws=2000)
    off = np.abs(drawn.correction - exact.correction) / drawn.correction_error
    assert off.max() < 4
    assert drawn.correction_error.max() < 0.1 * np.abs(exact.correction).max()


def exact_second_order(beta1, beta2):
    r"""$\sum_\tau \frac12 d^2/d\kappa^2$ of the correction, noise at one time only.

    The definition, by differentiation: what two times do together averages to 0.
    """
    T = int(36 / (1 - max(beta1, beta2)))
    ages = jnp.arange(T, dtype=float)[::-1]
    g, bend = jnp.mean(G, axis=0), jnp.mean(H, axis=0)
    a, c = (1 - beta1) * beta1**ages, (1 - beta2) * beta2**ages

    def correction(kappa, tau, b):
        now = (jnp.arange(T) == tau).astype(float)[:, None]
        slopes = g[None] + kappa * now * (G[b] - g)[None]

        def average(state, x):
            m, v = state
            m, v = beta1 * m + (1 - beta1) * x, beta2 * v + (1 - beta2) * x**2
            return (m, v), m / jnp.sqrt(v)

        # Averages that had settled before the history begins.
        (m, v), F = jax.lax.scan(average, (g, g**2), slopes)
        between = jnp.flip(jnp.cumsum(jnp.flip(F[:-1], 0), 0), 0)
        between = jnp.concatenate([between, jnp.zeros((1, D))])
        bent = between @ bend + kappa * now * (between @ (H[b] - bend))
        dm, dv = a @ bent, 2 * c @ (slopes * bent)
        return dm / jnp.sqrt(v) - m * dv / (2 * v**1.5)

    def second(tau, b):
        def first(kappa):
            return jax.jvp(lambda k: correction(k, tau, b), (kappa,), (jnp.ones(()),))[
                1
            ]

        return jax.jvp(first, (jnp.zeros(()),), (jnp.ones(()),))[1] / 2

    over_batches = jax.vmap(jax.vmap(second, (None, 0)), (0, None))
    found = jax.jit(over_batches)(jnp.arange(T), jnp.arange(M))
    return np.asarray(jnp.sum(jnp.mean(found, axis=1), axis=0))


@pytest.mark.parametrize("betas", [(0.75, 0.85), (0.8, 0.4), (0.6, 0.6)], ids=str)
def test_the_noise_terms_are_the_second_derivative(betas):
    terms = adam_noise_terms(quadratic, ORIGIN, *betas, count=M)
    found = np.asarray(terms.total - terms.full)
    wanted = exact_second_order(*betas)
    assert np.abs(found - wanted).max() < 1e-12 * np.abs(wanted).max()


def test_noise_in_the_scale_alone_damps_everything():
    betas = (0.8, 0.999999)
    for noise in (1e-3, 1e-2):
        first = second_order_coefficient(*betas, noise, model="scale")
        assert (
            abs(first / long_memory_coefficient(*betas, noise, model="scale") - 1)
            < 2 * noise**2
        )


def test_the_second_order_is_the_slope_of_the_long_memory():
    betas = (0.8, 1 - 1e-7)
    slope = second_order_coefficient(*betas, 1.0) - second_order_coefficient(
        *betas, 0.0
    )
    h = 1e-5
    wanted = (
        long_memory_coefficient(*betas, h) - long_memory_coefficient(*betas, -h)
    ) / (2 * h)
    assert abs(slope / wanted - 1) < 1e-5


@pytest.mark.parametrize("model", ["independent", "coordinate", "scale"])
def test_thresholds_are_where_the_slopes_vanish(model):
    at, h = noise_thresholds(0.8, 0.97, model=model), 1e-4
    for noise, (d1, d2) in ((at.beta1, (h, 0.0)), (at.beta2, (0.0, h))):

        def change(noise, d1=d1, d2=d2):
            up, down = (
                second_order_coefficient(
                    0.8 + i * d1, 0.97 + i * d2, noise, model=model
                )
                for i in (1, -1)
            )
            return up - down

        assert abs(change(noise)) < 1e-3 * abs(change(0.0))
    assert abs(second_order_coefficient(0.8, 0.97, at.total, model=model)) < 1e-12


def test_a_long_memory_of_whole_batches_is_the_whole_sample():
    found = adam_long_memory(smooth, ORIGIN, 0.6, 0.9, 0.1, samples=M, batch=M)
    wanted = adam_full_batch(
        lambda at: jnp.mean(jax.vmap(smooth, (None, 0))(at, jnp.arange(M))),
        ORIGIN, 0.6, 0.9, 0.1,
    )  # fmt: skip
    np.testing.assert_allclose(found.main, wanted.main, rtol=1e-13)
    np.testing.assert_allclose(found.correction, wanted.correction, rtol=1e-12)


def test_a_long_memory_is_the_mean_over_independent_batches():
    # Off by 1 - beta2; the mean of a few hundred histories is known to 2 %.
    args = (quadratic, ORIGIN, 0.5, 0.98)
    found = adam_long_memory(*args, samples=M, batch=1, replace=True)
    drawn = adam_memory_mean(*args, 0.0, history=400, orders="iid", draws=256, count=M)
    size = np.linalg.norm(drawn.correction)
    assert np.linalg.norm(drawn.correction_error) < 0.06 * size
    off = np.linalg.norm(found.correction - drawn.correction)
    assert off < 3 * np.linalg.norm(drawn.correction_error) + 2 * 0.02 * size


BAD = {
    "too many orders": lambda: adam_memory_mean(quadratic, ORIGIN, count=12),
    "beyond an epoch": lambda: adam_memory_mean(quadratic, ORIGIN, history=5, count=M),
    "heavy ball beyond an epoch": lambda: heavy_ball_memory_mean(
        quadratic, ORIGIN, history=5, count=M
    ),
    "how many batches": lambda: adam_memory_mean(quadratic, ORIGIN),
    "one draw": lambda: adam_memory_mean(quadratic, ORIGIN, draws=1, count=M),
    "no history": lambda: adam_memory_mean(quadratic, ORIGIN, history=0, count=M),
    "batch of none": lambda: adam_long_memory(quadratic, ORIGIN, samples=M, batch=0),
    "beta2 1": lambda: noise_thresholds(0.9, 1.0),
    "gradient 0": lambda: adam_noise_terms([lambda t: t @ t], ORIGIN),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_bad_input_is_refused(make):
    with pytest.raises(DataError) as caught:
        make()
    assert len(str(caught.value)) > 30


def test_unknown_words_are_refused():
    with pytest.raises(OptionError, match="orders is one of"):
        adam_memory_mean(quadratic, ORIGIN, orders="sorted", count=M)
    with pytest.raises(OptionError, match="model is one of"):
        noise_thresholds(0.9, 0.99, model="pink")


@pytest.mark.parametrize("beta", [0.3, 0.9, 0.999, 1 - 1e-9])
@pytest.mark.parametrize("t", [0, 1, 2, 12])
def test_the_mean_age_is_exact_however_long_the_memory(beta, t):
    whole = Fraction(beta)
    weights = [whole**age for age in range(t + 1)]
    told = sum(age * w for age, w in enumerate(weights)) / sum(weights)
    assert mean_age(beta, t) == pytest.approx(float(told), rel=1e-13, abs=1e-15)
