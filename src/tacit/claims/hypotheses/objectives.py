"""Conditions of the theorems on what the form of the objective changes."""

import jax.numpy as jnp

from ...experiment import Experiment
from ...losses import Dorfer
from ...networks import MLP
from ..parts import Hypothesis


def of_dorfer(experiment: Experiment) -> Hypothesis:
    """Whether the loss is that of Dorfer et al."""
    ours = isinstance(experiment.risk.loss, Dorfer)
    return Hypothesis("the loss is the mean of the smallest LDA eigenvalues", ours)


def without_ridge(experiment: Experiment) -> Hypothesis:
    """Whether the loss has no ridge on the outputs."""
    plain = experiment.risk.loss.ridge == 0
    return Hypothesis("it has no ridge", plain)


def homogeneous(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether the activation doubles when its argument does."""
    z = jnp.linspace(-3.0, 3.0, 13)
    sigma = experiment.network.sigma
    level = bool(jnp.allclose(sigma(2 * z), 2 * sigma(z), rtol=1e-14))
    return Hypothesis("the activation is homogeneous", level)


def without_biases(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether the network has none."""
    plain = experiment.network.biases is None
    return Hypothesis("there are no biases", plain)
