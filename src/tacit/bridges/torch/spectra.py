"""The largest singular value of a matrix that changes little between looks."""

from typing import NamedTuple

from .backend import torch


MOST, CHECK, TOLERANCE = 60, 4, 1e-3
"""So many steps at most, each two products with a vector; after every fourth they end
if the vectors miss the singular equations by less than this share of the value."""


class Top(NamedTuple):
    """The largest singular value and its vectors, ``(m,)`` left and ``(n,)`` right."""

    value: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor


class TopSingular:
    """Golub and Kahan's bidiagonalisation, started where the last look ended.

    `start` is the last vector on the shorter side, or None, and is what a checkpoint
    keeps. The value is then within about 1e-6 of itself, the vectors within 1e-3 over
    the relative gap below the largest value; with as many steps as the matrix has rows
    or columns all is exact.
    """

    def __init__(self, start: torch.Tensor | None = None):
        self.start = start

    def __call__(self, W: torch.Tensor) -> Top:
        """Of a matrix ``(m, n)`` in float32 or float64."""
        if W.shape[0] < W.shape[1]:  # from the long side a null space would come along
            value, right, left = self(W.mT)
            return Top(value, left, right)
        m, n = W.shape
        v = self.start
        if v is None or len(v) != n:
            v = torch.randn(n, generator=torch.Generator().manual_seed(0))
        steps = min(MOST, n)
        V, U = W.new_zeros(steps + 1, n), W.new_zeros(steps, m)
        small = W.new_zeros(steps, steps + 1)  # W V' = U' small
        V[0] = _unit(v.to(W))[0]
        j, missed = 0, W.new_ones(())
        turn, values, back = torch.linalg.svd(small[:1, :1])
        while j < steps and bool(missed > TOLERANCE * values[0]):
            U[j], small[j, j] = _unit(_across(W @ V[j], U[:j]))
            V[j + 1], small[j, j + 1] = _unit(_across(W.mT @ U[j], V[: j + 1]))
            j += 1
            if j == steps or j % CHECK == 0:
                turn, values, back = torch.linalg.svd(small[:j, :j])
                missed = small[j - 1, j] * turn[j - 1, 0].abs()
        self.start = _unit(back[0] @ V[:j])[0]
        return Top(values[0], turn[:, 0] @ U[:j], self.start)


def _across(x: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """`x` less its parts along orthonormal rows; twice, for what rounding leaves."""
    for _ in range(2):
        x = x - (rows @ x) @ rows
    return x


def _unit(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """`x` over its length, and the length; 0 stays 0."""
    size = torch.linalg.vector_norm(x)
    return x / torch.where(size > 0, size, 1.0), size
