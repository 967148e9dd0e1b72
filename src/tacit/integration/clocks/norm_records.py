"""Records in the clock of norms: which of them the flow itself is followed to."""

import math
from typing import Any

import numpy as np
from jax.flatten_util import ravel_pytree

from ...errors import DataError
from ...networks import AbstractLinearNetwork
from ..solvers.margin_flow import MarginSegment


def at_the_start(length: float, norms: np.ndarray) -> bool:
    """Whether the first record is the norm that the flow begins with."""
    return bool(abs(norms[0] - length) <= 1e-12 * length)


def with_start(network: AbstractLinearNetwork, leg: MarginSegment) -> MarginSegment:
    """A segment with the start for its first record, at time 0."""
    first = np.asarray(ravel_pytree(network)[0])[None]
    parts: dict[str, Any] = dict(
        states=np.concatenate([first, leg.states]),
        log_times=np.concatenate([[-np.inf], leg.log_times]),
        reached=np.concatenate([[True], leg.reached]),
    )
    return leg._replace(**parts)


def goals(length: float, norms: np.ndarray, meet: float) -> np.ndarray:
    """The norms up to which the flow is integrated as it is."""
    if len(norms) and norms[0] < length * (1 - 1e-12):
        raise DataError(
            f"the first record is the norm {norms[0]:g}, but the start's predictor "
            f"has {length:g} already; record from there on."
        )
    near = norms[norms <= meet]
    bridged = len(near) < len(norms) and not np.any(near == meet)
    return np.append(near, [meet] * int(bridged))


def filled(targets: np.ndarray) -> np.ndarray:
    """The targets, filled with infinite ones to 2, 16, 64, ... of them."""
    size = 2 if len(targets) <= 2 else 4 ** max(2, math.ceil(math.log(len(targets), 4)))
    full = np.full(size, np.inf)
    full[: len(targets)] = targets
    return full
