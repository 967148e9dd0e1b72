"""Layers put back to the balance that the flow conserves."""

import jax.numpy as jnp
import numpy as np
import pytest

from tacit import networks
from tacit.integration.solvers.gauge import imbalances, project_to_balance


@pytest.mark.parametrize("depth", [2, 6])
def test_the_balance_is_restored_and_the_map_stays(depth):
    """At any depth at once: pair by pair it would take hundreds of sweeps."""
    rng = np.random.default_rng(depth)
    target = rng.standard_normal(4)
    even = networks.DeepLinear.balanced(100 * target, depth=depth, width=5)
    start = [np.asarray(W) + 0.01 * rng.standard_normal(W.shape) for W in even.layers]
    begin = networks.DeepLinear(start)
    moved = networks.DeepLinear(
        [W * (1 + 1e-9 * rng.standard_normal(W.shape)) for W in start]
    )
    back = project_to_balance(moved, imbalances(begin))
    size = max(float(jnp.sum(W**2)) for W in start)

    def owed(network):
        pairs = zip(imbalances(network), imbalances(begin), strict=True)
        return max(float(jnp.abs(now - then).max()) for now, then in pairs) / size

    assert owed(moved) > 1e-10
    assert owed(back) < 2e-15
    w, same = np.asarray(moved.predictor()), np.asarray(back.predictor())
    assert np.linalg.norm(same - w) < 1e-14 * np.linalg.norm(w)


def test_one_layer_owes_nothing():
    one = networks.DeepLinear([np.ones((1, 3))])
    assert project_to_balance(one, imbalances(one)) is one
