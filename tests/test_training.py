"""The loop: when it records, how it ends, what an experiment is."""

import dataclasses
import pickle

import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, networks, Problem, Reaches, Risk, RiskBelow, train
from tacit.errors import CapabilityError, DataError, ShapeError, TacitError
from tacit.flows import Descent, GradientFlow
from tacit.flows.limits import field_of
from tacit.integration.charts import Softmax
from tacit.losses import Fisher, Squared
from tacit.observables import (
    FlatWeights,
    Hoyer,
    Imbalance,
    LayerNorms,
    LinearPredictor,
    TrainingRisk,
)
from tests.cases import D, NETWORKS, PROBLEM, RISK
from tests.present import present


START = NETWORKS["Diagonal"]
FLOW = Experiment(START, RISK, GradientFlow(), until=3.0)
STEPS = Experiment(START, RISK, Descent(0.01), until=30)


@pytest.mark.parametrize("experiment", [FLOW, STEPS], ids=["flow", "steps"])
def test_records_are_evenly_spaced_and_end_at_the_end(experiment):
    run = train(experiment, [TrainingRisk()], records=3)
    assert np.allclose(run.times, experiment.until * np.array([1 / 3, 2 / 3, 1]))
    assert run.finite
    assert jnp.allclose(run.seen["TrainingRisk"][-1], RISK.value(run.network))


@pytest.mark.parametrize("experiment", [FLOW, STEPS], ids=["flow", "steps"])
def test_records_may_be_given_and_begin_at_the_start(experiment):
    run = train(experiment, [TrainingRisk()], records=[0.0, 1.0])
    assert run.times.tolist() == [0.0, 1.0, experiment.until]
    assert jnp.allclose(run.seen["TrainingRisk"][0], RISK.value(START))


@pytest.mark.parametrize("experiment", [FLOW, STEPS], ids=["flow", "steps"])
def test_where_it_records_changes_nothing(experiment):
    few, many = train(experiment, records=1), train(experiment, records=30)
    assert jnp.allclose(few.network.layers, many.network.layers, rtol=1e-8)


@pytest.mark.parametrize("flow", [GradientFlow(), Descent(0.1)], ids=["flow", "steps"])
def test_until_zero_is_the_start(flow):
    run = train(Experiment(START, RISK, flow, until=0.0), [LayerNorms()])
    assert jnp.allclose(run.network.layers, START.layers, rtol=1e-15)
    assert run.times.tolist() == [0.0]
    assert run.finite


def test_more_records_than_steps_are_all_steps():
    run = train(Experiment(START, RISK, Descent(0.01), until=3), [LayerNorms()])
    assert run.times.tolist() == [1.0, 2.0, 3.0]


BAD_RECORDS = {
    "none": (0, "at least the end"),
    "decreasing": ([2.0, 1.0], "increasing"),
    "negative": ([-1.0, 1.0], "none below 0"),
    "beyond": ([1.0, 9.0], "records go to 9 but the run ends at 3"),
}


@pytest.mark.parametrize(("records", "message"), BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_bad_records_are_refused(records, message):
    with pytest.raises(DataError, match=message):
        train(FLOW, records=records)


BAD_EXPERIMENTS = {
    "negative time": (
        lambda: Experiment(START, RISK, GradientFlow(), until=-1.0),
        "cannot end before",
    ),
    "half a step": (
        lambda: Experiment(START, RISK, Descent(0.1), until=2.5),
        "until = 2.5 is not a number of steps",
    ),
    "no end": (
        lambda: Experiment(START, RISK, GradientFlow(), until=float("inf")),
        "finite time or an event",
    ),
    "other features": (
        lambda: Experiment(
            networks.Diagonal(np.ones((2, 3))), RISK, GradientFlow(), until=1.0
        ),
        "takes 3 features but the problem has 6",
    ),
    "no difference": (
        lambda: Experiment(
            networks.Diagonal(_across()[None]), RISK, GradientFlow(), until=1.0
        ),
        r"delta \. w = 0",
    ),
    "input ridge on an MLP": (
        lambda: Experiment(
            NETWORKS["MLP"],
            Risk(PROBLEM, Fisher(input_ridge=0.1)),
            Descent(0.1),
            until=1,
        ),
        "needs an AbstractLinearNetwork",
    ),
    "never": (lambda: Reaches(Hoyer(), 0.5, within=0.0), "a finite time, above 0"),
    "nowhere": (lambda: Reaches(Hoyer(), np.nan), "level = nan"),
}


def _across():
    delta = np.asarray(PROBLEM.delta)
    w = np.arange(1.0, D + 1)
    return w - (w @ delta) / (delta @ delta) * delta


@pytest.mark.parametrize(
    ("make", "message"), BAD_EXPERIMENTS.values(), ids=BAD_EXPERIMENTS
)
def test_parts_that_do_not_fit_are_refused(make, message):
    with pytest.raises(
        (DataError, ShapeError, CapabilityError), match=message
    ) as caught:
        make()
    assert isinstance(caught.value, TacitError)


def test_ends_at_an_event():
    level = -0.25
    run = train(Experiment(START, RISK, GradientFlow(), until=RiskBelow(level)))
    assert abs(RISK.value(run.network) - level) < 1e-8
    late = Experiment(START, RISK, GradientFlow(), until=float(run.times[-1]))
    assert jnp.allclose(train(late).network.layers, run.network.layers, rtol=1e-7)


def test_an_event_that_never_comes_is_said():
    until = Reaches(Hoyer(), 2.0, within=50.0)
    run = train(Experiment(START, RISK, GradientFlow(), until=until), records=2)
    assert not run.finite
    assert "event not met by t = 50" in present(run.reason)


def test_a_run_that_breaks_keeps_its_last_good_state():
    risk = Risk(PROBLEM, Squared())
    run = train(Experiment(START, risk, Descent(1e3), until=100), [LayerNorms()])
    assert not run.finite
    assert "try a smaller one" in present(run.reason)
    assert jnp.all(jnp.isfinite(run.network.layers))
    assert run.times[-1] < 100
    assert jnp.all(jnp.isfinite(run.seen["LayerNorms"]))


def test_an_experiment_is_a_value():
    again = Experiment(START, Risk(PROBLEM, Fisher()), GradientFlow(), until=3.0)
    other = Experiment(START, RISK, GradientFlow(rtol=1e-8), until=3.0)
    assert again == FLOW
    assert hash(FLOW) == hash(again)
    assert other != FLOW
    assert {FLOW: 1}[again] == 1
    assert pickle.loads(pickle.dumps(FLOW)) == FLOW


@pytest.mark.parametrize("loss", [Fisher(), Squared()], ids=["fisher", "squared"])
def test_what_is_put_together_has_all_its_fields(loss):
    """Without their constructors nothing else says that one was forgotten."""
    names = tuple(f"x{i}" for i in range(D))
    named = Problem(PROBLEM.X, PROBLEM.labels, features=names)
    balanced = networks.Diagonal.balanced(np.linspace(0.5, 1, D), depth=2)
    risk = Risk(named, loss)
    run = train(Experiment(balanced, risk, GradientFlow(), until=1.0), records=2)
    scatter = Problem.from_scatter(within=np.eye(2), delta=np.ones(2))
    chart = Softmax.at(balanced, risk)
    made = [
        run, run.network, risk.nameless, named.nameless, scatter, chart, chart.common,
        field_of(GradientFlow(), risk, balanced),
    ]  # fmt: skip
    for each in made:
        assert set(vars(each)) == {field.name for field in dataclasses.fields(each)}
    assert np.isfinite(np.asarray(run.network.layers)).all()


def test_an_axis_of_another_length_has_a_name_of_its_own():
    start = networks.DeepLinear.gaussian([D, 3, 1], seed=1)
    steps = Experiment(start, RISK, Descent(0.01), until=2)
    data = train(steps, [FlatWeights(), Imbalance()], records=2).to_xarray()
    assert data["FlatWeights"].dims == ("time", "entry")
    assert data["Imbalance"].dims == ("time", "Imbalance_entry")
    assert data.sizes["entry"] == 3 * D + 3
    assert data.sizes["Imbalance_entry"] == 9


def test_to_xarray_names_axes_and_units():
    run = train(FLOW, [LayerNorms(), LinearPredictor()], records=5)
    data = run.to_xarray()
    assert data["LayerNorms"].dims == ("time", "layer")
    assert data["LinearPredictor"].dims == ("time", "feature")
    assert data["time"].attrs["units"] == "flow time"
    assert data.attrs["experiment"] == FLOW.digest
    assert train(STEPS, records=2).to_xarray()["time"].attrs["units"] == "steps"
