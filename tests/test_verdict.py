"""The three outcomes, three false theorems, and the ways to be silent."""

import json
import math
from typing import ClassVar

import jax.numpy as jnp
import pytest

from tacit import check, Experiment, judge, Outcome, train
from tacit.claims import (
    AbstractClaim,
    Hypothesis,
    LayerNormsConserved,
    QuasiNormConserved,
)
from tacit.flows import Descent, GradientFlow
from tacit.networks import Diagonal
from tacit.observables import Hoyer
from tests.cases import NETWORKS, RISK


WITNESS = QuasiNormConserved().witness()


class FalseTheorem(AbstractClaim[Diagonal]):
    """False on purpose, in one of three ways."""

    id: ClassVar[str] = "Z1"
    reference: ClassVar[str] = "nobody"
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple] = (Hoyer(),)
    measure: object
    layers: int = 1
    tolerance: float = 1e-3

    def hypotheses(self, run):
        yield Hypothesis("it is this deep", run.network.depth >= self.layers)

    def gap(self, run):
        return self.measure(run)

    def witness(self):
        return WITNESS

    def foil(self):
        return WITNESS


FALSE = {
    "the sum of the weights is conserved": lambda run: abs(
        jnp.sum(run.network.predictor()) / jnp.sum(run.experiment.network.predictor())
        - 1
    ),
    "training makes the predictor dense": lambda run: max(
        0.0, float(run.seen["Hoyer"][-1] - run.seen["Hoyer"][0])
    ),
    "the limit is the difference of the means": lambda run: jnp.linalg.norm(
        run.network.predictor() / jnp.linalg.norm(run.network.predictor())
        - run.experiment.risk.problem.delta
        / jnp.linalg.norm(run.experiment.risk.problem.delta)
    ),
}


@pytest.mark.parametrize("measure", FALSE.values(), ids=FALSE)
def test_a_false_theorem_fails(measure):
    verdict = check(FalseTheorem(measure), WITNESS)
    assert verdict.outcome is Outcome.FAILS
    assert verdict.gap > 0.01


def test_silent_about_another_network():
    other = Experiment(NETWORKS["TwoSided"], RISK, GradientFlow(), until=1.0)
    verdict = check(
        LayerNormsConserved(),
        Experiment(NETWORKS["TwoSided"], RISK, GradientFlow(), until=1.0),
    )
    assert check(QuasiNormConserved(), other).outcome is Outcome.NOT_APPLICABLE
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert "not met: the network is a Diagonal" in str(verdict)


def test_silent_about_a_run_that_did_not_get_there():
    short = GradientFlow(max_steps=2, solver="explicit")
    run = train(Experiment(WITNESS.network, WITNESS.risk, short, until=100.0))
    verdict = judge(QuasiNormConserved(), run)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert "explicit steps reached" in str(verdict)


def test_silent_where_a_hypothesis_is_broken_and_names_it():
    steps = Experiment(WITNESS.network, WITNESS.risk, Descent(0.1), until=50)
    verdict = check(QuasiNormConserved(), steps)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert verdict.not_met == ("it is the gradient flow, without weight decay",)
    assert verdict.gap > 1e-6


def test_a_verdict_is_plain_json():
    verdict = check(QuasiNormConserved(), WITNESS)
    found = json.loads(json.dumps(verdict.to_json()))
    assert found["outcome"] == "holds"
    assert found["id"] == "B3"
    assert found["not_met"] == []


def undefined(run):
    raise ZeroDivisionError(run.steps)


def test_what_does_not_exist_outside_a_theorem_is_silence():
    verdict = check(FalseTheorem(undefined, layers=4), WITNESS)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert math.isnan(verdict.gap)


def test_a_fault_of_a_claim_inside_its_theorem_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        check(FalseTheorem(undefined), WITNESS)
