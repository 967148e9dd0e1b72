"""The four outcomes, three false theorems, and the ways not to apply."""

import json
import math
import types
from collections.abc import Callable
from typing import Any, ClassVar

import jax.numpy as jnp
import pytest

from tacit import check, Experiment, judge, Outcome, predict, train
from tacit.claims import (
    AbstractClaim,
    Hypothesis,
    LayerNormsConserved,
    QuasiNormConserved,
    Rival,
    Source,
    Term,
    Unmeasured,
)
from tacit.claims.catalogue import as_claim
from tacit.claims.papers import TACIT
from tacit.claims.parts import exceeding
from tacit.errors import ClaimError, ShapeError, TacitError
from tacit.flows import Descent, GradientFlow
from tacit.networks import Diagonal
from tacit.observables import Hoyer, QuasiNorm
from tests.cases import NETWORKS, RISK
from tests.present import present


WITNESS = QuasiNormConserved().witness()


class FalseTheorem(AbstractClaim[Diagonal]):
    """False on purpose, in one of three ways."""

    id: ClassVar[str] = "Z1"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple] = (Hoyer(),)
    sees: ClassVar[float] = 1e-3
    measure: Callable
    layers: int = 1
    tolerance: float = 1e-3

    def hypotheses(self, experiment):
        yield Hypothesis("it is this deep", experiment.network.depth >= self.layers)

    def predicted(self, run):
        del run
        return 0.0

    def measured(self, run):
        return float(self.measure(run))

    def distance(self, predicted, measured, run):
        del run
        return abs(measured - predicted)

    def budget(self, run):
        del run
        yield Term("tolerance", self.tolerance, "chosen", "nothing")

    def rivals(self, run):
        del run
        yield Rival("it is off by 1", 1.0)

    def witness(self, seed=None):
        del seed
        return WITNESS

    def foil(self, seed=None):
        del seed
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
    assert verdict.distance > 0.01


def test_silent_about_another_network():
    other = Experiment(NETWORKS["TwoSided"], RISK, GradientFlow(), until=1.0)
    for claim in (QuasiNormConserved(), LayerNormsConserved()):
        assert check(claim, other).outcome is Outcome.NOT_APPLICABLE
    verdict = check(QuasiNormConserved(), other)
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
    run = train(steps, QuasiNormConserved().observes)
    assert judge(QuasiNormConserved(), run).distance > 1e-6


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
    assert math.isnan(verdict.distance)


def test_a_fault_of_a_claim_inside_its_theorem_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        check(FalseTheorem(undefined), WITNESS)


class Level(AbstractClaim[Diagonal]):
    """The depth of the network is `told`, to within `allowed`."""

    id: ClassVar[str] = "Z2"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 0.5
    told: float = 3.0
    seen: object = 3.0
    allowed: float = 0.1
    rival: float = 4.0

    def hypotheses(self, experiment):
        del experiment
        return ()

    def predicted(self, run):
        del run
        return self.told

    def measured(self, run):
        if self.seen is None:
            raise Unmeasured(f"{run.steps} records; it needs 9.")
        return self.seen

    def budget(self, run):
        del run
        yield Term("approach", self.allowed, "the way is not over", "a longer run")
        yield Term("rounding", 1e-16, "float64", "nothing")

    def rivals(self, run):
        del run
        yield Rival("it is one more", self.rival)

    def witness(self, seed=None):
        del seed
        return WITNESS

    def foil(self, seed=None):
        del seed
        return WITNESS


class Foretold(Level):
    """The same, foreseen without a `Forecast`."""

    predicted = AbstractClaim.predicted

    def forecast(self, experiment) -> Any:
        return float(experiment.network.depth)


class Unseen(Level):
    """The same, measured by what it does not observe."""

    def measured(self, run):
        return run.seen["QuasiNorm"]


class Forgot(Unseen):
    """The same, and it would observe it."""

    observes: ClassVar[tuple] = (QuasiNorm(),)


class Taken(Level):
    """The same, under an ID that is taken."""

    id: ClassVar[str] = "B3"


class Shaped(FalseTheorem):
    """Fifty numbers, and a rival of four."""

    distance = AbstractClaim.distance

    def predicted(self, run) -> Any:
        return self.measured(run)

    def measured(self, run) -> Any:
        del run
        return jnp.arange(1.0, 51.0)

    def rivals(self, run):
        del run
        yield Rival("it is four", jnp.ones(4))


def test_a_rival_of_another_shape_is_named_with_both_shapes():
    said = r"Shaped.*\(50,\).*it is four.*\(4,\)"
    with pytest.raises(ShapeError, match=said):
        check(Shaped(float), WITNESS)


def own(name, base, body):
    """A class of this body, made here and now."""
    return types.new_class(name, (base,), {}, lambda there: there.update(body))


SLIPS = {
    "a bare number": (lambda: check(Foretold(), STILL), "Foretold.forecast.*Forecast("),
    "foreseen": (
        lambda: predict(STILL, [Foretold()]), "Foretold.forecast.*Forecast("
    ),
    "not observed": (lambda: check(Unseen(), STILL), "add QuasiNorm() to `observes`"),
    "trained without": (lambda: judge(Forgot(), train(STILL)), "c.observes)"),
    "an ID taken": (lambda: check(Taken(), STILL), "that of QuasiNormConserved; give"),
    "a status": (
        lambda: own("Said", Level, {"source": Source(TACIT, "", "proved")}),
        "source of Said is one of quoted, derived, corrected; got 'proved'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("slip", "says"), SLIPS.values(), ids=SLIPS)
def test_a_slip_in_a_claim_is_answered_by_the_way_out(slip, says):
    with pytest.raises(TacitError) as caught:
        slip()
    assert all(part in str(caught.value) for part in says.split(".*"))


def test_a_claim_derived_from_one_may_keep_its_id():
    class Mine(QuasiNormConserved):
        """The same by another name."""

    assert isinstance(as_claim(Mine), Mine)


PARTS = [
    "id", "source", "needs", "sees", "hypotheses", "measured", "budget", "rivals",
    "witness", "foil",
]  # fmt: skip
STILL = Experiment(WITNESS.network, WITNESS.risk, GradientFlow(), until=0)
FOUND = {
    "holds": ({}, Outcome.HOLDS, ""),
    "fails": ({"told": 4.0, "rival": 9.0}, Outcome.FAILS, ""),
    "a rival within the budget": (
        {"allowed": 0.5, "rival": 3.5}, Outcome.UNDECIDED, "a longer run lowers it"
    ),
    "a false one within the budget": (
        {"told": 3.2, "allowed": 9.0}, Outcome.UNDECIDED, "it is one more"
    ),
    "a rival that could not be placed": (
        {"rival": math.nan}, Outcome.UNDECIDED, "it is one more"
    ),
    "nothing measured": ({"seen": math.nan}, Outcome.UNDECIDED, "could not be"),
    "a budget that is no number": (
        {"allowed": math.nan}, Outcome.UNDECIDED, "not a number"
    ),
    "too few records": ({"seen": None}, Outcome.UNDECIDED, "it needs 9"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "outcome", "why"), FOUND.values(), ids=FOUND)
def test_each_outcome_where_it_must_be(parts, outcome, why):
    verdict = check(Level(**parts), STILL)
    assert verdict.outcome is outcome
    assert why in verdict.why
    assert bool(verdict.why) == (outcome is Outcome.UNDECIDED)
    assert json.loads(json.dumps(verdict.to_json()))["outcome"] == outcome.value


def test_a_verdict_shows_what_it_could_have_seen():
    verdict = check(Level(seen=3.03), STILL)
    assert verdict.sees == pytest.approx(0.1 + 0.01)
    assert present(verdict.nearest).statement == "it is one more"
    assert str(verdict) == (
        "Z2 Level  holds  predicted 3  measured 3.03  off 1e-02, sees 1e-01"
    )


@pytest.mark.parametrize("part", [*PARTS, "predicted"])
def test_a_claim_that_forgets_a_part_is_told_which(part):
    whole = {
        name: value for name, value in vars(Level).items() if name in Level.__dict__
    }
    kept = {
        name: getattr(Level, name) for name in [*PARTS, "predicted"] if name != part
    }
    assert part in whole
    words = "forecast or predicted" if part == "predicted" else part
    with pytest.raises(ClaimError, match=f"Half does not define {words}"):
        own("Half", AbstractClaim, kept)


def test_a_bound_is_exceeded_from_above_alone():
    assert exceeding([1.0, 2.0], [0.5, -9.0]) == 0
    assert exceeding([1.0, 2.0], [0.5, 2.5]) == 0.25
    assert exceeding(0.0, 0.0) == 0
    assert exceeding(0.0, 1e-300) == math.inf
