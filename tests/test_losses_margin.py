"""Losses of a margin: their logarithm where they are below every float."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

from tacit.losses import AbstractMarginLoss, CrossEntropy, PolynomialTail
from tests.cases import each
from tests.test_losses import CASES, LINE, ONE_HOT, SIGNS, SPACE


MARGINS = {k: v for k, v in CASES.items() if isinstance(v, AbstractMarginLoss)}
scores = st.tuples(*[st.floats(-50, 50)] * 3).map(lambda p: jnp.asarray(p, float))


@given(p=scores, q=scores)
def test_cross_entropy_is_convex_in_the_outputs(p, q):
    at = jax.vmap(CrossEntropy().pointwise, (0, None))
    ends = at(jnp.stack([p, q, (p + q) / 2]), ONE_HOT[0])
    assert ends[2] <= (ends[0] + ends[1]) / 2 * (1 + 1e-12) + 1e-13


@given(p=scores, c=st.floats(-1e6, 1e6))
def test_cross_entropy_ignores_a_common_shift(p, c):
    loss = CrossEntropy()
    ends = [loss.log_pointwise(p + s, ONE_HOT[0]) for s in (0.0, c)]
    assert jnp.allclose(*ends, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("loss", **each(MARGINS))
def test_the_logarithm_is_that_of_the_loss(loss):
    outputs, targets = (
        (SPACE, ONE_HOT) if isinstance(loss, CrossEntropy) else (LINE, SIGNS)
    )
    for weights in (None, jnp.asarray(np.resize([1.0, 0.5, 2.0], 15))):
        told = jnp.log(loss(outputs, targets, weights))
        assert jnp.allclose(loss.log(outputs, targets, weights), told, rtol=1e-13)


def far(loss, size):
    """Outputs on the right side of every target by `size`, and the targets."""
    if isinstance(loss, CrossEntropy):
        return size * ONE_HOT, ONE_HOT
    return size * SIGNS, SIGNS


@pytest.mark.parametrize("loss", **each(MARGINS))
@pytest.mark.parametrize("size", [30.0, 800.0, 1e5, 1e30])
def test_a_risk_below_every_float_is_known_by_its_logarithm(loss, size):
    outputs, targets = far(loss, size)
    told, slope = jax.value_and_grad(loss.log)(outputs, targets)
    if isinstance(loss, PolynomialTail):
        wanted, share = -loss.power * np.log1p(size), loss.power / (1 + size)
    else:
        wanted = -size + (np.log(2) if isinstance(loss, CrossEntropy) else 0)
        share = 1.0
    assert jnp.allclose(told, wanted, rtol=1e-12)
    assert jnp.allclose(jnp.sum(slope * targets), -share, rtol=1e-9)


@pytest.mark.parametrize("loss", **each(MARGINS))
@pytest.mark.parametrize("size", [0.0, 20.0, 300.0])
def test_the_wrong_side_is_as_finite(loss, size):
    outputs, targets = far(loss, -size)
    told, slope = jax.value_and_grad(loss.log)(outputs, targets)
    assert jnp.allclose(jnp.exp(told), loss(outputs, targets), rtol=1e-11)
    assert jnp.all(jnp.isfinite(slope))
    assert jnp.sum(slope * targets) < 0


def test_the_slope_of_a_polynomial_tail_has_no_jump():
    """Assumption 1 of Ji and Telgarsky (2019): below 0 and continuous."""
    slope = jax.vmap(jax.grad(PolynomialTail(1.5).pointwise), (0, None))
    margins = jnp.asarray([-1e-9, 0.0, 1e-9])
    assert jnp.allclose(slope(margins, jnp.ones(())), -1.5, rtol=1e-8)
    assert jnp.all(slope(jnp.linspace(-9.0, 99.0, 50), jnp.ones(())) < 0)


X = np.random.default_rng(5).standard_normal((15, 4))


@pytest.mark.parametrize("loss", **each(MARGINS))
def test_far_out_the_smallest_margins_decide_where_it_says(loss):
    k = 3 if isinstance(loss, CrossEntropy) else 1
    E = jnp.asarray(np.random.default_rng(6).standard_normal((k, 4)))
    scores = jnp.asarray(X) @ E.T
    targets = jnp.eye(3)[jnp.argmax(scores, axis=1)] if k == 3 else jnp.sign(scores)
    rows = loss.margin_rows(jnp.asarray(X), targets)
    assert rows.shape == (15 * max(k - 1, 1), 4 * k)
    far = 1e6 * E
    sums = jax.nn.logsumexp(-rows @ jnp.ravel(far)) - np.log(15)
    told = loss.log(jnp.asarray(X) @ far.T, targets)
    assert loss.exponential_tail == bool(jnp.allclose(told, sums, rtol=1e-9))
