"""Conditions on how a run moves."""

import numpy as np

from ...experiment import Experiment
from ..parts import Hypothesis


def is_gradient_flow(experiment: Experiment) -> Hypothesis:
    """Whether it is the gradient flow of the risk, without weight decay."""
    flow = experiment.flow
    plain = flow.continuous and flow.is_plain
    return Hypothesis("it is the gradient flow, without weight decay", plain)


def matched_layers(experiment: Experiment) -> Hypothesis:
    r"""Whether a linear network starts at $W_{l+1}^\top W_{l+1} = W_l W_l^\top$."""
    layers = [np.asarray(W) for W in experiment.network.layers]
    stray = [
        np.abs(V.T @ V - W @ W.T).max() / np.sum(W**2)
        for W, V in zip(layers, layers[1:], strict=False)
    ]
    return Hypothesis("the start is balanced", max(stray, default=0.0) < 1e-13)
