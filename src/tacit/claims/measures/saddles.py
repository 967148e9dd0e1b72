"""What claims about the balance of layers share: what moves, and what drives it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...flows import GradientFlow
from ...networks import MLP
from ...networks.activations import values_and_slopes
from ...risk import Risk
from ...saddles import signals
from ...training import Trajectory
from ..measures.budgets import cancellation
from ..measures.paths import gradient
from ..parts import Term


DECAYING = GradientFlow(weight_decay=0.1)
"""Not the flow of the risk: it pulls large layers in faster than small ones."""


class Exchange(NamedTuple):
    r"""What the identity says of every pair of layers, by neuron and by matrix.

    `neurons` are $2\,\mathbb E[\bar d_{l,i}\,\varphi(z_{l,i})]$ and `turns` the $C$ of
    the matrix form, $\mathbb E[\delta_l z_l^\top - \bar d_l h_l^\top]$. `above` is what
    the layer above adds to the neurons, $-2\,\mathbb E[\bar d\,\sigma]$, and `sizes`
    are the sums of the magnitudes of all terms of a pair.
    """

    neurons: list[jax.Array]
    turns: list[jax.Array]
    above: list[jax.Array]
    sizes: list[jax.Array]


@eqx.filter_jit
def exchange(risk: Risk, network: MLP) -> Exchange:
    """What drives the balance of `network`, from its forward and backward signals."""
    found = signals(network, risk.loss, risk.problem)
    neurons, turns, above, sizes = [], [], [], []
    for r, z, d, h in zip(
        found.returned(network), found.before, found.slopes, found.inputs[1:],
        strict=False,
    ):  # fmt: skip
        value, slope = values_and_slopes(network.sigma, z)
        neurons.append(2 * jnp.sum(r * (z * slope - value), axis=0))
        turns.append(d.T @ z - r.T @ h)
        above.append(-2 * jnp.sum(r * value, axis=0))
        sizes.append(2 * jnp.sum(jnp.abs(r) * (jnp.abs(z * slope) + jnp.abs(value))))
    return Exchange(neurons, turns, above, sizes)


def velocity(run: Trajectory[MLP]) -> MLP:
    """How the flow of the run moves its last network."""
    slope = gradient(run.experiment.risk, run.network)
    decay = run.experiment.flow.weight_decay
    return jax.tree.map(lambda p, g: -np.asarray(g + decay * p), run.network, slope)


def rounded(run: Trajectory[MLP], network: MLP) -> Term:
    """What rounding leaves of the identity, relative to the sizes of its terms.

    Both sides are sums over the sample of slopes of the loss, which cancel where the
    outputs fit the targets.
    """
    return cancellation(run, float(_sensitivity(run.experiment.risk, network)))


@eqx.filter_jit
def _sensitivity(risk, network):
    """By how much more than the outputs the slopes of the loss change, relatively."""
    problem, step = risk.problem, 1e-6
    outputs = jax.vmap(network)(problem.X)
    slope, further = (
        jax.grad(risk.loss)(f, problem.targets, problem.weights)
        for f in (outputs, outputs * (1 + step))
    )
    return 1 + jnp.linalg.norm(further - slope) / step / jnp.linalg.norm(slope)


def biases(network: MLP, velocity: MLP) -> list[tuple[np.ndarray, np.ndarray]]:
    """Bias and velocity of every layer, zeros where there are none."""
    if network.biases is None or velocity.biases is None:
        still = [np.zeros(len(W)) for W in network.weights]
        return list(zip(still, still, strict=True))
    both = zip(network.biases, velocity.biases, strict=True)
    return [(np.asarray(b), np.asarray(v)) for b, v in both]
