"""Conditions on how a run moves, and on how far it got."""

import numpy as np

from ...experiment import Experiment
from ...training import Trajectory
from ..measures.paths import along
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


def settled(run: Trajectory, turn: float = 1e-4) -> Hypothesis:
    r"""Whether the second half of a run that watched the predictor changed little.

    The direction turned by less than `turn`, and what is left of a run is no more than
    that; 1e-4 costs 1e-8 in $1 - \cos$. No weight grew by a thousandth: one that still
    grows is on its way to another limit.
    """
    times, w = along(run)
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    half = w[np.searchsorted(times, times[-1] / 2)]
    turned = np.linalg.norm(w[-1] - half)
    grew = np.any(np.abs(w[-1]) > 1.001 * np.abs(half))
    still = len(times) > 4 and turned < turn and not grew
    return Hypothesis("the run has come to rest", bool(still))
