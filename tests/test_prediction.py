"""What training will do, said before it does, and borne out by the run."""

import dataclasses
import json
import time

import numpy as np
import pytest

import tacit
from tacit import (
    cli,
    Experiment,
    losses,
    networks,
    Outcome,
    predict,
    Risk,
    RiskBelow,
)
from tacit.claims.catalogue import as_claim, every_claim
from tacit.errors import NotFoundError
from tacit.flows import AbstractFixedStep, Adam, Descent, GradientFlow
from tacit.verdict import missing
from tests.present import present
from tests.specs import table


PROBLEM = tacit.load("wine", classes=("class_0", "class_1")).standardised()
W0 = np.sign(PROBLEM.delta) / PROBLEM.d
START = networks.Diagonal.balanced(W0, depth=3)
MADE = Experiment(START, Risk(PROBLEM, losses.Fisher()), GradientFlow(), until=50.0)


@pytest.fixture
def no_training(monkeypatch):
    def refused(*_, **__):
        raise AssertionError("a prediction must not train")

    for name in ("path", "paths", "arrival"):
        monkeypatch.setattr(GradientFlow, name, refused)
        monkeypatch.setattr(AbstractFixedStep, name, refused)


@pytest.mark.usefixtures("no_training")
def test_the_conserved_norm_is_that_of_the_start():
    forecast = present(predict(MADE)["B3"].forecast)
    by_hand = np.sum(np.abs(W0) ** (2 / 3)) ** (3 / 2)
    np.testing.assert_allclose(forecast.value, by_hand, rtol=1e-14)
    assert forecast.certificate == 0


@pytest.mark.usefixtures("no_training")
def test_what_does_not_apply_names_the_hypothesis():
    steps = Experiment(START, MADE.risk, Descent(0.1), until=5)
    silent = predict(steps)["QuasiNormConserved"]
    assert not silent.applies
    assert silent.not_met == ("it is the gradient flow, without weight decay",)
    assert "does not apply" in str(silent)


@pytest.mark.usefixtures("no_training")
def test_every_claim_that_foresees_is_asked():
    found = predict(MADE)
    asked = {kind.__name__ for kind in every_claim() if kind().foresees}
    told = {type(each.claim).__name__ for each in found.foreseen}
    assert told == asked
    assert len(found) == len(found.applying) == len(asked) - len(found.silent) > 0
    assert all(each.forecast or each.refused for each in found)
    record = json.loads(json.dumps(found.to_json()))
    assert record["experiment"] == MADE.digest
    assert str(found).endswith(
        f"{len(found)} of {len(asked)} theorems that foresee apply"
    )


@pytest.mark.usefixtures("no_training")
def test_the_example_of_the_readme_is_predicted_in_a_second():
    problem = tacit.load("breast_cancer").standardised()
    start = networks.Diagonal.balanced(np.sign(problem.delta) / problem.d, depth=3)
    flow, risk = GradientFlow(rtol=1e-11), Risk(problem, losses.Fisher())
    experiment = Experiment(start, risk, flow, until=1e8)
    first = predict(experiment)
    began = time.process_time()
    again = predict(experiment)
    assert time.process_time() - began < 1
    assert len(again) == len(first) > 5
    for each in (again["B3"], again["C1"], again["C5"]):
        assert present(each.forecast).certificate < 1e-12


@pytest.mark.usefixtures("no_training")
def test_two_thousand_moves_of_adam_are_predicted_in_a_second():
    X = np.random.default_rng(1).standard_normal((16, 3))
    risk = Risk(tacit.Problem(X, np.tanh(X[:, 0])), losses.Squared())
    flow = Adam(1e-3, 0.9, 0.999, 1e-6, batch=4, fixed=True)
    start = networks.MLP.he_normal((3, 3, 1), seed=0)
    experiment = Experiment(start, risk, flow, until=2000)
    predict(experiment)
    began = time.process_time()
    told = present(predict(experiment)["M1b"].forecast)
    assert time.process_time() - began < 1
    assert np.all(np.isfinite(told.value))


def test_the_run_bears_the_prediction_out():
    foreseen = predict(MADE, ["B2", "B3"])
    for each in foreseen:
        verdict = tacit.check(each.claim, MADE)
        assert verdict.outcome is Outcome.HOLDS
        np.testing.assert_array_equal(verdict.predicted, present(each.forecast).value)


def at_an_event(kind, share=0.9):
    """The witness of a claim, but that it ends where the risk has fallen."""
    true = kind().witness()
    value = float(true.risk.value(true.network))
    level = value - (1 - share) * abs(value)
    return dataclasses.replace(true, until=RiskBelow(level, within=true.end or None))


@pytest.mark.parametrize("kind", every_claim(), ids=lambda kind: kind.__name__)
def test_of_a_run_that_ends_at_an_event_it_tells_or_says_why_not(kind):
    experiment = at_an_event(kind)
    not_met = missing(kind(), experiment)
    assert all(not_met), "every hypothesis has a text"
    for each in predict(experiment, [kind]).foreseen:
        assert each.not_met == not_met
        assert not_met or each.refused or each.forecast is not None


@pytest.mark.parametrize("name", ["B7", "RidgeGrowth"])
def test_what_is_foreseen_of_a_time_needs_one(name):
    kind = type(as_claim(name))
    told = predict(at_an_event(kind), [kind])[kind.__name__]
    assert told.applies
    assert told.forecast is None
    assert "the run ends at an event" in told.refused


@pytest.mark.parametrize("name", ["DescentDrift", "DescentFollowsModifiedFlow"])
def test_shorter_steps_take_the_time_that_the_event_took(name):
    experiment = at_an_event(type(as_claim(name)))
    verdict = tacit.check(name, experiment)
    assert verdict.outcome is Outcome.HOLDS, str(verdict)


BAD = {
    "an unknown claim": (lambda: predict(MADE, ["B9999"]), NotFoundError, "B9999"),
    "a forecast not there": (lambda: predict(MADE)["A99"], NotFoundError, "A99"),
}


@pytest.mark.parametrize(("call", "error", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_predict_on_the_command_line(tmp_path, monkeypatch, capsys):
    from tacit.specs import spec as module

    file = tmp_path / "own.toml"
    file.write_text(module.as_toml(table()))
    for words in (
        ["predict", "--spec", str(file), "--json"],
        ["predict", "--spec", str(file)],
    ):
        monkeypatch.setattr("sys.argv", ["tacit", *words])
        with pytest.raises(SystemExit) as done:
            cli.main()
        assert done.value.code in (0, None)
        out = capsys.readouterr().out
        if "--json" in words:
            record = json.loads(out)
            assert record["schema"] == "tacit.predict/1"
            assert any(
                row["id"] == "B3" and row["applies"] for row in record["forecasts"]
            )
        else:
            assert "theorems that foresee apply" in out
