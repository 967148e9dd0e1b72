"""What the ridge of the Deep LDA objective pulls at, and what it saves."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ...losses import Dorfer
from ...networks import AbstractNetwork
from ...risk import Risk
from ...training import Trajectory


@eqx.filter_jit
def pull(risk: Risk, network: AbstractNetwork) -> Array:
    """The slope of the loss along its outputs, as the theorem has it."""
    loss, problem = risk.loss, risk.problem
    if not isinstance(loss, Dorfer):
        return jnp.zeros(())
    outputs = jax.vmap(network)(jnp.asarray(problem.X))
    return loss.radial_slope(outputs, problem.targets, problem.weights)


def likeness(run: Trajectory, ridge: float = 0.0) -> float:
    """The largest output over the spread of the outputs, at either end of a run.

    That is the digits that scatters lose: over the largest spread when means are taken
    off, over the least when they are inverted with this ridge. 1 at least.
    """
    X = jnp.asarray(run.experiment.risk.problem.X)
    found = [1.0]
    for network in (run.experiment.network, run.network):
        outputs = np.asarray(jax.vmap(network)(X)).reshape(len(X), -1)
        if not np.all(np.isfinite(outputs)):
            return float("inf")
        spread = np.linalg.svd(outputs - outputs.mean(0), compute_uv=False)
        spread /= np.sqrt(len(X))
        least = min(spread[0], np.sqrt(spread[-1] ** 2 + ridge))
        longest = float(np.max(np.abs(outputs)))
        found.append(longest / least if least else np.inf)
    return float(max(found))
