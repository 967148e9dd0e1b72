"""Losses against SciPy, the two conventions of Dorfer, and what is refused."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
import scipy.linalg
import scipy.special

from tacit.errors import DataError, OptionError, ShapeError
from tacit.losses import (
    CrossEntropy,
    Dorfer,
    Exponential,
    Fisher,
    LogDet,
    Logistic,
    PolynomialTail,
    RatioTrace,
    Squared,
    TraceRatio,
)
from tests.cases import each
from tests.test_losses import CODES, LINE, ONE_HOT, PLANE, SCATTER, SIGNS, SPACE


def scatters(Z, codes):
    """Within and between with 1/n, by a loop in NumPy."""
    within = between = np.zeros((Z.shape[1],) * 2)
    for c in np.unique(codes):
        own = Z[codes == c]
        off = own.mean(0) - Z.mean(0)
        within = within + (own - own.mean(0)).T @ (own - own.mean(0)) / len(Z)
        between = between + len(own) / len(Z) * np.outer(off, off)
    return within, between


def lda(loss, Z, codes):
    """The value of `loss` through SciPy's generalised eigenvalues."""
    within, between = scatters(Z, codes)
    if isinstance(loss, TraceRatio):
        ridge = loss.ridge * Z.shape[1]
        return -np.trace(between) / (np.trace(within) + ridge)
    if isinstance(loss, Dorfer) and loss.convention == "code":
        groups = [Z[codes == c].T for c in np.unique(codes)]
        within = np.mean([np.cov(g) for g in groups], axis=0).reshape(within.shape)
        between = np.cov(Z.T).reshape(within.shape) - within
    v = scipy.linalg.eigvalsh(between, within + loss.ridge * np.eye(len(within)))
    if isinstance(loss, Dorfer):
        v = v[-(len(np.unique(codes)) - 1) :]
        top = v[0] + loss.threshold
        return -np.mean(v[v < top if loss.strict else v <= top])
    if isinstance(loss, LogDet):
        return -np.sum(np.log(v if loss.reference == "between" else 1 + v))
    forms = {"neglog": -np.log(v[0]), "ratio": -v[0], "inverse": 1 / v[0]}
    return forms[loss.form] if isinstance(loss, Fisher) else -np.sum(v)


@pytest.mark.parametrize("loss", **each(SCATTER))
def test_value_is_that_of_scipy(loss):
    flat = np.asarray(LINE)[:, None]
    assert np.isclose(loss(LINE, SIGNS), lda(loss, flat, SIGNS), rtol=1e-11)
    if isinstance(loss, Fisher):
        assert np.isclose(loss(LINE, ONE_HOT), lda(loss, flat, CODES), rtol=1e-11)
        return
    planar = lda(loss, np.asarray(PLANE), CODES)
    assert np.isclose(loss(PLANE, ONE_HOT), planar, rtol=1e-11)


def test_pointwise_values_by_hand():
    p, y = np.asarray(LINE), np.asarray(SIGNS)
    assert np.isclose(Squared()(LINE, SIGNS), np.mean((p - y) ** 2) / 2)
    assert np.isclose(Logistic()(LINE, SIGNS), np.mean(np.log1p(np.exp(-y * p))))
    assert np.isclose(Exponential()(LINE, SIGNS), np.mean(np.exp(-y * p)))
    margin = p * y
    tail = np.where(margin > 0, (1 + np.maximum(margin, 0)) ** -3, 1 - 3 * margin)
    assert np.isclose(PolynomialTail(3)(LINE, SIGNS), np.mean(tail))
    probabilities = scipy.special.softmax(np.asarray(SPACE), axis=1)
    right = probabilities[np.arange(15), CODES]
    assert np.isclose(CrossEntropy()(SPACE, ONE_HOT), -np.mean(np.log(right)))
    half = np.mean(np.sum((np.asarray(PLANE) - 1) ** 2, axis=1)) / 2
    assert np.isclose(Squared()(PLANE, jnp.ones((15, 2))), half)


def test_latent_ridge_breaks_euler_by_the_known_amount():
    r"""$\langle z, \nabla(-J_\lambda)\rangle = -2 \lambda s_b / (s_w + \lambda)^2$."""
    loss = Fisher("ratio", ridge=0.3)
    within, contrast = loss.latent(LINE, SIGNS)
    pairing = LINE @ jax.grad(loss)(LINE, SIGNS)
    expected = -0.6 * contrast[0, 0] ** 2 / (within[0, 0] + 0.3) ** 2
    assert jnp.allclose(pairing, expected, rtol=1e-12)


def test_latent_is_centred_before_any_product():
    within, contrast = RatioTrace().latent(PLANE + 1e6, ONE_HOT)
    expected = scatters(np.asarray(PLANE), CODES)
    assert np.allclose(within, expected[0], rtol=1e-9)
    assert np.allclose(contrast @ contrast.T, expected[1], rtol=1e-9)


@pytest.mark.parametrize("convention", ["code", "scatter"])
def test_eigenpairs_solve_the_problem_of_dorfer(convention):
    Z = jr.normal(jr.key(5), (15, 4)) + PLANE @ jr.normal(jr.key(6), (2, 4))
    loss = Dorfer(convention, ridge=0.1, threshold=2.0)
    within, between = loss.scatters(Z, ONE_HOT)
    within = within + 0.1 * jnp.eye(4)
    values, vectors = loss.eigenpairs(Z, ONE_HOT)
    assert values.shape == (2,)
    assert jnp.allclose(between @ vectors, within @ vectors * values[None, :])
    assert jnp.allclose(vectors.T @ within @ vectors, jnp.eye(2), atol=1e-12)
    # The drift of the norms in a homogeneous network (Euler's identity, with ridge).
    kept = loss.selected(values).astype(float)
    expected = -0.2 * kept @ (values * jnp.sum(vectors**2, axis=0)) / jnp.sum(kept)
    pairing = jnp.sum(Z * jax.grad(loss)(Z, ONE_HOT))
    assert jnp.allclose(pairing, expected, rtol=1e-11)


def both_conventions(codes):
    Z = jr.normal(jr.key(7), (len(codes), 3)) + 2 * jr.normal(jr.key(8), (3, 3))[codes]
    return [
        Dorfer(c, ridge=0.0).eigenpairs(Z, jnp.eye(3)[codes])[0]
        for c in ("code", "scatter")
    ]


def test_the_authors_eigenvalues_are_shifted_for_equal_classes():
    n, C = 15, 3
    code, true = both_conventions(np.arange(n) % C)
    assert jnp.allclose(code, (n - C) / (n - 1) * true - (C - 1) / (n - 1), rtol=1e-12)
    code, true = both_conventions(CODES)
    shifted = (n - C) / (n - 1) * true - (C - 1) / (n - 1)
    assert jnp.max(jnp.abs(code - shifted)) > 1e-2, "unequal classes: another shift"


def with_eigenvalues(values):
    """Three classes of four in the plane, with these LDA eigenvalues."""
    corners = jnp.asarray(
        [[2**0.5, 0.0], [-(2**-0.5), 1.5**0.5], [-(2**-0.5), -(1.5**0.5)]]
    )
    cross = jnp.asarray([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * 2**0.5
    means = corners * jnp.sqrt(jnp.asarray(values))[None, :]
    return (means[:, None, :] + cross[None, :, :]).reshape(12, 2)


@pytest.mark.parametrize(("second", "expected"), [(2 - 1e-9, -1.5), (2 + 1e-9, -1.0)])
def test_the_loss_of_dorfer_jumps_at_the_threshold(second, expected):
    Z, classes = with_eigenvalues([1.0, second]), jnp.repeat(jnp.eye(3), 4, axis=0)
    loss = Dorfer("scatter", ridge=0.0)
    assert jnp.allclose(loss.eigenpairs(Z, classes)[0], jnp.asarray([1.0, second]))
    assert jnp.allclose(loss(Z, classes), expected, rtol=1e-8)
    always = Dorfer("scatter", ridge=0.0, threshold=np.inf)
    assert jnp.allclose(always(Z, classes), -1.5, rtol=1e-8)


def test_strict_leaves_out_the_eigenvalue_on_the_threshold():
    values = jnp.asarray([1.0, 2.0, 2.5])
    assert list(Dorfer().selected(values)) == [True, True, False]
    assert list(Dorfer(strict=True).selected(values)) == [True, False, False]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Fisher("log"), OptionError, "neglog, ratio, inverse; got 'log'"),
        (lambda: LogDet("within"), OptionError, "total, between; got 'within'"),
        (lambda: Dorfer("paper"), OptionError, "code, scatter; got 'paper'"),
        (lambda: Fisher(ridge=-1.0), DataError, "ridge is .* 0 or more; got -1"),
        (lambda: LogDet(ridge=np.nan), DataError, "ridge is .* got nan"),
        (lambda: TraceRatio(input_ridge=-2), DataError, "input_ridge is .* got -2"),
        (lambda: Dorfer(ridge=-0.5), DataError, "ridge is .* got -0.5"),
        (lambda: Dorfer(threshold=-1), DataError, "threshold=-1"),
        (lambda: Dorfer(threshold=0, strict=True), DataError, "threshold=0 and strict"),
        (lambda: Fisher()(PLANE, ONE_HOT), ShapeError, "has 2.\n.*RatioTrace"),
        (lambda: LogDet("between")(PLANE, SIGNS), ShapeError, "2 outputs.* along 1"),
        (lambda: PolynomialTail(0.0), DataError, "power is .* above 0.* got 0"),
        (lambda: PolynomialTail(np.inf), DataError, "power is .* got inf"),
        (lambda: CrossEntropy()(LINE, SIGNS), ShapeError, "use Logistic"),
        (lambda: Squared()(PLANE, SIGNS), ShapeError, r"\(15, 2\) .* \(15,\)"),
        (lambda: RatioTrace()(PLANE, PLANE[:, :1]), ShapeError, r"\(15, 1\)"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_as_many_outputs_as_classes_are_infinitely_bad_against_between():
    Z = jr.normal(jr.key(9), (15, 3)) + ONE_HOT
    assert LogDet("between")(Z, ONE_HOT) == jnp.inf
    assert jnp.isfinite(LogDet("total")(Z, ONE_HOT))
