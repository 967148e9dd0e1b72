"""Laws of all charts: exact coordinates, and the field pushed forward."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.integrate import solve_ivp

from tacit import Experiment, Problem, Risk, train
from tacit.flows import GradientFlow
from tacit.integration.clocks import Settings
from tacit.integration.clocks.time import choose_chart
from tacit.integration.fields import Decayed, Gradient
from tacit.losses import Fisher
from tacit.networks import Diagonal
from tacit.observables import LinearPredictor
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


@pytest.mark.parametrize("name", CHARTS)
def test_its_common_form_has_the_same_predictor_and_moves_alike(name):
    chart, (_, risk), y = CHARTS[name], STARTS[name], nudged(name)
    network, twin = chart.leave(y), chart.common.leave(y)
    assert near(twin.predictor(), network.predictor(), 1e-14)
    field = Gradient(risk)
    assert near(chart.common.velocity(field, y), chart.velocity(field, y), 0)


@pytest.mark.parametrize("name", ["Softmax", "Stack"])
def test_the_common_form_does_not_tell_the_depth(name):
    risk, forms = STARTS[name][1], []
    for depth in (2, 3, 8):
        network = Diagonal.balanced(np.linspace(0.1, 1.2, risk.problem.d), depth=depth)
        chart = type(CHARTS[name]).at(network, risk)
        leaves, kind = jax.tree.flatten((chart.common, chart.enter(network)))
        forms.append((kind, [np.shape(leaf) for leaf in leaves]))
    assert forms[0] == forms[1] == forms[2]


@pytest.mark.parametrize("depth", [2, 3, 8, 9])
@pytest.mark.parametrize("chart", ["auto", "parameters"])
def test_a_diagonal_network_of_any_depth_goes_where_its_layers_go(chart, depth):
    # The reference is SciPy's flow of every layer, its slope written out.
    rng = np.random.default_rng(depth)
    factor, delta = rng.standard_normal((4, 4)), rng.standard_normal(4)
    within = factor @ factor.T + np.eye(4)
    start = Diagonal.balanced(np.sign(delta) * rng.uniform(0.3, 1, 4), depth=depth)

    def velocity(_, flat):
        layers = flat.reshape(depth, 4)
        w = np.prod(layers, axis=0)
        slope = 2 * within @ w / (w @ within @ w) - 2 * delta / (delta @ w)
        others = [np.prod(np.delete(layers, i, axis=0), axis=0) for i in range(depth)]
        return -(slope * np.array(others)).ravel()

    first = np.asarray(start.layers).ravel()
    words = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14}
    end = solve_ivp(velocity, (0, 2), first, **words).y[:, -1].reshape(depth, 4)
    risk = Risk(Problem.from_scatter(within=within, delta=delta), Fisher())
    flow = GradientFlow(rtol=1e-11, chart=chart)
    run = train(Experiment(start, risk, flow, until=2.0), [LinearPredictor()])
    assert near(run.network.layers, end, 1e-10)
    assert near(run.seen["LinearPredictor"][-1], np.prod(end, axis=0), 1e-10)


@pytest.mark.parametrize("field", FIELDS)
def test_the_plain_parameters_hold_every_field(field):
    chart, (network, _) = CHARTS["Parameters"], STARTS["Parameters"]
    found = chart.velocity(FIELDS[field], network)
    assert near(found, FIELDS[field](network), 0)


@pytest.mark.parametrize("name", CHARTS)
def test_it_is_chosen_for_its_fields_only(name):
    network, risk = STARTS[name]
    settings = Settings(1e-9, 1e-12, "auto", "auto", 100)
    chosen = choose_chart(settings, Gradient(risk), network)
    # A stack takes the place of the plain parameters, for explicit steps alone.
    assert type(chosen).__name__ == name or name == "Stack"
    decayed = choose_chart(settings, Decayed(risk, 0.1), network)
    assert type(decayed).__name__ == "Parameters"
