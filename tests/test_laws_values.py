"""What laws are worth: formulas as functions, drift along runs, refutations."""

import pathlib
import re
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tacit
from tacit import Experiment, flows, losses, observables, Problem, Risk, train
from tacit.conservation import modular, Momentum, refute, Symmetry
from tacit.conservation.architectures import Attention, Experts, Gated, Normalised
from tacit.conservation.exact import Exact
from tacit.conservation.rings import Rationals, Residues
from tacit.conservation.table import markdown, rows
from tacit.networks import DeepLinear, Diagonal, MLP
from tests.present import present


RNG = np.random.default_rng(4)
X = RNG.standard_normal((30, 3))
Y = X @ RNG.standard_normal((3, 2)) + 0.1 * RNG.standard_normal((30, 2))
RISK = Risk(Problem(X, Y), losses.Squared())
RECTIFIER = MLP.he_normal((3, 4, 2), activation="relu", biases=True, seed=3)
LAWS = tacit.laws(RECTIFIER)


def test_a_rank_modulo_a_prime_is_that_of_the_fractions():
    rows = RNG.integers(-9, 10, (7, 4)) @ RNG.integers(-9, 10, (4, 9))
    assert modular.rank(rows % modular.PRIME) == np.linalg.matrix_rank(rows) == 4
    basis = modular.kernel(rows % modular.PRIME)
    assert basis.shape == (5, 9)
    assert not np.any(modular.product(rows % modular.PRIME, basis.T))
    left = RNG.integers(0, modular.PRIME, (3, 40))
    right = RNG.integers(0, modular.PRIME, (40, 2))
    exact = (left.astype(object) @ right.astype(object)) % modular.PRIME
    assert np.array_equal(modular.product(left, right), exact.astype(int))
    for f in (Fraction(-7, 12), Fraction(5000), Fraction(1, 4001)):
        residue = f.numerator * modular.inverse(f.denominator) % modular.PRIME
        assert modular.fraction(residue) == f


def test_functions_are_evaluated_exactly():
    def g(x):
        return jax.grad(lambda x: (x[0] ** 3 - x[1]) / (1 + x[1] ** 2) + x[0] * 0.5)(x)

    found = Exact(g, np.zeros(2))(Rationals(), Rationals().lift(np.array([2.0, 3.0])))
    # 3 x² / (1 + y²) + 1/2 and -1 / (1 + y²) - 2 y (x³ - y) / (1 + y²)²
    known = [Fraction(12, 10) + Fraction(1, 2), Fraction(-1, 10) - Fraction(30, 100)]
    assert list(found) == known
    residues = Exact(g, np.zeros(2))(Residues(), Residues().lift(np.array([2.0, 3.0])))
    for residue, fraction in zip(residues, known, strict=True):
        assert modular.fraction(int(residue)) == fraction


def test_values_are_those_of_the_formula():
    (W, V), (b, _) = (
        map(np.asarray, part) for part in (RECTIFIER.weights, present(RECTIFIER.biases))
    )
    known = (W**2).sum(1) - (V**2).sum(0) + b**2
    assert np.allclose(LAWS(RECTIFIER), known, rtol=1e-14)
    assert LAWS.names[1] == "‖W₁[1,:]‖² − ‖W₂[:,1]‖² + b₁[1]²"
    assert LAWS.formulas[0].latex == r"\|W_{1}[i,:]\|^2 - \|W_{2}[:,i]\|^2 + b_{1}[i]^2"
    again = tacit.laws(RECTIFIER)
    assert again.to_json() == LAWS.to_json()


HALF = flows.PowerDecay(0.3)
DECAYED = {"weight_decay": 0.2, "schedule": HALF}
FOLLOWED = {
    "flow": (flows.GradientFlow(rtol=1e-10), 3.0, 1e-8),
    "decay": (flows.GradientFlow(rtol=1e-10, weight_decay=0.2), 3.0, 1e-8),
    "descent": (flows.Descent(2e-3), 500, 1e-6),
    "schedule": (flows.Descent(5e-3, schedule=HALF), 500, 2e-6),
    "decayed descent": (flows.Descent(2e-3, weight_decay=0.2), 500, 1e-6),
    "momentum": (flows.Descent(1e-3, momentum=0.5), 500, 1e-5),
    "nesterov": (flows.Descent(1e-3, momentum=0.5, nesterov=True), 500, 5e-6),
    "all": (flows.Descent(1e-3, 0.5, nesterov=True, **DECAYED), 500, 1e-5),
}


def drifted(flow, until, *, records=100, seed=0):
    watch = [kind(LAWS) for kind in DRIFTS]
    experiment = Experiment(RECTIFIER, RISK, flow, until=until, seed=seed)
    return LAWS.drift(train(experiment, watch, records=records))


DRIFTS = observables.Conserved, observables.StepDrift, observables.NoiseDrift


@pytest.mark.parametrize("name", FOLLOWED)
def test_laws_drift_as_predicted(name):
    flow, until, close = FOLLOWED[name]
    drift = drifted(flow, until)
    assert drift.off is not None
    assert drift.off.max() < close
    if isinstance(flow, flows.Descent):
        assert drift.moved.max() > 10 * close, "there is something to predict"


@pytest.mark.parametrize("nesterov", [False, True])
def test_what_is_predicted_of_momentum_is_off_by_the_square_of_the_step(nesterov):
    off = []
    for step, until in ((4e-3, 250), (2e-3, 500), (1e-3, 1000)):
        flow = flows.Descent(step, momentum=0.6, nesterov=nesterov)
        drift = drifted(flow, until, records=until)
        off.append(present(drift.off).max())
    assert np.all(np.log2(off[:-1]) - np.log2(off[1:]) > 1.6)


@pytest.mark.parametrize(
    "flow",
    [
        flows.Stochastic(5e-3, 8),
        flows.Stochastic(1e-3, 4, replace=True, momentum=0.6, nesterov=True),
    ],
    ids=["epochs", "drawn"],
)
def test_mini_batches_drift_as_predicted_in_the_mean(flow):
    drifts = [drifted(flow, 300, records=60, seed=seed) for seed in range(24)]
    off = np.array([d.values[-1] - present(d.predicted)[-1] for d in drifts])
    error = off.std(axis=0, ddof=1) / np.sqrt(len(off))
    assert np.all(np.abs(off.mean(axis=0)) < 4 * error)
    moved = np.mean([d.values[-1] - d.values[0] for d in drifts], axis=0)
    assert np.max(np.abs(moved) / error) > 20, "no noise hides that"


def test_where_no_theorem_says_how_far_they_drift_the_reason_is_given():
    balanced = flows.Stochastic(1e-3, 30, fixed=True)
    assert "independently" in drifted(balanced, 3, records=1).why
    single = DeepLinear.gaussian((3, 2, 1))
    margins = Risk(Problem(X, np.sign(Y[:, 0])), losses.Logistic())
    rule = flows.Descent(flows.GradientNormalized(1e-3))
    run = train(Experiment(single, margins, rule, until=3))
    assert "GradientNormalized" in tacit.laws(single).drift(run).why
    run = train(Experiment(RECTIFIER, RISK, flows.Stochastic(1e-3, 5), until=3))
    assert "NoiseDrift(laws)" in LAWS.drift(run).why


def test_a_step_changes_a_quadratic_law_by_its_square_exactly():
    slope = RISK.gradient(RECTIFIER)
    after = jax.tree.map(lambda p, g: p - 0.1 * g, RECTIFIER, slope)
    # The law is quadratic and homogeneous: of the gradient, it is g·A·g.
    assert jnp.allclose(LAWS(after) - LAWS(RECTIFIER), 0.01 * LAWS(slope), atol=1e-13)


def test_adam_keeps_none_of_them_and_nothing_is_predicted():
    run = train(Experiment(RECTIFIER, RISK, flows.Adam(0.01), until=100))
    drift = LAWS.drift(run)
    assert drift.predicted is None
    assert drift.moved.max() > 1e-3


def test_turning_is_kept_by_momentum():
    network = DeepLinear.gaussian((2, 2, 2), seed=2)
    found = tacit.laws(network, flow=Momentum(0.7))
    target = jnp.asarray(RNG.standard_normal((2, 2)))

    def force(net):
        return jax.grad(lambda n: jnp.sum((n.predictor() - target) ** 2))(net)

    def velocity(state):
        at, speed = state
        push = jax.tree.map(lambda g, v: -g - 0.7 * v, force(at), speed)
        return speed, push

    def moved(state, h, slope):
        return jax.tree.map(lambda a, b: a + h * b, state, slope)

    @jax.jit
    def step(state):  # Runge and Kutta, by hand
        h = 0.01
        k1 = velocity(state)
        k2 = velocity(moved(state, h / 2, k1))
        k3 = velocity(moved(state, h / 2, k2))
        k4 = velocity(moved(state, h, k3))
        mean = jax.tree.map(
            lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, k1, k2, k3, k4
        )
        return moved(state, h, mean)

    start = network, jax.tree.map(lambda p: 0.3 * p[::-1], network)
    state = start
    for _ in range(100):
        state = step(state)
    before, after = found(*start), found(*state, time=1.0)
    assert jnp.allclose(before, after, rtol=1e-7)
    assert not jnp.allclose(before, found(*state, time=0.0), rtol=0.1)


PARTS = {
    "one head": (Attention.gaussian(2, 3), None, 12, True),
    "two heads": (Attention.gaussian(3, 1, heads=2), None, 4, True),
    # Of a pair of columns turned together only the size can be traded.
    "rotary": (Attention.gaussian(2, 2, rotary=True), None, 1 + 3, True),
    "no scale": (Attention.gaussian(2, 2), Symmetry(scale=True), 3 + 3 + 1, True),
    "swiglu": (Gated.gaussian(2, 2, 1), None, 2, False),
    "batch norm": (Normalised.gaussian(2, 2, 1), None, 2, False),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_larger_networks(name):
    network, loss, count, proof = PARTS[name]
    found = tacit.laws(network, loss)
    assert (found.count, found.verified, found.certified) == (count, count, proof)


def test_what_was_once_asserted_is_refuted_with_a_fraction():
    network = Experts.gaussian(2, 2, 2)
    found = refute("∑U₁[0,:] + ∑U₂[0,:]", network, trials=30)
    assert found is not None
    assert found.exact
    U, V, G = found.point[:2], found.point[2:4], found.point[4]
    rate = 0.0
    at = Experts(list(map(jnp.asarray, U)), list(map(jnp.asarray, V)), jnp.asarray(G))
    for x, y in zip(found.inputs, found.targets, strict=True):
        p = np.exp(G @ x) / np.exp(G @ x).sum()
        units = [np.maximum(u @ x, 0) for u in U]
        off = sum(q * v @ z for q, v, z in zip(p, V, units, strict=True)) - y
        for q, u, v in zip(p, U, V, strict=True):
            open_ = (u @ x > 0).astype(float)
            rate -= q * (off @ v[:, 0]) * open_[0] * x.sum() / len(found.inputs)
    assert np.isclose(float(found.derivative), rate, rtol=1e-12)
    assert at(jnp.ones(2)).shape == (2,)


def test_the_quasi_norm_moves_from_an_unbalanced_start_and_layer_norms_do_not():
    network = Diagonal(np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 2.0]]))
    quasi = refute("sum(abs(theta1*theta2))", network, losses.Fisher(), trials=20)
    assert quasi is not None
    assert quasi.exact
    assert "from a generic start" in str(quasi)
    assert "balanced ones, it may still hold" in str(quasi)
    assert "mean over the inputs" not in str(quasi)  # Fisher's loss is none
    assert refute("norm2(theta1)", network, losses.Fisher(), trials=20) is None
    squared = refute("norm2(theta1)", network, trials=20)
    assert squared is not None
    out = np.prod(squared.point, axis=0) @ squared.inputs.T - squared.targets
    turn = squared.inputs.T @ out / len(out) * np.prod(squared.point, axis=0)
    assert float(squared.derivative) == pytest.approx(-2 * np.sum(turn))
    assert "the mean over the inputs of ½‖output − target‖²" in str(squared)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_quasi_norm_is_named_where_the_start_is_balanced(depth):
    w = np.array([1.0, -2.0, 0.5])
    *_, said = tacit.laws(Diagonal.balanced(w, depth=depth), losses.Fisher()).notes
    assert f"‖θ{'₁₂₃'[depth - 1]}‖², and kept" in said
    assert float(said.split()[-1][:-1]) == pytest.approx(
        np.sum(np.abs(w) ** (2 / depth)), rel=1e-5
    )
    lopsided = Diagonal(np.stack([w, *[3 * w] * depth]))
    assert "is not kept" in tacit.laws(lopsided, losses.Fisher()).notes[-1]
    assert not tacit.laws(Diagonal.balanced(w, depth=depth)).notes


@pytest.mark.parametrize(
    "name", ["‖W₁[0,:]‖² − ‖W₂[:,0]‖² + b₁[0]²", "⟨W₁[0,:], W₁[1,:]⟩"]
)
def test_what_is_printed_can_be_read_back(name):
    kept = refute(name, RECTIFIER, trials=15) is None
    assert kept == ("‖" in name)


@pytest.mark.parametrize("network", ["diagonal", "residual"])
def test_the_table_of_the_documentation_is_what_is_found(network):
    text = (pathlib.Path(__file__).parent.parent / "docs" / "laws.md").read_text()
    asked = [row for row in rows() if row.network == network]
    assert set(markdown(asked).splitlines()) <= set(text.splitlines())
    commands = {f"`{row.command}`" for row in rows()}
    assert commands == set(re.findall(r"`--network[^`]*`", text))
