"""The laws of claims notice what they are about: each on a claim with that fault."""

from typing import ClassVar

import numpy as np
import pytest

from tacit import check, Experiment, judge, Outcome, train
from tacit.claims import (
    AbstractClaim,
    Forecast,
    QuasiNormConserved,
    Rival,
    Source,
    Term,
)
from tacit.claims.papers import TACIT
from tacit.flows import GradientFlow
from tacit.networks import Diagonal
from tests import claim_laws
from tests.claim_cases import CLAIMS


WITNESS = QuasiNormConserved().witness()
STILL = Experiment(WITNESS.network, WITNESS.risk, GradientFlow(), until=0)


class Sound(AbstractClaim[Diagonal]):
    """A network has as many layers as it has; with faults to plant."""

    id: ClassVar[str] = "Z3"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 0.1
    sizes: tuple = (0.1, 1e-12)
    rival: float | None = 1.0
    trains: bool = False
    told: float = 0.0
    certificate: float = 0.0

    def hypotheses(self, experiment):
        del experiment
        return ()

    def forecast(self, experiment):
        if self.trains:
            experiment = train(experiment, records=1).experiment
        value = float(experiment.network.depth) + self.told
        return Forecast(value, "the number of layers", self.certificate)

    def measured(self, run):
        return float(run.network.depth)

    def budget(self, run):
        del run
        for size in self.sizes:
            yield Term("chosen", size, "for the test", "nothing")

    def rivals(self, run):
        if self.rival is not None:
            yield Rival("it has others as well", run.network.depth + self.rival)

    def witness(self, seed=None):
        del seed
        return STILL

    def foil(self, seed=None):
        del seed
        return STILL


OF_A_VERDICT = {
    "a negative budget": (
        claim_laws.allow_nothing_negative, Sound(sizes=(-0.1,)), "budget is negative"
    ),
    "a term that pays for another": (
        claim_laws.allow_nothing_negative, Sound(sizes=(0.2, -0.1)), "negative term"
    ),
    "a budget that is no number": (
        claim_laws.allow_nothing_negative, Sound(sizes=(np.nan,)), "budget is negative"
    ),
    "a rival equal to the claim": (
        claim_laws.state_something_else, Sound(rival=0.0), "a rival equals the claim"
    ),
    "no rival": (
        claim_laws.state_something_else, Sound(rival=None), "names a false statement"
    ),
    "a rival within the budget": (
        claim_laws.fail_beside_it, Sound(rival=0.05), "it has others as well"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("law", "faulty", "says"), OF_A_VERDICT.values(), ids=OF_A_VERDICT
)
def test_a_fault_in_a_claim_is_noticed(law, faulty, says):
    law(check(Sound(), STILL))
    with pytest.raises(AssertionError, match=says):
        law(check(faulty, STILL))


OF_A_FORECAST = {
    "it trains": (Sound(trains=True), "must not train"),
    "it is no number": (Sound(told=np.nan), "finite numbers"),
    "its error is negative": (Sound(certificate=-1.0), "0 or more"),
}


@pytest.mark.parametrize(("faulty", "says"), OF_A_FORECAST.values(), ids=OF_A_FORECAST)
def test_a_fault_in_a_forecast_is_noticed(faulty, says):
    claim_laws.foresee_untrained(Sound())
    with pytest.raises(AssertionError, match=says):
        claim_laws.foresee_untrained(faulty)


@pytest.mark.parametrize("name", ["MirrorFlow-L2", "HyperbolicMirror"])
def test_on_too_few_records_a_claim_says_how_many_it_needs(name):
    claim = CLAIMS[name]
    verdict = judge(claim, train(claim.witness(), claim.observes, records=3))
    assert verdict.outcome is Outcome.UNDECIDED
    assert "32 records" in verdict.why
