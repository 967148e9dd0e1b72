"""Complete, quasi and no separation, by name; the reference is written out by hand."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, Problem, Risk, train
from tacit.flows import Adam, Descent, GradientFlow, Stochastic
from tacit.losses import CrossEntropy, Dorfer, LogDet, Logistic
from tacit.networks import DeepLinear, MLP
from tacit.oracles import separability
from tests.cases import PROBLEM
from tests.present import present


ONE, LINE = np.ones(4), np.array([-1.0, 0, 0, 1])
CASES = {
    # X, labels: the kind, and the samples whose margin can grow
    "apart": (np.c_[[-2.0, -1, 1, 2], ONE], [0, 0, 1, 1], "complete", [1, 1, 1, 1]),
    "touching": (np.c_[LINE, ONE], [0, 0, 1, 1], "quasi", [1, 0, 0, 1]),
    "overlapping": (np.c_[[-1.0, 1, -1, 1], ONE], [0, 0, 1, 1], "none", [0, 0, 0, 0]),
    "one sample apart": (
        np.c_[[0.0, 0, 0, 0, 1], np.ones(5)], [0, 1, 0, 1, 1], "quasi", [0, 0, 0, 0, 1],
    ),
    "on a plane": (
        np.c_[[1.0, 1, -1, -1, 0], [0.0, 0, 0, 0, 1]], [0, 1, 0, 1, 1], "quasi",
        [0, 0, 0, 0, 1],
    ),
    "in other units": (
        np.c_[1e6 * LINE, 1e-6 * ONE], [0, 0, 1, 1], "quasi", [1, 0, 0, 1],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("X", "y", "kind", "growing"), CASES.values(), ids=CASES)
def test_the_kind_is_known_by_name(X, y, kind, growing):
    found = separability(Problem(X, y))
    assert found.kind == kind
    assert found.separable == (kind == "complete")
    assert present(found.growing).tolist() == [bool(g) for g in growing]
    assert (found.direction is None) == (kind == "none")
    assert found.residual < 1e-9
    if found.direction is not None:
        margins = (2 * np.asarray(y) - 1) * (X @ found.direction)
        assert np.all(margins[found.growing] > 0)
        assert np.allclose(
            margins[~present(found.growing)], 0, atol=1e-12 * np.abs(X).max()
        )


def by_hand(rows):
    """Which rows grow, from all directions on a grid: for small whole numbers exact."""
    grid = np.array(list(itertools.product(range(-6, 7), repeat=rows.shape[1])))
    along = grid @ rows.T
    return (along[along.min(axis=1) >= 0] > 0).any(axis=0)


@pytest.mark.parametrize("seed", range(12))
def test_what_grows_is_what_a_search_finds(seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-1, 2, (rng.integers(3, 7), 3)).astype(float)
    found = separability(rows)
    assert present(found.growing).tolist() == by_hand(rows).tolist()
    some = "quasi" if by_hand(rows).any() else "none"
    assert found.kind == ("complete" if by_hand(rows).all() else some)


def test_three_classes_on_a_line():
    x = np.array([-1.0, -1, 0, 0, 1, 1])
    y = np.array([0, 0, 1, 1, 2, 2])
    for xs, kind in ((x, "complete"), (x * [1, 1, 1, -9, 1, 1], "complete")):
        assert separability(Problem(np.c_[xs, xs**2, np.ones(6)], y)).kind == kind
    touching = np.array([-1.0, 0, 0, 1, 1, 2])
    found = separability(Problem(np.c_[touching, np.ones(6)], y))
    assert found.kind == "quasi"
    ends = present(found.growing).reshape(6, 2).all(axis=1)
    assert ends.tolist() == [True] + [False] * 4 + [True]
    mixed = np.array([0.0, 1, 0, 1, 0, 1])
    assert separability(Problem(np.c_[mixed, np.ones(6)], y)).kind == "none"


@pytest.mark.parametrize(
    ("name", "says", "never"),
    [
        ("touching", "quasi-separated.*2 of 4 margins grow", "has a minimum"),
        ("overlapping", "not separable, and the risk has a minimum", "quasi"),
    ],
)
def test_the_clock_of_separable_data_says_why_it_stays(name, says, never):
    X, y, *_ = CASES[name]
    flow = GradientFlow(clock="log-risk", max_steps=1500)
    net = DeepLinear([np.array([[0.1, 0.05]])])
    risk = Risk(Problem(X, y), Logistic())
    run = train(Experiment(net, risk, flow, until=1e3), records=1)
    assert run.reason is not None
    import re

    assert re.search(says, run.reason)
    assert never not in run.reason


NO_RANK = {
    "a small batch": ([6, 5, 4], Stochastic(1e-9, batch=4, balanced=True)),
    "a thin layer": ([6, 2, 4], Descent(1e-9)),
    "a thin layer, Adam": ([6, 2, 4], Adam(1e-9)),
}


@pytest.mark.parametrize(
    "loss", [Dorfer(ridge=0.0), LogDet()], ids=["Dorfer", "LogDet"]
)
@pytest.mark.parametrize(("widths", "flow"), NO_RANK.values(), ids=NO_RANK)
def test_a_slope_that_is_no_number_at_the_start_is_not_the_steps_fault(
    loss, widths, flow
):
    net = MLP.he_normal(widths, activation="tanh", seed=0)
    run = train(Experiment(net, Risk(PROBLEM, loss), flow, until=3), records=1)
    assert run.reason is not None
    assert "smaller" not in run.reason
    assert "fewer outputs" in run.reason


def test_cross_entropy_of_classes_that_touch_has_no_minimum():
    X = np.c_[[-1.0, 0, 0, 1, 1, 2], np.ones(6)]
    risk = Risk(Problem(X, [0, 0, 1, 1, 2, 2]), CrossEntropy())
    away = present(separability(risk.problem).direction).reshape(3, 2)
    values = [float(risk.criterion(jnp.asarray(t * away))) for t in (1.0, 10.0, 100.0)]
    assert values[0] > values[1] > values[2]
