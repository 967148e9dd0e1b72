"""Escape from the smallest starts: the flow's tolerance follows what it starts from."""

import functools

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tacit import Experiment, Problem, Risk, RiskBelow, train
from tacit.flows import GradientFlow
from tacit.integration.charts import ATOL, atol_from, Parameters
from tacit.losses import Squared
from tacit.networks import DeepLinear, Diagonal, MLP


RNG = np.random.default_rng(16)
X = RNG.standard_normal((40, 4))
Y = np.tanh(X[:, 0]) + 0.5 * X[:, 1]
RISK = Risk(Problem(X, Y), Squared())
SHARE = 0.8
LEVEL = RiskBelow(SHARE, relative=True)
FIRST, LAST = RNG.standard_normal((4, 4)), RNG.standard_normal((1, 4))
SIDES = RNG.uniform(0.5, 1.5, (2, 4)) * np.array([[1.0, 1, -1, 1], [1, 1, 1, -1]])


def dense(squash, slope):
    """Outputs and gradient of two layers by hand, in one flat vector."""

    def outputs(y):
        return squash(X @ y[:16].reshape(4, 4).T) @ y[16:]

    def gradient(y):
        inner, last = X @ y[:16].reshape(4, 4).T, y[16:]
        off = (outputs(y) - Y) / len(X)
        back = off[:, None] * last * slope(inner)
        return np.concatenate([(back.T @ X).ravel(), off @ squash(inner)])

    return outputs, gradient


def product(y):
    return X @ (y[:4] * y[4:])


def product_gradient(y):
    pull = X.T @ (product(y) - Y) / len(X)
    return np.concatenate([pull * y[4:], pull * y[:4]])


DENSE = np.concatenate([FIRST.ravel(), LAST.ravel()])
CASES = {
    "tanh": (
        lambda eps: MLP([eps * FIRST, eps * LAST], activation="tanh"),
        DENSE, dense(np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    ),
    "linear": (
        lambda eps: DeepLinear([eps * FIRST, eps * LAST]),
        DENSE, dense(lambda z: z, np.ones_like),
    ),
    "diagonal": (
        lambda eps: Diagonal(eps * SIDES), SIDES.ravel(), (product, product_gradient),
    ),
}  # fmt: skip


@functools.cache
def reference(name, eps):
    """When the risk has fallen, by SciPy in the parameters over `eps`."""
    _, unit, (outputs, gradient) = CASES[name]

    def met(_, u):
        return np.mean((outputs(eps * u) - Y) ** 2) - SHARE * np.mean(Y**2)

    vars(met)["terminal"] = True
    path = solve_ivp(
        lambda _, u: -gradient(eps * u) / eps, (0, 1e3), unit, "DOP853",
        events=met, rtol=1e-12, atol=1e-13,
    )  # fmt: skip
    return path.t_events[0][0]


@pytest.mark.parametrize("eps", [1e-10, 1e-16])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("options", [{}, {"solver": "stiff"}], ids=str)
def test_a_plateau_ends_when_it_should(name, eps, options):
    flow = GradientFlow(**options)
    run = train(Experiment(CASES[name][0](eps), RISK, flow, until=LEVEL), records=1)
    assert run.finite
    slack = 1e-8 if not options else 1e-6  # LSODA's errors add up
    np.testing.assert_allclose(run.times[-1], reference(name, eps), rtol=slack)


def test_a_tolerance_that_is_given_is_kept():
    start = CASES["tanh"][0](1e-16)
    assert Parameters().tolerances(start, 1e-9, 1e-12) == (1e-9, 1e-12)
    coarse = Experiment(start, RISK, GradientFlow(atol=1e-12), until=LEVEL)
    late = train(coarse, records=1).times[-1] / reference("tanh", 1e-16)
    assert abs(late - 1) > 1e-4


def test_the_tolerance_is_that_of_the_smallest_layer_and_never_coarser():
    mixed = DeepLinear([1e-9 * np.ones((2, 4)), 7 * np.ones((1, 2))])
    assert atol_from(mixed) == pytest.approx(1e-9 * ATOL, rel=1e-14)
    assert atol_from(DeepLinear([9 * np.ones((2, 4)), np.zeros((1, 2))])) == ATOL
    assert atol_from(DeepLinear([np.zeros((2, 4)), np.zeros((1, 2))])) == ATOL
