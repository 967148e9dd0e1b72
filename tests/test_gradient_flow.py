"""The gradient flow: accuracy against SciPy, conservation, events, honest ends."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.integrate import solve_ivp

from tacit import Experiment, Problem, Reaches, Risk, RiskBelow, train
from tacit.claims import AverageIsElasticNet
from tacit.flows import GradientFlow
from tacit.losses import Fisher, Logistic
from tacit.networks import DeepLinear, Diagonal, TwoSided
from tacit.observables import FisherRatio, Imbalance, LayerNorms, SidePairing
from tests.present import present

from .cases import D, each, EVENTS, LABELS, NETWORKS, PROBLEM, RISK


RNG = np.random.default_rng(11)
LOPSIDED = RNG.uniform(0.3, 1.5, (3, D)) * np.sign(RNG.standard_normal((3, D)))
PARTLY = np.concatenate([np.abs(LOPSIDED), np.abs(LOPSIDED).min(axis=0)[None]])
PARTLY[3, ::2] *= 1.5  # the two smallest layers are equal at every other coordinate
W0 = np.array([0.7, -0.4, 0.5, 0.6, -0.8, 0.9])
RIDGED = Risk(PROBLEM, Fisher(form="ratio", ridge=0.2))
LOGISTIC = Risk(PROBLEM, Logistic())
SPAN = 10.0

CASES = {
    "one layer": (Diagonal(W0[None]), RISK),
    "balanced, depth 2": (Diagonal.balanced(W0, depth=2), RISK),
    "balanced, depth 5": (Diagonal.balanced(W0, depth=5), RISK),
    "balanced, ridge": (Diagonal.balanced(W0, depth=3), RIDGED),
    "unbalanced": (Diagonal(LOPSIDED), RISK),
    "unbalanced, logistic": (Diagonal(LOPSIDED), LOGISTIC),
    "tied in part": (Diagonal(PARTLY), RISK),
    "two-sided, depth 2": (NETWORKS["TwoSided"], RISK),
    "two-sided, depth 3": (TwoSided(W0**2 + 0.2, np.full(D, 0.5), 3), LOGISTIC),
    "deep linear": (DeepLinear.balanced(W0[None], depth=3, width=3), RISK),
    "MLP": (NETWORKS["MLP"], RISK),
}
TOLERANCES = [1e-4, 1e-7, 1e-10]


def plain_risk(network, risk):
    """The risk spelt out from the outputs, sharing no line with the code at test."""
    outputs = jax.vmap(network)(risk.problem.X)
    if isinstance(risk.loss, Logistic):
        return jnp.mean(jnp.log1p(jnp.exp(-outputs * risk.problem.y)))
    low, high = outputs[LABELS == 0], outputs[LABELS == 1]
    within = (jnp.var(low) + jnp.var(high)) / 2 + risk.loss.ridge
    ratio = (jnp.mean(high) - jnp.mean(low)) ** 2 / 4 / within
    return -ratio if risk.loss.form == "ratio" else -jnp.log(ratio)


@functools.cache
def reference(name, span=SPAN):
    """The flow of a case by SciPy, in the plain parameters: times to a flat vector."""
    network, risk = CASES[name]
    start, shape = ravel_pytree(network)
    slope = jax.jit(jax.grad(lambda flat: plain_risk(shape(flat), risk)))
    return solve_ivp(
        lambda _, y: -np.asarray(slope(y)), (0, span), np.asarray(start), "DOP853",
        rtol=1e-12, atol=1e-13, dense_output=True,
    ).sol  # fmt: skip


@functools.cache
def travelled(name, rtol, solver="auto"):
    network, risk = CASES[name]
    flow = GradientFlow(rtol, rtol, solver=solver)
    observes = [LayerNorms()]
    if isinstance(network, Diagonal):
        observes += [Imbalance()]
    if isinstance(network, TwoSided):
        observes += [SidePairing()]
    experiment = Experiment(network, risk, flow, until=SPAN)
    return train(experiment, observes, records=np.linspace(0, SPAN, 6))


@pytest.mark.parametrize("rtol", TOLERANCES)
@pytest.mark.parametrize("name", CASES)
def test_error_follows_the_tolerance(name, rtol):
    end, _ = ravel_pytree(travelled(name, rtol).network)
    truth = reference(name)(SPAN)
    assert np.linalg.norm(end - truth) < 30 * rtol * np.linalg.norm(truth)


@pytest.mark.parametrize("name", ["one layer", "unbalanced", "tied in part"])
def test_the_cases_cross_zero(name):
    network, _ = CASES[name]
    start = np.asarray(network.predictor())
    end = np.asarray(travelled(name, 1e-10).network.predictor())
    assert np.any(np.sign(start) != np.sign(end)), "the case is empty"


@pytest.mark.parametrize("rtol", TOLERANCES)
@pytest.mark.parametrize("name", [n for n in CASES if n not in ("deep linear", "MLP")])
def test_what_is_conserved_is_conserved_to_rounding(name, rtol):
    network, risk = CASES[name]
    seen = travelled(name, rtol).seen
    law = "SidePairing" if isinstance(network, TwoSided) else "Imbalance"
    drift = jnp.abs(seen[law] - seen[law][:1])
    assert jnp.all(drift < 1e-13 * jnp.max(seen["LayerNorms"]))
    if risk.loss.scale_free and isinstance(network, Diagonal):
        norms = seen["LayerNorms"]
        assert jnp.all(jnp.abs(norms / norms[:1] - 1) < 1e-13)


@pytest.mark.parametrize("name", ["balanced, depth 2", "unbalanced", "MLP"])
def test_the_stiff_solver_agrees(name):
    truth = reference(name)(SPAN)
    end, _ = ravel_pytree(travelled(name, 1e-10, "stiff").network)
    # LSODA bounds the local error only; over a hundred steps they add up.
    assert np.linalg.norm(end - truth) < 1e-7 * np.linalg.norm(truth)


def test_a_long_run_turns_to_the_stiff_solver():
    flow = GradientFlow(1e-10, 1e-13)
    network = Diagonal.balanced(np.abs(W0), depth=3)
    run = train(Experiment(network, RISK, flow, until=1e8), [FisherRatio()])
    forced = GradientFlow(1e-10, 1e-13, solver="explicit")
    cut = train(Experiment(network, RISK, forced, until=1e8))
    assert run.finite
    assert not cut.finite
    assert run.times[-1] == 1e8
    assert jnp.all(jnp.diff(run.seen["FisherRatio"]) > -1e-12)


def test_records_are_taken_when_asked():
    records = np.array([0.0, 0.3, 2.0, 7.5])
    network, risk = CASES["unbalanced"]
    flow = GradientFlow(1e-11, 1e-13)
    run = train(Experiment(network, risk, flow, until=SPAN), [LayerNorms()],
                records=records)  # fmt: skip
    np.testing.assert_array_equal(run.times, [*records, SPAN])
    truth = reference("unbalanced")(run.times).reshape(3, D, -1)
    np.testing.assert_allclose(run.seen["LayerNorms"], (truth**2).sum(1).T, rtol=1e-9)


# What is 0 at each event, by the risk and that of the start.
MEANT = {
    "Reaches": lambda risk, _: np.exp(-risk) - 0.8,
    "RiskBelow": lambda risk, begin: risk - 0.5 * begin,
}


@pytest.mark.parametrize("solver", ["explicit", "stiff"])
@pytest.mark.parametrize("event", **each(EVENTS))
def test_events_are_found_as_roots(event, solver):
    network, risk = CASES["unbalanced"]
    _, shape = ravel_pytree(network)
    begin = float(plain_risk(network, risk))
    crossing = MEANT[type(event).__name__]
    slope = jax.jit(jax.grad(lambda y: plain_risk(shape(y), risk)))

    def side(_, y):
        return crossing(float(plain_risk(shape(jnp.asarray(y)), risk)), begin)

    vars(side)["terminal"] = True
    start = np.asarray(ravel_pytree(network)[0])
    found = solve_ivp(lambda _, y: -np.asarray(slope(y)), (0, 1e3), start, "DOP853",
                      events=side, rtol=1e-11, atol=1e-13)  # fmt: skip
    assert len(found.t_events[0]), "the case is empty"
    flow = GradientFlow(1e-11, 1e-13, solver=solver)
    run = train(Experiment(network, risk, flow, until=event))
    assert run.finite
    np.testing.assert_allclose(run.times[-1], found.t_events[0][0], rtol=1e-8)


@pytest.mark.parametrize("solver", ["auto", "stiff"])
def test_an_event_that_is_never_met(solver):
    network, risk = CASES["unbalanced"]
    event = Reaches(FisherRatio(), 1e3, within=5.0)
    run = train(Experiment(network, risk, GradientFlow(solver=solver), until=event))
    assert not run.finite
    assert "not met by t = 5" in present(run.reason)
    assert run.times[-1] == 5.0
    end, _ = ravel_pytree(run.network)
    np.testing.assert_allclose(end, reference("unbalanced")(5.0), rtol=1e-7)


def test_an_event_that_holds_at_the_start():
    network, risk = CASES["unbalanced"]
    at = float(risk.value(network))
    run = train(Experiment(network, risk, GradientFlow(), until=RiskBelow(at)))
    assert run.times[-1] == 0.0
    assert run.finite


@pytest.mark.parametrize("most", [12, 4100])
def test_max_steps_is_one_number(most):
    """Explicit steps and the stiff ones after them are counted together."""
    network, risk = CASES["unbalanced"]
    flow = GradientFlow(1e-13, 1e-16, max_steps=most)
    run = train(Experiment(network, risk, flow, until=1e9), records=1)
    assert run.reason
    assert run.steps == most


@pytest.mark.parametrize("name", ["unbalanced", "MLP"])
@pytest.mark.parametrize("solver", ["explicit", "stiff"])
def test_a_flow_that_cannot_be_followed_says_so(name, solver):
    network, risk = CASES[name]
    flow = GradientFlow(1e-10, 1e-12, solver=solver, max_steps=12)
    run = train(Experiment(network, risk, flow, until=SPAN), [LayerNorms()])
    assert not run.finite
    assert f"12 {solver} steps reached t = " in present(run.reason)
    assert "a larger rtol or max_steps, or a shorter until" in present(run.reason)
    assert 0 < run.times[-1] < SPAN
    assert jnp.all(jnp.isfinite(run.seen["LayerNorms"]))
    end, _ = ravel_pytree(run.network)
    truth = reference(name)(float(run.times[-1]))
    np.testing.assert_allclose(end, truth, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("seed", [3, 8])
def test_a_step_into_an_overflow_is_taken_again_shorter(seed):
    # At a jump of the path, with kappa = 1e-200, the step before it is far too long.
    experiment = AverageIsElasticNet().witness(seed)
    run = train(experiment, records=1)
    assert run.reason is None
    assert run.times[-1] == experiment.until


@pytest.mark.parametrize("solver", ["auto", "stiff"])
def test_a_flow_that_blows_up_says_so(solver):
    # With S_w singular -log J falls for ever faster: J is infinite in finite time.
    problem = Problem.from_scatter(within=np.diag([1.0, 0.0]), delta=np.ones(2))
    risk = Risk(problem, Fisher(), singular=True)
    network = Diagonal(np.array([[1.0, 0.1]]))
    run = train(Experiment(network, risk, GradientFlow(solver=solver), until=10.0))
    assert not run.finite
    assert "seems to blow up at t = 0.59646" in present(run.reason)
    assert run.times[-1] < 0.6
    assert run.steps < 1000, "it went on trying"
    assert jnp.all(jnp.isfinite(run.network.layers))
