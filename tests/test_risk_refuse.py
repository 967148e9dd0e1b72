"""What cannot be trained is refused before training, with the way out."""

import jax.numpy as jnp
import numpy as np
import pytest

from tacit import Experiment, losses, Problem, Risk
from tacit.errors import CapabilityError, DataError, ShapeError
from tacit.flows import GradientFlow
from tacit.networks import DeepLinear, Diagonal, MLP
from tests.test_risk import D, N, setting, TRIPLE, WIDE, X


BINARY = Problem(X, TRIPLE == 1)
FLAT = np.c_[X, np.ones(N), np.full(N, 3.0)]
FEW = Problem(X[:4], [0, 1, 0, 1])
GIVEN = Problem.from_scatter(within=np.eye(D), delta=np.eye(D)[0])
SINGULAR = np.diag([1.0, 1, 1, 1, 0])


def started(network, risk):
    return lambda: Experiment(network, risk, GradientFlow(), until=1.0)


BAD = {
    "samples of a scatter": (
        lambda: Risk(GIVEN, losses.Logistic()),
        DataError,
        "Logistic needs single samples.*from X and y",
    ),
    "scatter of real targets": (
        lambda: Risk(Problem(X, X[:, 0]), losses.Fisher()),
        DataError,
        "real targets",
    ),
    "fewer samples than features": (
        lambda: Risk(FEW, losses.Fisher()),
        DataError,
        'n = 4 samples of d = 5 .* rank is 2 .*"inverse".*input_ridge.*singular=True',
    ),
    "fewer samples, wide": (
        lambda: Risk(setting(losses.LogDet(), of=WIDE)[0], losses.LogDet()),
        DataError,
        "LogDet needs S_w > 0, .* d = 70 features its rank is 27",
    ),
    "singular matrix": (
        lambda: Risk(
            Problem.from_scatter(within=SINGULAR, delta=np.ones(D)), losses.Fisher()
        ),
        DataError,
        "but with d = 5 features its rank is",
    ),
    "constant features": (
        lambda: Risk(Problem(FLAT, TRIPLE), losses.RatioTrace()),
        DataError,
        r"2 of 7 features are constant: 5, 6.*varying\(\)",
    ),
    "constant features by name": (
        lambda: Risk(Problem(FLAT, TRIPLE, features=tuple("abcdefg")), losses.LogDet()),
        DataError,
        "constant: f, g",
    ),
    "on the plane J = 0": (
        started(Diagonal(np.eye(D)[1:2]), Risk(GIVEN, losses.Fisher())),
        DataError,
        r"delta \. w = 0.*Move it",
    ),
    "next to that plane": (
        started(Diagonal(np.eye(D)[1:2] + 1e-300), Risk(GIVEN, losses.Fisher())),
        DataError,
        r"delta \. w = 0.*Move it",
    ),
    "wrong feature count": (
        started(Diagonal(np.ones((2, 4))), Risk(BINARY, losses.Fisher())),
        ShapeError,
        "Diagonal takes 4 features but the problem has 5",
    ),
    "wrong feature count, unknown network": (
        started(MLP([np.ones((1, 4))]), Risk(BINARY, losses.Fisher())),
        ShapeError,
        "Fisher of MLP cannot be computed on 5 features",
    ),
    "not linear on a scatter": (
        started(MLP([np.ones((1, D))]), Risk(GIVEN, losses.Fisher())),
        CapabilityError,
        "AbstractLinearNetwork",
    ),
    "two outputs for Fisher": (
        started(DeepLinear([X[:2]]), Risk(BINARY, losses.Fisher())),
        ShapeError,
        "one output; this one has 2",
    ),
    "one output for three targets": (
        started(MLP([X[:1]]), Risk(Problem(X, TRIPLE), losses.Squared())),
        ShapeError,
        r"outputs are \(30,\) and the targets \(30, 3\)",
    ),
}


@pytest.mark.parametrize(("act", "error", "text"), BAD.values(), ids=BAD)
def test_what_cannot_be_trained_is_refused_before_training(act, error, text):
    with pytest.raises(error, match=f"(?s){text}"):
        act()


@pytest.mark.parametrize(
    "loss",
    [
        losses.Fisher("inverse"),
        losses.Fisher(ridge=0.1),
        losses.Fisher(input_ridge=0.1),
        losses.Logistic(),
    ],
    ids=["inverse", "ridge", "input ridge", "pointwise"],
)
def test_a_singular_scatter_is_fine_where_the_loss_has_a_limit(loss):
    for problem in (FEW, Problem(FLAT, TRIPLE == 1)):
        w = jnp.linspace(0.5, 1.0, problem.d)
        assert jnp.isfinite(Risk(problem, loss).criterion(w))
    with pytest.raises(DataError, match="S_w > 0"):
        Risk(FEW, losses.Fisher())
    assert jnp.isfinite(
        Risk(FEW, losses.Fisher(), singular=True).criterion(jnp.ones(D))
    )
