"""What the ridge of the Deep LDA objective pulls at."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ...losses import Dorfer
from ...networks import AbstractNetwork
from ...risk import Risk


@eqx.filter_jit
def pull(risk: Risk, network: AbstractNetwork) -> Array:
    """The slope of the loss along its outputs, as the theorem has it."""
    loss, problem = risk.loss, risk.problem
    if not isinstance(loss, Dorfer):
        return jnp.zeros(())
    outputs = jax.vmap(network)(jnp.asarray(problem.X))
    return loss.radial_slope(outputs, problem.targets, problem.weights)
