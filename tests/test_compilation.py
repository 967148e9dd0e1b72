"""What is compiled once serves all that differs in numbers or names only."""

import dataclasses
import gc
import math

import jax
import numpy as np
import pytest

from tacit import (
    Experiment,
    flows,
    losses,
    networks,
    Problem,
    Reaches,
    Risk,
    RiskBelow,
    train,
)
from tacit.integration import pieces
from tacit.observables import AbstractObservable, FisherRatio, TrainingRisk
from tests.cases import D, each, FLOWS, LOSSES, PROBLEM, RISK
from tests.present import present


COMPILED, TRACED = [0], [0]
START = networks.Diagonal.balanced(np.linspace(-1.0, 1.2, D), depth=3)
NAMES = tuple("abcdef")


@jax.monitoring.register_event_duration_secs_listener
def _count(event: str, duration_secs: float, **_: str | int):
    del duration_secs
    COMPILED[0] += event == "/jax/core/compile/backend_compile_duration"
    TRACED[0] += event == "/jax/core/compile/jaxpr_trace_duration"


@pytest.fixture(scope="module", autouse=True)
def room():
    """What other tests compiled is dropped now, and not between two runs counted."""
    jax.clear_caches()
    gc.collect()


def varied(thing, i):
    """`thing` with every number in it, the zeros apart, another one."""

    def other(x):
        plain = isinstance(x, float) and x and math.isfinite(x)
        return type(x)(x * (1 - 1e-3 * i)) if plain else x

    return jax.tree.map(other, thing)


def compiled_by(experiment_of, observe=()):
    """How often a third member of a sweep makes JAX compile; two are run before."""
    for i in (1, 2):
        train(experiment_of(i), observe, records=2)
    before = COMPILED[0]
    train(experiment_of(3), observe, records=2)
    return COMPILED[0] - before


def descended(loss):
    """A problem that the loss is one of, and a network for it."""
    if isinstance(loss, losses.CrossEntropy):
        three = Problem(PROBLEM.X, np.arange(40) % 3)
        return three, networks.DeepLinear([np.eye(3, D) + 0.1])
    return PROBLEM, START


@pytest.mark.parametrize("loss", **each(LOSSES))
def test_numbers_of_a_loss_compile_nothing(loss):
    problem, network = descended(loss)
    if "ridge" in {field.name for field in dataclasses.fields(loss)}:
        loss = dataclasses.replace(loss, ridge=0.2)

    def experiment(i):
        risk = Risk(problem, varied(loss, i))
        return Experiment(network, risk, flows.Descent(1e-3), until=3)

    assert compiled_by(experiment) == 0


@pytest.mark.parametrize("flow", **each(FLOWS))
def test_numbers_of_a_flow_compile_nothing(flow):
    def experiment(i):
        until = 3 + i if flow.unit == "steps" else 0.1 * i
        return Experiment(START, RISK, varied(flow, i), until=until)

    assert compiled_by(experiment) == 0


EVENTS = {
    "level": lambda i: RiskBelow(0.69 - 1e-3 * i, within=90.0 + i),
    "share": lambda i: RiskBelow(0.99 - 1e-3 * i, relative=True, within=90.0 + i),
    "observable": lambda i: Reaches(TrainingRisk(), 0.69 - 1e-3 * i, within=90.0 + i),
}
FOLLOWED = {
    "time": flows.GradientFlow(),
    "escape": flows.GradientFlow(clock="escape"),
    "log-risk": flows.GradientFlow(clock="log-risk"),
    "steps": flows.Descent(1e-2),
}


@pytest.mark.parametrize(
    ("flow", "event"),
    [
        *(("time", event) for event in EVENTS),
        *((flow, "level") for flow in ("escape", "log-risk", "steps")),
    ],
)
def test_the_level_and_patience_of_an_event_compile_nothing(flow, event):
    start = networks.DeepLinear([np.full((2, D), 0.01), np.full((1, 2), 0.02)])
    risk = Risk(PROBLEM, losses.Logistic())

    def experiment(i):
        return Experiment(start, risk, FOLLOWED[flow], until=EVENTS[event](i))

    assert compiled_by(experiment) == 0


@pytest.mark.parametrize("observe", [(), (FisherRatio(),)], ids=["unseen", "observed"])
@pytest.mark.parametrize(
    "problem",
    [
        lambda i: Problem(
            PROBLEM.X, PROBLEM.y, features=tuple(n + str(i) for n in NAMES)
        ),
        lambda i: Problem(
            PROBLEM.X, np.where(present(PROBLEM.y) > 0, f"b{i}", f"a{i}")
        ),
        lambda i: Problem(PROBLEM.X + i, PROBLEM.y),
        lambda i: Problem(PROBLEM.X, PROBLEM.y, np.full(40, 1.0 * i)),
    ],
    ids=["features", "classes", "data", "weights"],
)
def test_names_and_data_compile_nothing(problem, observe):
    def experiment(i):
        risk = Risk(problem(i), losses.Fisher())
        return Experiment(START, risk, flows.Descent(1e-3), until=3)

    assert compiled_by(experiment, observe) == 0


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ({}, 0.5),
        ({"chart": "parameters"}, 0.5),
        ({"solver": "stiff"}, 0.5),
        ({}, Reaches(FisherRatio(), 0.02, within=0.5)),
    ],
    ids=["softmax", "parameters", "stiff", "event"],
)
def test_another_depth_compiles_no_flow(words, until, monkeypatch):
    slope, traced = Risk.slope, []

    def noted(risk, *args):
        traced.append(args)
        return slope(risk, *args)

    monkeypatch.setattr(Risk, "slope", noted)

    def traced_by(depth):
        start = networks.Diagonal.balanced(np.linspace(-1.0, 1.2, D), depth=depth)
        flow, before = flows.GradientFlow(**words), len(traced)
        train(Experiment(start, RISK, flow, until=until), [FisherRatio()], records=3)
        return len(traced) - before

    assert traced_by(3)
    assert traced_by(5) == 0


OWN = 11
"""Features of this test alone: something has to be compiled first."""
STARTS = {
    "balanced": networks.Diagonal.balanced(np.linspace(-1.0, 1.2, OWN), depth=3),
    "two-sided": networks.TwoSided.at(np.linspace(-1.0, 1.2, OWN), kappa=0.5),
    "matrices": networks.DeepLinear.gaussian((OWN, 4, 1), seed=0),
}


@pytest.mark.parametrize("words", [{}, {"solver": "stiff"}], ids=["auto", "stiff"])
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_another_number_of_samples_compiles_no_flow_down_a_scatter(start, words):
    def trained(n):
        rng = np.random.default_rng(n)
        X = rng.standard_normal((n, OWN))
        risk = Risk(Problem(X, X[:, 0] + rng.standard_normal(n) > 0), losses.Fisher())
        flow, before = flows.GradientFlow(**words), COMPILED[0]
        run = train(Experiment(start, risk, flow, until=0.5), records=2)
        assert run.finite
        return COMPILED[0] - before

    assert trained(60)
    assert trained(70) == 0
    assert trained(71) == 0


class Named(AbstractObservable):
    """The weight of the feature of one name."""

    reads_names = True

    def measure(self, at):
        return at.network.predictor()[present(at.risk.problem.features).index("c")]


def test_an_observable_that_reads_names_is_shown_them():
    risk = Risk(Problem(PROBLEM.X, PROBLEM.y, features=NAMES), losses.Fisher())
    flow = flows.Descent(1e-3)
    run = train(Experiment(START, risk, flow, until=3), [Named()], records=3)
    assert run.seen["Named"][-1] == run.network.predictor()[2]
    between = Reaches(Named(), float(run.seen["Named"][:2].mean()))
    assert train(Experiment(START, risk, flow, until=between)).times[-1] == 2


def test_a_ridge_of_zero_and_another_are_told_apart():
    flow = flows.Descent(1e-2)
    risks = [Risk(PROBLEM, losses.Fisher(ridge=ridge)) for ridge in (0.0, 0.3, 0.6)]
    ends = {
        float(train(Experiment(START, risk, flow, until=3)).network.layers.sum())
        for risk in risks
    }
    assert len(ends) == 3
    assert [risk.loss.scale_free for risk in risks] == [True, False, False]


def test_an_experiment_like_the_last_is_made_without_a_trace():
    def experiment(i):
        problem = Problem(
            PROBLEM.X + i, PROBLEM.y, features=tuple(n + str(i) for n in NAMES)
        )
        network = networks.Diagonal.balanced(np.linspace(-1, 1.2, D), depth=3)
        risk = Risk(problem, losses.Fisher(ridge=1.0 + i))
        return Experiment(network, risk, flows.GradientFlow(), until=1.0 + i)

    experiment(0)
    before = TRACED[0]
    experiment(1)
    assert TRACED[0] == before


@pytest.mark.parametrize(
    "flow",
    [flows.GradientFlow(chart="parameters", solver="explicit"), flows.Descent(0.01)],
    ids=lambda flow: type(flow).__name__,
)
def test_the_number_of_pieces_compiles_nothing(flow, monkeypatch):
    def run(speed, until):
        monkeypatch.setattr(pieces, "SPEED", speed)
        experiment = Experiment(START, RISK, flow, until=until)
        found = train(experiment, [TrainingRisk()], records=60)
        return np.asarray(found.network.layers), COMPILED[0]

    run(100.0, 60)
    parts, before = run(1.0, 60)  # a step a piece at first
    whole, after = run(1e12, 60)
    assert after == before
    np.testing.assert_array_equal(parts, whole)
