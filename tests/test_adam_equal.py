"""Optimisers step for step those of PyTorch and optax, in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.flows import Adam, AdamW, Descent, PowerDecay, RMSprop, Stochastic
from tacit.losses import Squared
from tacit.networks import MLP
from tests.present import present

from .cases import each
from .trajectories import by_torch, END, OPTIONS, STEPS, WEIGHTS, X, Y


RISK = Risk(Problem(X, Y), Squared())
NETWORK = MLP(WEIGHTS)
LIKE_TORCH = {
    "Adam": Adam(0.02, 0.8, 0.95, 1e-3, inside=False),
    "Adam, decay": Adam(0.02, weight_decay=0.1, inside=False),
    "AdamW": AdamW(0.02, 0.9, 0.99, weight_decay=0.2, inside=False),
    "RMSprop": RMSprop(0.01, 0.9, 1e-4, inside=False),
    "heavy ball": Descent(0.02, momentum=0.8, weight_decay=0.05),
    "Nesterov": Descent(0.02, momentum=0.8, nesterov=True),
}


def flat(network):
    return np.concatenate([np.ravel(x) for x in jax.tree.leaves(network)])


def end(flow, steps=STEPS, seed=0):
    run = train(Experiment(NETWORK, RISK, flow, until=steps, seed=seed), records=1)
    assert run.finite
    return flat(run.network)


@pytest.mark.parametrize("name", LIKE_TORCH)
def test_ends_where_torch_does(name):
    flow = LIKE_TORCH[name]
    found = end(flow)
    if name == "Nesterov":  # PyTorch keeps the point where the gradient is taken
        found = found + flow.momentum * (found - end(flow, STEPS - 1))
    np.testing.assert_allclose(found, END[name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_table_is_what_torch_says(name):
    pytest.importorskip("torch")
    np.testing.assert_allclose(by_torch(*OPTIONS[name]), END[name], rtol=1e-13)


def by_optax(optimiser, rows=None):
    """The parameters after as many steps as there are `rows`, or `STEPS`."""
    import optax

    @jax.jit
    def step(weights, state, picked):
        slope = RISK.gradient(MLP(weights), picked).weights
        with jax.numpy_dtype_promotion("standard"):  # optax counts on it
            moves, state = optimiser.update(slope, state, weights)
            return optax.apply_updates(weights, moves), state

    weights = [jnp.asarray(W) for W in WEIGHTS]
    state = optimiser.init(weights)
    for k in range(STEPS if rows is None else len(rows)):
        picked = jnp.arange(len(X)) if rows is None else rows[k]
        weights, state = step(weights, state, picked)
    return flat(weights)


def fading(k):
    return 0.02 / jnp.sqrt(jnp.asarray(k, float) + 1)


LIKE_OPTAX = {
    "Adam": (
        Adam(0.02, 0.8, 0.95, 1e-3, inside=False),
        "adam",
        (0.02, 0.8, 0.95, 1e-3),
    ),
    "Adam, inside": (
        Adam(0.02, 0.8, 0.95, 1e-3),
        "adam",
        (0.02, 0.8, 0.95, 0.0, 1e-3),
    ),
    "AdamW, schedule": (
        AdamW(0.02, 0.8, 0.95, 1e-3, schedule=PowerDecay(0.5), inside=False),
        "adamw",
        (fading, 0.8, 0.95, 1e-3, 0.0, None, 1e-2),
    ),
    "RMSprop": (RMSprop(0.01, 0.9, 1e-3), "rmsprop", (0.01, 0.9, 1e-3)),
    "RMSprop, corrected": (
        RMSprop(0.01, 0.9, 1e-3, inside=False, bias_correction=True),
        "adam",
        (0.01, 0.0, 0.9, 1e-3),
    ),
    "heavy ball": (Descent(0.02, momentum=0.8), "sgd", (0.02, 0.8)),
}


@pytest.mark.parametrize(("flow", "kind", "arguments"), **each(LIKE_OPTAX))
def test_ends_where_optax_does(flow, kind, arguments):
    optax = pytest.importorskip("optax")
    wanted = by_optax(getattr(optax, kind)(*arguments))
    np.testing.assert_allclose(end(flow), wanted, rtol=1e-12, atol=1e-14)


BATCHED = {
    "shuffled": Adam(0.02, 0.8, 0.95, 1e-3, batch=2),
    "independent": Adam(0.02, 0.8, 0.95, 1e-3, batch=2, replace=True),
    "fixed": Adam(0.02, 0.8, 0.95, 1e-3, batch=2, fixed=True),
    "fixed, independent": Adam(0.02, 0.8, 0.95, 1e-3, 2, fixed=True, replace=True),
}


@pytest.mark.parametrize("flow", **each(BATCHED))
def test_on_batches_it_is_optax_over_the_same_rows(flow):
    optax = pytest.importorskip("optax")
    rows = flow.rows(RISK, 5, 9)
    wanted = by_optax(optax.adam(0.02, 0.8, 0.95, 0.0, 1e-3), rows)
    np.testing.assert_allclose(end(flow, 9, seed=5), wanted, rtol=1e-12)


@pytest.mark.parametrize("make", [Adam, Stochastic], ids=["Adam", "Stochastic"])
def test_fixed_batches_stay_together(make):
    rows = np.asarray(make(0.1, batch=2, fixed=True).rows(RISK, 3, 30))
    assert {tuple(batch) for batch in rows.tolist()} == {(0, 1), (2, 3), (4, 5)}
    epochs = rows[:, 0].reshape(10, 3)
    assert all(sorted(epoch) == [0, 2, 4] for epoch in epochs.tolist())
    assert len({tuple(epoch) for epoch in epochs.tolist()}) > 2


def test_warm_averages_have_seen_the_start_and_nothing_moved():
    flow = Adam(0.02, 0.8, 0.95, 1e-3, warm=400)
    g = flat(RISK.gradient(NETWORK))
    # After long the averages of a gradient that stays are the gradient itself.
    wanted = flat(NETWORK) - 0.02 * g / np.sqrt(g**2 + 1e-3)
    np.testing.assert_allclose(end(flow, 1), wanted, rtol=1e-8)
    rows = Adam(0.1, batch=2, warm=4).rows(RISK, 3, 2)
    every = Adam(0.1, batch=2).rows(RISK, 3, 6)
    np.testing.assert_array_equal(rows, every[4:])


def test_a_memory_of_squares_too_short_is_noted():
    with pytest.warns(UserWarning, match="beta2 = 0.5 is below beta1² = 0.81"):
        Adam(0.1, 0.9, 0.5)


def test_nought_over_nought_says_so_and_keeps_the_last_good_state():
    dead = MLP([np.zeros((2, 4)), WEIGHTS[1]])  # tanh(0): no slope in the second layer
    flow = Adam(0.01, eps=0.0)
    run = train(Experiment(dead, RISK, flow, until=50), records=1)
    assert "a gradient of 0 throughout" in present(run.reason)
    np.testing.assert_array_equal(flat(run.network), flat(dead))
    assert train(Experiment(dead, RISK, Adam(0.01), until=5), records=1).finite


def test_a_loss_that_stops_being_finite_keeps_the_last_good_state():
    steep = MLP([np.full((1, 4), 0.1), np.ones((1, 1))], "exp")
    far = Risk(Problem(np.ones((6, 4)), 1e6 * np.arange(1.0, 7)), Squared())
    run = train(Experiment(steep, far, Adam(100.0), until=200), records=4)
    assert not run.finite
    last = int(run.times[-1])
    assert 0 < last < 200
    assert "gradient there is not finite" in present(run.reason)
    assert np.isfinite(flat(run.network)).all()
    fine = train(Experiment(steep, far, Adam(100.0), until=last), records=1)
    np.testing.assert_allclose(flat(run.network), flat(fine.network), rtol=1e-13)
