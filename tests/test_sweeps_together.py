"""Which runs of a sweep were computed side by side, which one by one, and why."""

from typing import Any

import numpy as np
import pytest

import tacit
from tacit import losses, sweep
from tacit.flows import GradientFlow
from tacit.networks import Diagonal
from tacit.sweeps.store import Store
from tests.sweeps import descent


SEEDS = {"seed": [0, 1, 2]}


def flow(seed, solver="auto", depth=2):
    """The start of every seed is another, on data of its own."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((3, 3))
    problem = tacit.Problem.from_scatter(
        within=A @ A.T + np.eye(3), delta=rng.standard_normal(3)
    )
    start = Diagonal.balanced(np.sign(problem.delta) / 3, depth=depth)
    risk = tacit.Risk(problem, losses.Fisher())
    return tacit.Experiment(start, risk, GradientFlow(solver=solver), until=1.0)


def stiff(seed):
    return flow(seed, "stiff")


def moved(seed):
    return descent(2, seed)


def far(seed):
    """On separable data to a norm; from there on no other flow takes over."""
    rng = np.random.default_rng(seed)
    y = np.arange(8) % 2
    X = rng.uniform(0.2, 1.0, (8, 2)) * (2 * y - 1)[:, None]
    start = Diagonal.balanced(np.full(2, 0.1), depth=2)
    risk = tacit.Risk(tacit.Problem(X, y), losses.Logistic())
    return tacit.Experiment(
        start, risk, GradientFlow(clock="log-risk", rtol=1e-4), until=3.0
    )


@pytest.mark.parametrize(
    ("experiment", "grid", "says"),
    [
        (flow, SEEDS, None),
        (far, SEEDS, None),
        (stiff, SEEDS, "the stiff solver follows one flow at a time"),
        (moved, SEEDS, "Descent: moves are made run by run"),
        (flow, {"seed": [0]}, "no other run of its unit is of its kind"),
    ],
    ids=["lanes", "to a norm", "stiff", "moves", "single"],
)
def test_the_status_says_what_was_computed_one_by_one(experiment, grid, says, tmp_path):
    done = sweep(experiment, grid, tmp_path / "r", workers=1)
    count = {} if says is None else {says: len(grid["seed"])}
    assert done.status().alone == count
    assert Store(tmp_path / "r").status().alone == count
    # What is measured besides agrees: side by side there are steps to wait for.
    assert bool((done.open().waste > 1).any()) == (says is None)


def test_a_batch_that_raises_is_said_to_be_taken_apart(tmp_path, monkeypatch):
    from tacit.sweeps import units

    together = units.train_together

    def only_alone(experiments, *rest):
        if len(experiments) > 1:
            raise FloatingPointError
        return together(experiments, *rest)

    monkeypatch.setattr(units, "train_together", only_alone)
    done = sweep(moved, SEEDS, tmp_path / "r", workers=1)
    assert done.status().alone == {"its batch raised FloatingPointError": 3}
    assert done.status().flawless


def test_what_is_taken_back_is_no_longer_counted(tmp_path):
    first = sweep(moved, SEEDS, tmp_path / "r", workers=1).status()
    (part,) = (tmp_path / "r").rglob("*.safetensors")
    part.unlink()
    assert Store(tmp_path / "r").status().alone == {}
    again = sweep(moved, SEEDS, tmp_path / "r", workers=1).status()
    assert again.alone == first.alone


def test_it_is_told_while_it_runs(tmp_path, monkeypatch):
    from tacit.sweeps import tidings

    monkeypatch.setattr(tidings, "EVERY", 0.0)
    told = []
    words: dict[str, Any] = {"progress": lambda *said: told.append(said[-1])}
    sweep(moved, SEEDS, tmp_path / "r", workers=1, batch=1, **words)
    assert any("one by one" in text for text in told)
