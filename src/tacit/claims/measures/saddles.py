"""What claims about the balance of layers share: what moves, and what drives it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...flows import GradientFlow
from ...networks import MLP
from ...risk import Risk
from ...saddles import leftover, signals
from ...training import Trajectory
from ..measures.paths import gradient


DECAYING = GradientFlow(weight_decay=0.1)
"""Not the flow of the risk: it pulls large layers in faster than small ones."""


class Exchange(NamedTuple):
    r"""What the identity says of every pair of layers, by neuron and by matrix.

    `neurons` are $2\,\mathbb E[\bar d_{l,i}\,\varphi(z_{l,i})]$ and `turns` the $C$ of
    the matrix form, $\mathbb E[\delta_l z_l^\top - \bar d_l h_l^\top]$.
    """

    neurons: list[jax.Array]
    turns: list[jax.Array]


@eqx.filter_jit
def exchange(risk: Risk, network: MLP) -> Exchange:
    """What drives the balance of `network`, from its forward and backward signals."""
    found = signals(network, risk.loss, risk.problem)
    below = list(
        zip(
            found.returned(network), found.before, found.slopes, found.inputs[1:],
            strict=False,
        )
    )  # fmt: skip
    neurons = [2 * jnp.sum(r * leftover(network, z), axis=0) for r, z, _, _ in below]
    turns = [d.T @ z - r.T @ h for r, z, d, h in below]
    return Exchange(neurons, turns)


def velocity(run: Trajectory[MLP]) -> MLP:
    """How the flow of the run moves its last network."""
    slope = gradient(run.experiment.risk, run.network)
    decay = getattr(run.experiment.flow, "weight_decay", 0.0)
    return jax.tree.map(lambda p, g: -np.asarray(g + decay * p), run.network, slope)


def scale(network: MLP, velocity: MLP) -> np.ndarray:
    """For every pair the norms of its layers times those of their velocities."""
    pairs = zip(network.weights, velocity.weights, strict=True)
    sizes = np.array([np.linalg.norm(W) * np.linalg.norm(V) for W, V in pairs])
    return sizes[1:] + sizes[:-1]


def biases(network: MLP, velocity: MLP) -> list[tuple[np.ndarray, np.ndarray]]:
    """Bias and velocity of every layer, zeros where there are none."""
    if network.biases is None or velocity.biases is None:
        still = [np.zeros(len(W)) for W in network.weights]
        return list(zip(still, still, strict=True))
    both = zip(network.biases, velocity.biases, strict=True)
    return [(np.asarray(b), np.asarray(v)) for b, v in both]
