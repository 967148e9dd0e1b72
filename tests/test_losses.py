"""Laws of every loss, on random reals rather than chosen ones."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tacit.errors import DataError
from tacit.losses import (
    AbstractPointwiseLoss,
    AbstractScatterLoss,
    CrossEntropy,
    Dorfer,
    Fisher,
    LogDet,
    PolynomialTail,
    RatioTrace,
    TraceRatio,
)
from tests.cases import each, LOSSES


CODES = np.repeat([0, 1, 2], [5, 6, 4])
ONE_HOT = jnp.eye(3)[CODES]
SIGNS = jnp.asarray(np.where(CODES == 1, 1.0, -1.0))
LINE = jr.normal(jr.key(0), (15,)) + SIGNS
PLANE = jr.normal(jr.key(1), (15, 2)) + 2 * jr.normal(jr.key(2), (3, 2))[CODES]
SPACE = jr.normal(jr.key(9), (15, 3))
MIX = jnp.asarray([[1.0, 0.7], [-0.4, 1.5]])
MIX3 = jnp.asarray([[1.0, 0.7, 0.0], [-0.4, 1.5, 0.2], [0.1, -0.3, 0.8]])

CASES = LOSSES | {
    "Dorfer, no ridge": Dorfer(ridge=0.0, threshold=0.0),
    "Dorfer, scatter": Dorfer("scatter", ridge=0.2, strict=True),
    "Dorfer, scatter, no ridge": Dorfer("scatter", ridge=0.0, threshold=jnp.inf),
    "Fisher, inverse": Fisher("inverse"),
    "Fisher, latent ridge": Fisher("ratio", ridge=0.3),
    "Fisher, ratio": Fisher("ratio"),
    "LogDet, between": LogDet("between"),
    "LogDet, latent ridge": LogDet(ridge=0.3),
    "PolynomialTail, flat": PolynomialTail(0.5),
    "RatioTrace, latent ridge": RatioTrace(ridge=0.3),
    "TraceRatio, latent ridge": TraceRatio(ridge=0.3),
}
SCATTER = {k: v for k, v in CASES.items() if not isinstance(v, AbstractPointwiseLoss)}
PLANAR = {k: v for k, v in SCATTER.items() if not isinstance(v, Fisher)}
SIGNED = {
    k: v
    for k, v in CASES.items()
    if isinstance(v, AbstractPointwiseLoss) and not isinstance(v, CrossEntropy)
}


def kinds(name):
    """The targets that a loss is for."""
    if name == "CrossEntropy":
        return ("scores",)
    return ("signs", "classes" if name in SCATTER else "targets")


BATCHES = [
    pytest.param(loss, *batch, id=f"{name}, {kind}")
    for name, loss in CASES.items()
    for kind, batch in {
        "signs": (LINE, SIGNS),
        "classes": (PLANE if name in PLANAR else LINE, ONE_HOT),
        "scores": (SPACE, ONE_HOT),
        "targets": (PLANE, jnp.asarray(np.sign(np.roll(PLANE, 1, 0)))),
    }.items()
    if kind in kinds(name)
]
batches = pytest.mark.parametrize(("loss", "outputs", "targets"), BATCHES)
reals = st.floats(-50, 50).map(jnp.asarray)
signs = st.sampled_from([-1.0, 1.0]).map(jnp.asarray)


value = eqx.filter_jit(
    lambda loss, *batch: loss(*batch)
)  # one compilation for all laws
slope = eqx.filter_jit(
    lambda loss, *batch: jax.grad(lambda z: loss(z, *batch[1:]))(batch[0])
)


@batches
def test_order_of_the_samples_is_nothing(loss, outputs, targets):
    back = value(loss, outputs[::-1], targets[::-1])
    assert jnp.allclose(value(loss, outputs, targets), back, rtol=1e-12)


@batches
def test_a_weight_counts_samples(loss, outputs, targets):
    weights = np.resize([1, 0, 2, 1, 3], 15)
    rows = np.repeat(np.arange(15), weights)
    weighed = loss(outputs, targets, jnp.asarray(weights, float))
    assert jnp.allclose(weighed, loss(outputs[rows], targets[rows]), rtol=1e-12)


@batches
@given(c=st.floats(0.1, 10))
@settings(max_examples=20)
def test_scale_free_exactly_where_it_says(loss, outputs, targets, c):
    change = abs(value(loss, c * outputs, targets) - value(loss, outputs, targets))
    assert loss.scale_free == (change < 1e-12) or abs(c - 1) < 1e-6


@batches
def test_basis_free_exactly_where_it_says(loss, outputs, targets):
    mix = MIX3 if outputs.shape[-1] == 3 else MIX
    mixed = -1.7 * outputs if outputs.ndim == 1 else outputs @ mix.T
    change = abs(value(loss, mixed, targets) - value(loss, outputs, targets))
    # The trace ratio of one output is that of Fisher: no basis to speak of.
    says = loss.scale_free if outputs.ndim == 1 else loss.basis_free
    assert says == (change < 1e-12)


@batches
def test_gradient_is_the_finite_difference(loss, outputs, targets):
    away = jr.normal(jr.key(3), outputs.shape)
    ends = [value(loss, outputs + h * away, targets) for h in (-1e-5, 1e-5)]
    along = jnp.sum(slope(loss, outputs, targets) * away)
    assert jnp.allclose(along, (ends[1] - ends[0]) / 2e-5, rtol=1e-7, atol=1e-9)


@batches
def test_gradient_pairs_to_0_with_the_outputs_where_scale_is_free(
    loss, outputs, targets
):
    pairing = abs(jnp.sum(outputs * slope(loss, outputs, targets)))
    assert loss.scale_free == (pairing < 1e-12), "Euler's identity of degree 0"


@batches
def test_rotation_free_exactly_where_it_says(loss, outputs, targets):
    turn = jnp.linalg.qr(MIX3 if outputs.shape[-1] == 3 else MIX)[0]
    turned = -outputs if outputs.ndim == 1 else outputs @ turn
    same = jnp.allclose(value(loss, turned, targets), value(loss, outputs, targets))
    assert loss.rotation_free == same


@batches
def test_shift_free_exactly_where_it_says(loss, outputs, targets):
    k = outputs.shape[-1]
    by = 30.0 * jnp.arange(1.0, k + 1)[None] if outputs.ndim == 2 else 30.0
    far, near = value(loss, outputs + by, targets), value(loss, outputs, targets)
    assert loss.shift_free == jnp.allclose(far, near, rtol=1e-9)


MARGINS = jnp.linspace(-40.0, 40.0, 8001)


@pytest.mark.parametrize("loss", **each(SIGNED))
def test_the_bounds_of_its_slope_are_the_best(loss):
    first = jax.vmap(jax.grad(loss.pointwise), (0, None))(MARGINS, jnp.ones(()))
    steepest = np.abs(first).max()
    curved = np.abs(np.diff(first) / np.diff(MARGINS)).max()
    if loss.slope_bound is None:
        assert steepest > 10
    else:
        assert np.isclose(steepest, loss.slope_bound, rtol=1e-9)
    if loss.smoothness is None:
        assert curved > 10
    else:
        assert 0.98 * loss.smoothness < curved <= loss.smoothness * (1 + 1e-9)


@pytest.mark.parametrize("loss", **each(SCATTER))
def test_an_absent_class_contributes_nothing(loss):
    kept = CODES != 2
    batch = LINE, ONE_HOT, jnp.asarray(kept, float)
    without = loss(LINE[kept], SIGNS[kept])
    assert jnp.allclose(value(loss, *batch), without, rtol=1e-12)
    assert jnp.all(jnp.isfinite(slope(loss, *batch)))


@pytest.mark.parametrize("loss", **each(SCATTER, AbstractScatterLoss))
def test_an_input_ridge_is_free_of_scale(loss):
    k = 1 if isinstance(loss, Fisher) else 2
    free = type(loss)(ridge=0.0, input_ridge=0.7)
    within, contrast = free.latent(PLANE[:, :k], ONE_HOT)
    values = [
        free.criterion(free.ridged(c**2 * within, c**2 * MIX[:k, :k]), c * contrast)
        for c in (1.0, 3.0)
    ]
    assert free.scale_free
    assert jnp.allclose(*values, rtol=1e-13)
    assert abs(values[0] - free.criterion(within, contrast)) > 1e-3
    with pytest.raises(DataError, match=r"input_ridge=0\.7.*\n.*tacit\.Risk"):
        free(PLANE[:, :k], ONE_HOT)


TRIANGLE = jnp.asarray([[np.cos(a), np.sin(a)] for a in 2 * np.pi / 3 * np.arange(3)])
CROSS = jnp.asarray([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
EQUAL = (2 * TRIANGLE[:, None, :] + CROSS[None, :, :]).reshape(12, 2)
EQUAL_CLASSES = jnp.repeat(jnp.eye(3), 4, axis=0)


@pytest.mark.parametrize("loss", **each(PLANAR))
def test_differentiable_where_the_eigenvalues_meet(loss):
    values, _ = Dorfer("scatter", ridge=0.0).eigenpairs(EQUAL, EQUAL_CLASSES)
    assert jnp.allclose(values, 4.0, atol=1e-14), "the batch has one double eigenvalue"
    downhill = jax.jit(jax.grad(lambda z: loss(z, EQUAL_CLASSES)))
    assert jnp.all(jnp.isfinite(downhill(EQUAL)))
    if isinstance(loss, Dorfer) and loss.threshold == 0:
        return  # the least of two eigenvalues has a kink
    away = jr.normal(jr.key(4), EQUAL.shape)
    ends = [loss(EQUAL + h * away, EQUAL_CLASSES) for h in (-1e-5, 1e-5)]
    along = jnp.sum(downhill(EQUAL) * away)
    assert jnp.allclose(along, (ends[1] - ends[0]) / 2e-5, rtol=1e-7)
    if isinstance(loss, AbstractScatterLoss):
        turn = (downhill(EQUAL + 1e-5 * away) - downhill(EQUAL - 1e-5 * away)) / 2e-5
        curvature = jax.jvp(downhill, (EQUAL,), (away,))[1]
        assert jnp.allclose(curvature, turn, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("loss", **each(SIGNED))
@given(p=reals, q=reals, y=signs)
def test_convex_in_the_output(loss, p, q, y):
    middle = loss.pointwise((p + q) / 2, y)
    ends = (loss.pointwise(p, y) + loss.pointwise(q, y)) / 2
    assert middle <= ends * (1 + 1e-12)


@pytest.mark.parametrize("loss", **each(SIGNED))
@given(p=st.floats(-500, 500).map(jnp.asarray), y=signs)
def test_finite_with_its_gradient_far_out(loss, p, y):
    value, slope = jax.value_and_grad(loss.pointwise)(p, y)
    assert value >= 0
    assert jnp.isfinite(value)
    assert jnp.isfinite(slope)


@pytest.mark.parametrize("loss", **each(SIGNED))
def test_attained_exactly_where_it_says(loss):
    outputs = jnp.linspace(-50.0, 50.0, 1001)
    values = jax.vmap(loss.pointwise, (0, None))(outputs, jnp.asarray(1.0))
    assert loss.attained == (0 < jnp.argmin(values) < 1000)
