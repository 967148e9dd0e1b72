"""Laws of all charts: exact coordinates, and the field pushed forward."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from tacit.integration.clocks import Settings
from tacit.integration.clocks.time import choose_chart
from tacit.integration.fields import Decayed, Gradient
from tests.cases import CHARTS, FIELDS, STARTS


def flat(tree):
    return np.asarray(ravel_pytree(tree)[0])


def near(a, b, tol):
    a, b = flat(a), flat(b)
    return np.max(np.abs(a - b)) <= tol * np.max(np.abs(b))


def nudged(name):
    """Coordinates a little off those of the start."""
    y, shape = ravel_pytree(CHARTS[name].enter(STARTS[name][0]))
    return shape(y + 0.1 * np.random.default_rng(3).standard_normal(y.size))


@pytest.mark.parametrize("name", CHARTS)
def test_it_leaves_where_it_entered(name):
    chart, (network, _) = CHARTS[name], STARTS[name]
    assert near(chart.leave(chart.enter(network)), network, 1e-14)


@pytest.mark.parametrize("name", CHARTS)
def test_what_it_leaves_at_enters_to_the_same_network(name):
    chart, network = CHARTS[name], CHARTS[name].leave(nudged(name))
    assert near(chart.leave(chart.enter(network)), network, 1e-13)


@pytest.mark.parametrize("name", CHARTS)
def test_its_velocity_is_pushed_forward_to_the_gradient(name):
    chart, (_, risk), y = CHARTS[name], STARTS[name], nudged(name)
    network, moved = jax.jvp(chart.leave, (y,), (chart.velocity(Gradient(risk), y),))
    down = jax.tree.map(jnp.negative, jax.grad(risk.value)(network))
    assert near(moved, down, 1e-12)


@pytest.mark.parametrize("field", FIELDS)
def test_the_plain_parameters_hold_every_field(field):
    chart, (network, _) = CHARTS["Parameters"], STARTS["Parameters"]
    found = chart.velocity(FIELDS[field], network)
    assert near(found, FIELDS[field](network), 0)


@pytest.mark.parametrize("name", CHARTS)
def test_it_is_chosen_for_its_fields_only(name):
    network, risk = STARTS[name]
    settings = Settings(1e-9, 1e-12, "auto", "auto", 100)
    assert type(choose_chart(settings, Gradient(risk), network)).__name__ == name
    decayed = choose_chart(settings, Decayed(risk, 0.1), network)
    assert type(decayed).__name__ == "Parameters"
