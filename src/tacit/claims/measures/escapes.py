"""How far a network near a saddle is from the leading order, and what that costs."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq

from ...experiment import Experiment
from ...networks import AbstractNetwork, Chain, MLP
from ...networks.activations import values_and_slopes
from ...risk import Risk
from ...saddles import Leading, share, unfolded
from ...training import train, Trajectory
from ..hypotheses.saddles import small_of, start_gain
from ..parts import Term, Unmeasured


BENT = 0.5
"""The bend up to which its orders are summed."""


def plain(network: MLP | Chain) -> MLP:
    """The network as an `MLP`."""
    return unfolded(network) if isinstance(network, Chain) else network


def leading(experiment: Experiment) -> Leading:
    """The leading order of an experiment in its small layers."""
    risk, network = experiment.risk, plain(experiment.network)
    return Leading.of(network, risk.loss, risk.problem, small_of(experiment))


def arrived(experiment: Experiment, level: float) -> MLP:
    """The network when the geometric mean of its small layers is `level`.

    To leading order: aligned layers are multiplied, others follow their own flow.
    """
    network, law = plain(experiment.network), leading(experiment)
    if law.along() is None:
        layers = law.end(level)[1]
    else:
        layers = [W * (level / start_gain(experiment)) for W in law.start]
    weights = list(network.weights)
    for i, W in zip(small_of(experiment), layers, strict=True):
        weights[i] = jnp.asarray(W)
    return MLP(weights, network.activation)


def bent(risk: Risk, network: MLP, small: Sequence[int]) -> float:
    r"""By how much the velocity of the small layers differs from its leading order.

    Relatively, and a bound: of every activation above the first small layer what its
    values and slopes differ by from the line through 0, in the root mean square over
    the sample, and of the loss how its slope differs from that at output 0; over the
    correlation of the targets with what the small layers see.
    """
    first = small[0]
    return float(_bent(risk, network, first))


@eqx.filter_jit
def _bent(risk, network, first):
    problem = risk.problem
    mass = jnp.ones(problem.n) if problem.weights is None else problem.weights
    mass = mass / jnp.sum(mass)
    at_zero, alpha = values_and_slopes(network.sigma, jnp.zeros(()))
    h, total, enters = jnp.asarray(problem.X), jnp.zeros(()), jnp.asarray(problem.X)
    for i, W in enumerate(network.weights[:-1]):
        enters = h if i == first else enters
        z = h @ W.T
        h, slopes = values_and_slopes(network.sigma, z)
        if i < first:
            continue
        line = _rms(mass, alpha * z)
        total += _rms(mass, h - at_zero - alpha * z) / line
        total += _rms(mass, z * (slopes - alpha)) / line
    enters = h if first == len(network.weights) - 1 else enters
    out = h @ network.weights[-1].T
    out = out[:, 0] if out.shape[1] == 1 else out
    slope, still = (
        jax.grad(risk.loss)(f, problem.targets, problem.weights).reshape(problem.n, -1)
        for f in (out, jnp.zeros_like(out))
    )
    total += _rms(1 / mass, slope - still) / _rms(1 / mass, still)
    left, size, right = jnp.linalg.svd(still.T @ enters, full_matrices=False)
    del left
    seen = _rms(1 / mass, still) * _rms(mass, (enters @ right[0])[:, None])
    return total * seen / size[0]


def _rms(mass, values):
    return jnp.sqrt(jnp.sum(mass[:, None] * values**2))


def orders(experiment: Experiment, level: float, power: float | int) -> np.ndarray:
    """What the next order, and the one after it, make of the time, relatively.

    Of a time at the rate of the gain to this power and one; `bent` grows from the start
    to the level as a power of the gain. The fixed layers grow as well, by the square of
    the gain over twice that of theirs.
    """
    small, low = small_of(experiment), start_gain(experiment)
    ends = [_bent_at(experiment, gain) for gain in (low, level)]
    m = np.log(max(ends[1], 1e-300) / max(ends[0], 1e-300)) / np.log(level / low)
    m = float(np.clip(m, 0.5, 12))
    if not ends[1] < BENT:
        return np.array([np.inf, np.inf])
    weights = plain(experiment.network).weights
    sizes = [float(np.sum(np.asarray(W) ** 2)) for W in weights]
    fixed = [c for i, c in enumerate(sizes) if i not in small]
    grown = sum(level**2 / (2 * c) for c in fixed)
    # All orders above the first one as well: their sum is geometric.
    # Half as much again, for the layers that turn meanwhile.
    first = 1.5 * ends[1] / (1 - ends[1]) * share(low, level, power, m)
    second = ends[1] ** 2 * share(low, level, power, 2 * m)
    given = grown * share(low, level, power, 2) if fixed else 0.0
    return np.array([first + given, second + given])


def _bent_at(experiment: Experiment, gain: float) -> float:
    same = gain == start_gain(experiment)
    there = plain(experiment.network) if same else arrived(experiment, gain)
    return bent(experiment.risk, there, small_of(experiment))


def first_order(experiment: Experiment, level: float, power: float | int) -> float:
    """What all orders but the leading one make of the time to the level, relatively.

    `orders` bounds it up to the gain at which the bend is `BENT`; the rest of the way,
    most often a small part of the time, is followed from the leading order there.
    """
    at_once = float(orders(experiment, level, power)[0])
    if at_once < np.inf:
        return at_once
    low, law = start_gain(experiment), leading(experiment)
    middle = gain_where_bent(lambda g: _bent_at(experiment, g), low, level)
    if middle is None:
        return np.inf
    whole, early = law.time(level), law.time(middle)
    rest = left_over(experiment, _at_gain(experiment, middle), whole - early)
    return float(orders(experiment, middle, power)[0] * early + rest) / whole


def gain_where_bent(
    bend: Callable[[float], float], low: float, high: float
) -> float | None:
    """The gain between `low` and `high` at which the bend is just below `BENT`.

    None where it is no smaller at `low`, nor larger at `high`.
    """

    def above(log_gain):
        return bend(float(np.exp(log_gain))) - 0.99 * BENT

    ends = np.log(low), np.log(high)
    if above(ends[0]) >= 0 or above(ends[1]) <= 0:
        return None
    found = float(brentq(above, *ends, xtol=1e-3))  # pyright: ignore[reportArgumentType]
    return float(np.exp(found))


def _at_gain(experiment: Experiment, gain: float) -> AbstractNetwork:
    network, small = experiment.network, small_of(experiment)
    if leading(experiment).along() is None:
        return arrived(experiment, gain)
    return rescaled(network, small, gain / start_gain(experiment))


def left_over(experiment: Experiment, start: AbstractNetwork, told: float) -> float:
    """How far the time from `start` to the end of a run may be from `told`.

    The flow is followed. That it would start a little elsewhere, as far off as the bend
    there, counts as that share of its time. Infinite where it does not get to the end.
    """
    if not isinstance(start, type(experiment.network)):
        return np.inf
    again = eqx.tree_at(lambda e: e.network, experiment, start)
    run = train(again, records=1)
    took = float(run.times[-1])
    return abs(took - told) + BENT * took if run.finite else np.inf


def next_order(size: float) -> Term:
    """The order that a law of leading order leaves out."""
    reason = "the bend of the activations and of the loss at the level, while time runs"
    return Term("next order", float(size), reason, "a smaller start or a lower level")


def rescaled(network: MLP | Chain, small: Sequence[int], factor: float) -> MLP | Chain:
    """The network with its `small` layers multiplied by `factor`."""
    if isinstance(network, Chain):
        first = network.first * (factor if 0 in small else 1.0)
        times = np.array(
            [factor if i + 1 in small else 1.0 for i in range(len(network.gains))]
        )
        return Chain(first, network.gains * times, network.activation, network.width)
    weights = [
        W * (factor if i in small else 1.0) for i, W in enumerate(network.weights)
    ]
    return MLP(weights, network.activation, network.biases)


def escapes(run: Trajectory[Any], factors: Sequence[float]) -> np.ndarray:
    """The times at which the same run ends from small layers times the `factors`.

    That of the run itself for a factor of 1. Raises `Unmeasured` where one does not.
    """
    found, experiment = [], run.experiment
    for factor in factors:
        if factor == 1:
            found.append(float(run.times[-1]))
            continue
        start = rescaled(experiment.network, small_of(experiment), factor)
        again = eqx.tree_at(lambda e: e.network, experiment, start)
        other = train(again, records=1)
        if not other.finite or float(other.times[-1]) <= 0:
            raise Unmeasured(
                f"from small layers {factor:g} times as large the run does not end "
                "where this one does; start it smaller"
            )
        found.append(float(other.times[-1]))
    return np.array(found)
