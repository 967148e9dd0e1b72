"""Which layers of a network are small at the start, and the network of a chain."""

from collections.abc import Sequence

import numpy as np

from ..networks import Chain, MLP


APART = 3.0
"""Layers are small if their spectral norms lie this far below those of the others."""


def small_layers(layers: Sequence) -> tuple[int, ...]:
    """The layers below the widest gap in spectral norm if it exceeds 3, else all."""
    sizes = np.array([_spectral(np.asarray(W)) for W in layers])
    order = np.sort(sizes)
    ratios = order[1:] / np.maximum(order[:-1], np.finfo(float).tiny)
    if not len(ratios) or ratios.max() <= APART:
        return tuple(range(len(sizes)))
    return tuple(np.flatnonzero(sizes <= order[ratios.argmax()]).tolist())


def unfolded(chain: Chain) -> MLP:
    """The network of interchangeable units that a chain stands for."""
    return MLP.symmetric(
        np.asarray(chain.first), np.asarray(chain.gains),
        width=chain.width, activation=chain.activation,
    )  # fmt: skip


def _spectral(W):
    return np.linalg.norm(W, 2) if W.ndim == 2 else np.linalg.norm(W)
