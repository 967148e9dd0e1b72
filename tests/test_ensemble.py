"""An ensemble is its members, whatever moves them and however long."""

import jax
import numpy as np
import pytest

import tacit
from tacit import Experiment, losses, Risk, RiskBelow
from tacit.networks import DeepLinear
from tacit.observables import TrainingRisk
from tests.cases import D, each, FLOWS, PROBLEM


RISK = Risk(PROBLEM, losses.Logistic())
STARTS = [
    DeepLinear([scale * np.ones((2, D)) / D, np.array([[1.0, 0.5]])])
    for scale in (0.3, 0.7, 1.1)
]


def alike(together, alone):
    pairs = zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("flow", **each(FLOWS))
@pytest.mark.parametrize("until", [6, RiskBelow(0.999, relative=True, within=6)])
def test_an_ensemble_is_its_members(flow, until):
    members = [Experiment(s, RISK, flow, until=until, seed=2) for s in STARTS]
    together = tacit.train_ensemble(members, [TrainingRisk()], records=2)
    for run, member in zip(together, members, strict=True):
        alone = tacit.train(member, [TrainingRisk()], records=2)
        assert alike(run.network, alone.network)
        assert alike(run.times, alone.times)
        assert run.reason == alone.reason
        np.testing.assert_allclose(
            run.seen["TrainingRisk"], alone.seen["TrainingRisk"], rtol=1e-14
        )
