"""An ensemble is its members, whatever moves them and however long."""

import jax
import numpy as np
import pytest

import tacit
from tacit import Experiment, losses, Problem, Risk, RiskBelow
from tacit.flows import GradientFlow
from tacit.integration.lockstep import counted
from tacit.networks import DeepLinear, Diagonal
from tacit.observables import TrainingRisk
from tests.cases import D, each, FLOWS, PROBLEM


RISK = Risk(PROBLEM, losses.Logistic())
STARTS = [
    DeepLinear([scale * np.ones((2, D)) / D, np.array([[1.0, 0.5]])])
    for scale in (0.3, 0.7, 1.1)
]


def alike(together, alone, *, lanes):
    """The same numbers; in lanes but for the order in which a batch sums products."""
    pairs = zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True)
    if lanes:
        return all(np.allclose(a, b, rtol=1e-13, atol=1e-15) for a, b in pairs)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("flow", **each(FLOWS))
@pytest.mark.parametrize("until", [6, RiskBelow(0.999, relative=True, within=6)])
def test_an_ensemble_is_its_members(flow, until):
    members = [Experiment(s, RISK, flow, until=until, seed=2) for s in STARTS]
    lanes = isinstance(flow, GradientFlow) and until == 6
    together = tacit.train_ensemble(members, [TrainingRisk()], records=2)
    for run, member in zip(together, members, strict=True):
        alone = tacit.train(member, [TrainingRisk()], records=2)
        assert alike(run.network, alone.network, lanes=lanes)
        assert alike(run.times, alone.times, lanes=False)
        assert run.reason == alone.reason
        assert run.steps == alone.steps
        np.testing.assert_allclose(
            run.seen["TrainingRisk"], alone.seen["TrainingRisk"], rtol=1e-14
        )


def private(number, depth=2):
    """Flows on data of their own, some of them much stiffer than others."""
    rng = np.random.default_rng(number)
    turn = np.linalg.qr(rng.standard_normal((D, D)))[0]
    within = (turn * np.geomspace(1, 10 ** (number % 3), D)) @ turn.T
    problem = Problem.from_scatter(
        within=(within + within.T) / 2, delta=rng.standard_normal(D)
    )
    start = Diagonal.balanced(np.sign(problem.delta) / D, depth=depth)
    risk = Risk(problem, losses.Fisher())
    return Experiment(start, risk, GradientFlow(solver="explicit"), until=5.0)


def test_lanes_are_refilled_and_nobody_s_neighbours_matter():
    members = [private(i) for i in range(19)]  # more than there are lanes
    with counted() as cost:
        runs = tacit.train_ensemble(members, [TrainingRisk()], records=3)
    others = tacit.train_ensemble(members[::-1], [TrainingRisk()], records=3)[::-1]
    for run, other, member in zip(runs, others, members, strict=True):
        np.testing.assert_array_equal(run.network.layers, other.network.layers)
        alone = tacit.train(member, [TrainingRisk()], records=3)
        np.testing.assert_allclose(run.network.layers, alone.network.layers, 1e-12)
        assert run.steps == alone.steps
    steps = [run.steps for run in runs]
    assert cost.needed == sum(steps)
    assert 1 <= cost.waste < 19 * max(steps) / sum(steps), "less than one long batch"


def test_a_lane_whose_flow_gives_out_goes_to_another():
    members = [private(i) for i in range(12)]
    short = [
        Experiment(e.network, e.risk, GradientFlow(max_steps=60), until=e.until)
        for e in members
    ]
    runs = tacit.train_ensemble(short, records=2)
    for run, member in zip(runs, short, strict=True):
        alone = tacit.train(member, records=2)
        assert (run.reason is None) == (alone.reason is None)
        np.testing.assert_allclose(run.times, alone.times, 1e-12)
    assert {run.reason is None for run in runs} == {True, False}
