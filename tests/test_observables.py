"""Laws of every observable, and the values of each against plain NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, networks, observables, Problem, Risk, Snapshot, train
from tacit.errors import CapabilityError, DataError
from tacit.flows import Descent
from tacit.losses import Logistic, Squared
from tacit.networks import AbstractLinearNetwork
from tests.cases import D, each, NETWORKS, OBSERVABLES, PROBLEM, RISK


MARGINS = Risk(PROBLEM, Logistic())


def snapshot(observable):
    risk = MARGINS if isinstance(observable, observables.LogRisk) else RISK
    fits = [n for n in NETWORKS.values() if isinstance(n, observable.needs)]
    network = NETWORKS["Diagonal"] if NETWORKS["Diagonal"] in fits else fits[0]
    return Snapshot(network, network, risk, jnp.zeros(()))


@pytest.mark.parametrize("observable", **each(OBSERVABLES))
def test_same_value_compiled(observable):
    at = snapshot(observable)
    plain, compiled = observable.measure(at), eqx.filter_jit(observable.measure)(at)
    assert jnp.allclose(plain, compiled, rtol=1e-12)


@pytest.mark.parametrize("observable", **each(OBSERVABLES))
def test_recorded_along_a_run(observable):
    start, risk = snapshot(observable).network, snapshot(observable).risk
    run = train(
        Experiment(start, risk, Descent(0.01), until=20), [observable], records=4
    )
    last = observable.measure(Snapshot(run.network, start, risk, jnp.asarray(20.0)))
    assert jnp.allclose(run.seen[observable.name][-1], last, rtol=1e-12, atol=1e-15)
    assert all(len(x) == 4 for x in jax.tree.leaves(run.seen))


@pytest.mark.parametrize("observable", **each(OBSERVABLES))
def test_has_a_name_for_every_axis(observable):
    start, risk = snapshot(observable).network, snapshot(observable).risk
    run = train(
        Experiment(start, risk, Descent(0.01), until=2), [observable], records=2
    )
    data = run.to_xarray()[observable.name]
    assert data.dims[0] == "time"
    assert len(set(data.dims)) == data.ndim
    assert data.attrs["units"]


@pytest.mark.parametrize(
    "observable",
    [o for o in OBSERVABLES.values() if o.needs is not networks.AbstractNetwork],
    ids=lambda o: o.name,
)
def test_refused_before_training_and_says_why(observable):
    names = ("MLP", "Diagonal", "Chain")
    name = next(n for n in names if not isinstance(NETWORKS[n], observable.needs))
    experiment = Experiment(NETWORKS[name], RISK, Descent(0.1), until=20)
    why = f"{observable.name} needs an? .*; {name} is"
    with pytest.raises(CapabilityError, match=why):
        train(experiment, [observable])


@pytest.mark.parametrize(
    "observable",
    [o for o in OBSERVABLES.values() if o.of_predictor],
    ids=lambda o: o.name,
)
def test_what_is_of_the_predictor_is_that_of_any_network_that_has_it(observable):
    at = snapshot(observable)
    w = at.network.predictor()
    seen = [
        observable.measure(Snapshot(network, start, at.risk, at.time))
        for network in (at.network, networks.Diagonal(w[None]))
        for start in (at.start, networks.Diagonal(jnp.ones((2, w.size))))
    ]
    assert all(jnp.array_equal(seen[0], each) for each in seen[1:])


W = np.array([3.0, -4.0, 0.0, 0.0, 1e-9, 0.0])
AT = Snapshot(
    networks.Diagonal(np.stack([W, np.ones(D)])),
    networks.Diagonal(np.ones((2, D))),
    RISK,
    jnp.zeros(()),
)
S, B = np.asarray(PROBLEM.within), np.asarray(PROBLEM.between)
KNOWN = {
    "Imbalance": (observables.Imbalance(), (1 - W**2)[None]),
    "Cosine": (observables.Cosine(np.eye(D)[0]), 0.6),
    "FisherRatio": (observables.FisherRatio(), W @ B @ W / (W @ S @ W)),
    "Hoyer": (observables.Hoyer(), (np.sqrt(D) - 1.4) / (np.sqrt(D) - 1)),
    "LayerNorms": (observables.LayerNorms(), [25, D]),
    "QuasiNorm": (observables.QuasiNorm(), 7.0),
    "Sine": (observables.Sine(np.eye(D)[0]), 0.8),
    "StrongWeakRatio": (observables.StrongWeakRatio((0, 1), (4, 5)), 3.5 / 5e-10),
    "SupportSize": (observables.SupportSize(), 2.0),
    "TrainingRisk": (
        observables.TrainingRisk(),
        np.log(W @ S @ W) - np.log(W @ B @ W),
    ),
}


@pytest.mark.parametrize(("observable", "value"), **each(KNOWN))
def test_is_what_it_says(observable, value):
    assert np.allclose(observable.measure(AT), value, rtol=1e-8, atol=1e-12)


def test_the_sine_sees_what_the_cosine_cannot():
    tilted = networks.Diagonal(np.array([[1.0, 1e-12]]))
    problem = Problem(np.eye(4)[:, :2], [1, 2, 1, 2])
    risk = Risk(problem, Squared())
    at: Snapshot[AbstractLinearNetwork] = Snapshot(tilted, tilted, risk, jnp.zeros(()))
    direction = np.array([1.0, 0.0])
    assert observables.Cosine(direction).measure(at) == 1
    assert np.isclose(observables.Sine(direction).measure(at), 1e-12, rtol=1e-6)


def test_two_of_one_name_are_refused():
    experiment = Experiment(NETWORKS["Diagonal"], RISK, Descent(0.1), until=2)
    with pytest.raises(DataError, match="two observables are called Hoyer"):
        train(experiment, [observables.Hoyer(), observables.Hoyer()])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: observables.SupportSize(1.5), "threshold is a share"),
        (lambda: observables.StrongWeakRatio((), (1,)), "at least one feature"),
    ],
    ids=["threshold", "empty-side"],
)
def test_bad_numbers_are_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()
