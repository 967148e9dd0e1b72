"""What is special about the start that laws were asked for."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..networks import Diagonal
from .arithmetic import AbstractArithmetic
from .closure import Closure, closure_at
from .dynamics import Gradient
from .generators import Generators
from .law import Law
from .layout import join
from .parametrisation import Blocks


ROUNDING = 1e-12


def special(
    generators: Generators,
    arithmetic: AbstractArithmetic,
    blocks: Blocks,
    found: Closure,
    seed: int,
) -> list[str]:
    """What to say if the parameters given are no generic point."""
    theta = np.asarray(join(blocks))
    zeros = int(np.sum(theta == 0))
    repeated = len(theta) - zeros - len(np.unique(np.abs(theta[theta != 0])))
    if generators.dynamics.moving or not (zeros or repeated):
        return []
    rank = closure_at(generators, arithmetic, theta, seed).rank
    if rank == found.rank:
        return []
    return [
        f"the parameters given are special: {zeros} are 0 and {repeated} repeat, and "
        f"gradients span {rank} directions there instead of {found.rank}. The count is "
        "that of generic points, such as `.point`."
    ]


def quasi_norm(
    network: Any, generators: Generators, formulas: Sequence[Law]
) -> list[str]:
    r"""What the norms of layers say of the predictor of a diagonal network.

    Where all L layers are equal in size, $\|\theta_l\|^2 = \sum_i|w_i|^{2/L}$: the
    quasi-norm of the predictor is kept with them (Li 2026, arXiv:2603.02622), and from
    another start it is not.
    """
    plain = isinstance(generators.dynamics, Gradient)
    if not (isinstance(network, Diagonal) and plain and generators.symmetry.scale):
        return []
    power = Fraction(2, len(network.layers))
    raised = "" if power == 1 else f"^({power})"
    text = f"∑ᵢ|w[i]|{raised} of the predictor w"
    size = np.abs(np.asarray(network.layers))
    if np.ptp(size, axis=0).max() > ROUNDING * size.max():
        return [f"the start is not balanced, so {text} is not kept."]
    value = float(np.sum(size[0] ** 2))
    norms = ", ".join(str(law) for law in formulas if "‖" in str(law))
    return [f"the start is balanced, so {text} is {norms}, and kept: {value:.6g}."]
