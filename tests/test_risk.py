"""Laws of `Risk`: every path to a number gives the number of the plain loss."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import losses, Problem, Risk
from tacit.errors import CapabilityError
from tacit.networks import DeepLinear, MLP
from tacit.risk import Dense, Tall
from tests.cases import each, LOSSES
from tests.present import present


RNG = np.random.default_rng(11)
N, D = 30, 5
TRIPLE = np.arange(N) % 3
MEANS = RNG.standard_normal((3, D))
X = RNG.standard_normal((N, D)) @ (np.eye(D) + 0.3) + MEANS[TRIPLE] + 2.0
WEIGHTS = {"plain": None, "weighted": np.tile([1.0, 0.0, 2.0, 0.5, 1.0], N // 5)}
ROWS = jnp.asarray([0, 1, 1, 2, 5, 6, 9, 12, 13, 17, 20])

CASES = LOSSES | {
    "Dorfer, scatter": losses.Dorfer("scatter", ridge=0.2),
    "Fisher, inverse": losses.Fisher("inverse"),
    "Fisher, latent ridge": losses.Fisher("ratio", ridge=0.3),
    "LogDet, between": losses.LogDet("between"),
    "LogDet, latent ridge": losses.LogDet(ridge=0.3),
    "RatioTrace, latent ridge": losses.RatioTrace(ridge=0.3),
    "TraceRatio, latent ridge": losses.TraceRatio(ridge=0.3),
}
SCATTER = {k: v for k, v in CASES.items() if isinstance(v, losses.AbstractScatterLoss)}
weights = pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)


def setting(loss, w=None, of=X):
    """A problem that suits the loss, and a predictor of as many outputs as it takes."""
    k = 3 if isinstance(loss, losses.CrossEntropy) else 2
    E = jnp.asarray(np.random.default_rng(3).standard_normal((k, of.shape[1])))
    if k == 3:
        return Problem(of, TRIPLE, w), E
    if isinstance(loss, losses.AbstractPointwiseLoss | losses.Fisher):
        return Problem(of, TRIPLE == 1, w), E[0]
    return Problem(of, TRIPLE, w), E


def plain(loss, problem, E):
    """The loss of the outputs themselves, without any shortcut."""
    return loss(problem.X @ E.T, problem.targets, problem.weights)


@weights
@pytest.mark.parametrize("loss", **each(CASES))
def test_risk_is_the_loss_of_the_outputs(loss, w):
    problem, E = setting(loss, w)
    risk, told = Risk(problem, loss), plain(loss, problem, E)
    assert risk.on_scatter == isinstance(loss, losses.AbstractScatterLoss)
    assert jnp.allclose(eqx.filter_jit(risk.criterion)(E), told, rtol=1e-12)
    linear = DeepLinear([jnp.atleast_2d(E)])
    same = MLP([jnp.atleast_2d(E)])  # without its predictor known: by its outputs
    assert jnp.allclose(risk.value(linear), told, rtol=1e-12)
    assert jnp.allclose(risk.value(same), told, rtol=1e-12)
    pulls = [jax.tree.leaves(risk.gradient(net))[0] for net in (linear, same)]
    assert jnp.allclose(*pulls, rtol=1e-10, atol=1e-12)


@weights
@pytest.mark.parametrize("loss", **each(CASES))
def test_slope_is_autodiff_and_the_finite_difference(loss, w):
    problem, E = setting(loss, w)
    risk = Risk(problem, loss)
    slope = eqx.filter_jit(risk.slope)(E)
    assert slope.shape == E.shape
    told = jax.jit(jax.grad(lambda E: plain(loss, problem, E)))(E)
    assert jnp.allclose(slope, told, rtol=1e-10, atol=1e-12)
    away = jnp.asarray(RNG.standard_normal(E.shape))
    ends = [risk.criterion(E + h * away) for h in (-1e-5, 1e-5)]
    along = jnp.sum(slope * away)
    assert jnp.allclose(along, (ends[1] - ends[0]) / 2e-5, rtol=1e-7, atol=1e-9)


@weights
@pytest.mark.parametrize("loss", **each(CASES))
def test_rows_are_a_problem_of_those_rows(loss, w):
    problem, E = setting(loss, w)
    risk = Risk(problem, loss)
    part = Problem(
        present(problem.X)[ROWS], problem.labels[ROWS], None if w is None else w[ROWS]
    )
    alone = Risk(part, loss)
    assert jnp.allclose(risk.criterion(E, ROWS), alone.criterion(E), rtol=1e-12)
    assert jnp.allclose(risk.slope(E, ROWS), alone.slope(E), rtol=1e-9, atol=1e-11)
    network = MLP([jnp.atleast_2d(E)])
    assert jnp.allclose(risk.value(network, ROWS), alone.value(network), rtol=1e-12)
    found, told = (
        jax.tree.leaves(r.gradient(network, *rows))[0]
        for r, rows in ((risk, (ROWS,)), (alone, ()))
    )
    assert jnp.allclose(found, told, rtol=1e-9, atol=1e-11)


WIDE = RNG.standard_normal((N, 70)) + RNG.standard_normal((3, 70))[TRIPLE]


@weights
@pytest.mark.parametrize("loss", **each(SCATTER))
def test_a_matrix_and_its_rows_give_the_same(loss, w):
    problem, E = setting(loss, w, of=WIDE)
    tall = Risk(problem, loss, singular=True)
    assert isinstance(tall.scatter, Tall), "70 features of 30 samples"
    other = Dense.of(problem.within, problem.contrast)
    dense = eqx.tree_at(lambda r: r.scatter, tall, other)
    assert isinstance(Risk(setting(loss)[0], loss).scatter, Dense)
    assert jnp.allclose(tall.criterion(E), dense.criterion(E), rtol=1e-12)
    assert jnp.allclose(tall.slope(E), dense.slope(E), rtol=1e-10, atol=1e-12)
    assert jnp.allclose(tall.criterion(E), plain(loss, problem, E), rtol=1e-12)


@pytest.mark.parametrize("kind", ["Fisher", "LogDet", "RatioTrace", "TraceRatio"])
def test_an_input_ridge_is_a_ridge_of_the_inputs(kind):
    loss = getattr(losses, kind)(input_ridge=0.7)
    problem, E = setting(loss)
    risk = Risk(problem, loss)
    within = problem.within + 0.7 * jnp.eye(D)
    flat = jnp.atleast_2d(E)
    free = type(loss)()

    def told(E):
        flat = jnp.atleast_2d(E)
        return free.criterion(flat @ within @ flat.T, flat @ problem.contrast)

    assert jnp.allclose(risk.criterion(E), told(E), rtol=1e-13)
    assert jnp.allclose(risk.slope(E), jax.grad(told)(E), rtol=1e-11, atol=1e-13)
    assert jnp.allclose(jnp.sum(risk.slope(E) * E), 0, atol=1e-13), "free of scale"
    assert abs(risk.criterion(E) - Risk(problem, free).criterion(E)) > 1e-3
    wide = Risk(setting(loss, of=WIDE)[0], loss)
    assert isinstance(wide.scatter, Tall), "an input ridge makes any S_w definite"
    with pytest.raises(CapabilityError, match="AbstractLinearNetwork"):
        risk.check_network(MLP([flat]))


def test_a_scatter_alone_gives_the_risk_of_its_samples():
    loss, problem = losses.Fisher(), setting(losses.Fisher())[0]
    given = Problem.from_scatter(within=problem.within, between=problem.between)
    w = setting(loss)[1]
    risk, whole = Risk(given, loss), Risk(problem, loss)
    assert jnp.allclose(risk.criterion(w), whole.criterion(w), rtol=1e-12)
    assert jnp.allclose(risk.slope(w), whole.slope(w), rtol=1e-9)
