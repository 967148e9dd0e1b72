"""Mini-batches: which rows they hold, and what a run makes of them."""

import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Problem, Reaches, Risk
from tacit.flows import Descent, Stochastic
from tacit.losses import Squared
from tacit.observables import FisherRatio
from tests.present import present

from .cases import PROBLEM, RISK
from .test_flows import moved, plain_loop, slope


UNEVEN = Risk(Problem(np.asarray(PROBLEM.X)[:24], np.arange(24) % 4 == 0), RISK.loss)
THREE = Risk(Problem(PROBLEM.X, np.arange(40) % 3), Squared())


@pytest.mark.parametrize("batch", [1, 8, 12, 40])
def test_an_epoch_is_a_permutation(batch):
    each = 40 // batch
    rows = np.asarray(Stochastic(0.1, batch).rows(RISK, 0, 3 * each))
    epochs = rows.reshape(3, -1)
    for epoch in epochs:
        assert len(set(epoch.tolist())) == each * batch, "a row came twice"
        assert set(epoch.tolist()) <= set(range(40))
    assert (epochs[0] != epochs[1]).any()
    assert (epochs[1] != epochs[2]).any()


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("risk", [RISK, UNEVEN, THREE], ids=["even", "uneven", "three"])
def test_balanced_batches_are_balanced(risk, replace):
    classes = len(risk.problem.classes)
    flow = Stochastic(0.1, 2 * classes, balanced=True, replace=replace)
    rows = np.asarray(flow.rows(risk, 0, 60))
    codes = risk.problem.codes[rows]
    for c in range(classes):
        assert ((codes == c).sum(axis=1) == 2).all()
    assert set(rows.ravel().tolist()) == set(range(risk.problem.n))
    if not replace:
        assert all(len(set(batch)) == len(batch) for batch in rows.tolist())


def test_rows_drawn_with_replacement_are_independent():
    rows = np.asarray(Stochastic(0.1, 8, replace=True).rows(RISK, 0, 5000))
    counts = np.bincount(rows.ravel(), minlength=40)
    # Each row comes 1000 times, give or take 31 (binomial).
    assert np.abs(counts - 1000).max() < 5 * 31
    assert any(len(set(batch)) < 8 for batch in rows[:100].tolist())


def test_the_seed_decides_the_rows():
    flow = Stochastic(0.1, 8)
    first, again, other = (np.asarray(flow.rows(RISK, s, 5)) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_one_batch_of_all_is_descent():
    # The rows come in another order, so the sums are rounded differently.
    found = moved(Stochastic(0.02, 40, momentum=0.5), 50).network.layers
    wanted = moved(Descent(0.02, momentum=0.5), 50).network.layers
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


def test_weights_of_the_rows_count():
    weights = np.linspace(0.5, 2.0, 40)
    risk = Risk(Problem(PROBLEM.X, PROBLEM.y, weights), RISK.loss)
    found = moved(Stochastic(0.02, 40), 10, risk).network.layers
    np.testing.assert_allclose(
        found, moved(Descent(0.02), 10, risk).network.layers, rtol=1e-11
    )


@pytest.mark.parametrize("batch", [{}, {"replace": True}, {"balanced": True}])
def test_stochastic_is_the_textbook_loop_over_its_rows(batch):
    flow = Stochastic(0.01, 16, momentum=0.5, nesterov=True, **batch)
    rows = np.asarray(flow.rows(RISK, 5, 30))
    X, y = np.asarray(PROBLEM.X), np.asarray(PROBLEM.y)

    def gradient(at, k):
        part = Problem(X[rows[k]], y[rows[k]])
        return slope(at, part)

    found = moved(flow, 30, seed=5).network.layers
    np.testing.assert_allclose(found, plain_loop(flow, 30, gradient), rtol=1e-10)


def test_a_batch_of_one_class_says_so():
    flow = Stochastic(0.01, 2)
    run = moved(flow, 100)
    last = int(run.times[-1])
    codes = PROBLEM.codes[np.asarray(flow.rows(RISK, 0, last + 1))]
    mixed = codes.min(axis=1) != codes.max(axis=1)
    assert f"after step {last}, a batch of 2 lacks a class" in present(run.reason)
    assert mixed[:last].all()
    assert not mixed[last]
    np.testing.assert_array_equal(run.network.layers, moved(flow, last).network.layers)


def test_a_batch_of_one_class_is_no_trouble_for_other_losses():
    risk = Risk(PROBLEM, Squared())
    assert moved(Stochastic(0.01, 2), 100, risk).finite


def test_an_event_that_a_broken_run_never_meets():
    run = moved(Stochastic(0.01, 2), Reaches(FisherRatio(), 1e3, within=1e6))
    assert "lacks a class" in present(run.reason)
    assert jnp.all(jnp.isfinite(run.network.layers))
