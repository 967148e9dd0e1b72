r"""What the gradient flow conserves of two layers that follow one another.

With $W$ the lower matrix, $b$ its bias and $V$ the upper one, the flow of any loss
keeps $D = V^\top V - WW^\top - bb^\top$ where nothing stands between them, and its
diagonal where something of positive homogeneity does (Du, Hu and Lee 2018,
arXiv:1806.00900). Descent moves both at second order in its step, and weight decay and
moments at first.
"""

from typing import Any

from .backend import torch
from .structure import columns, Link, MATRIX, matrix, UNIT


PROBES = 8
"""Along how many fixed directions $D$ is read; all, if there are no more units."""


def imbalance(link: Link, below: Any, above: Any) -> torch.Tensor:
    r"""What the law of `link` is about, as a vector, divided by nothing.

    For the matrix law $DS$ with $S$ ``(units, 8)`` orthonormal and drawn once for all,
    scaled so that its norm is about that of $D$; for the unit law the diagonal of $D$;
    without a law its trace. `below` and `above` are the modules.
    """
    lower = wide(matrix(below, below.weight))
    upper = wide(columns(above, above.weight, len(lower)))
    bias = None if below.bias is None else wide(below.bias)
    if link.law == MATRIX:
        S = _probes(len(lower)).to(lower)
        found = upper.mT @ (upper @ S) - lower @ (lower.mT @ S)
        if bias is not None:
            found = found - torch.outer(bias, bias @ S)
        return found.flatten()
    # Sums of squares: the norm of columns is ten times slower than this.
    found = upper.square().sum(0) - lower.square().sum(1)
    if bias is not None:
        found = found - bias**2
    return found if link.law == UNIT else found.sum()[None]


def _probes(units: int) -> torch.Tensor:
    if units <= PROBES:
        return torch.eye(units)
    seeded = torch.Generator().manual_seed(1)
    drawn = torch.randn(units, PROBES, generator=seeded, dtype=torch.float64)
    return torch.linalg.qr(drawn)[0] * (units / PROBES) ** 0.5


def wide(tensor: torch.Tensor) -> torch.Tensor:
    """Without its history, and in float32 where it has less."""
    return tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32))
