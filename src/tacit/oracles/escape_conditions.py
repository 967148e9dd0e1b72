"""Where the law of escape says nothing, and why."""

import math
from collections.abc import Sequence

import numpy as np

from ..errors import DataError
from ..networks import MLP
from ..networks.activations import called, kinked
from ..problems import Problem
from ..saddles import Leading


def indices(small: Sequence[int], net: MLP) -> tuple[int, ...]:
    """The layers that start small, as they were given."""
    chosen, L = tuple(sorted({int(i) for i in small})), len(net.weights)
    if not chosen or chosen[0] < 0 or chosen[-1] >= L:
        raise DataError(
            f"escape_time: small = {tuple(small)} are indices of layers that start "
            f"small, from 0 to {L - 1}, one at least."
        )
    return chosen


def require_below(level: float, net: MLP, small: tuple[int, ...]) -> None:
    """Raise `DataError` where the level is not below the fixed layers."""
    sizes = [np.linalg.norm(np.asarray(W)) for W in net.weights]
    fixed = [float(size) for i, size in enumerate(sizes) if i not in small]
    if fixed and level >= min(fixed):
        raise DataError(
            f"escape_time: level = {level:g} is not below {min(fixed):.3g}, the norm "
            "of a layer that is taken for fixed. Lower the level, or say which layers "
            f"start small: small={small} was used."
        )


def require_slope(net: MLP, slope: float) -> None:
    """Raise `DataError` where the activation has no slope at 0."""
    name = called(net.activation)
    if kinked(net.sigma):
        raise DataError(
            f"escape_time: activation {name} has a kink at 0, where the small units "
            "are, so no linear map describes them. Use a smooth one, or measure."
        )
    if slope == 0:
        raise DataError(
            f"escape_time: activation {name} has slope 0 at 0, so the law with the "
            "power r - 2 does not apply; the time grows with the degree of the output "
            "in the small layers, less 2."
        )


def require_signal(law: Leading, problem: Problem) -> None:
    """Raise `DataError` where the small layers see nothing of the targets."""
    scale = np.linalg.norm(np.asarray(problem.targets)) / math.sqrt(problem.n)
    if not law.fastest > 1e-12 * scale:
        raise DataError(
            "escape_time: the targets carry no signal that the small layers see "
            f"(K = {law.fastest:.1e}): to leading order the saddle is never left."
        )
