r"""A small symmetric matrix with the eigenvalues of LDA, and its derivative.

`reduced` is the matrix written out, to be differentiated as often as one likes.
`Reduced` is the same with a first derivative in products of thin matrices: no ``(d,
d)`` matrix is differentiated, and no factorisation.
"""

from typing import Any, NamedTuple

from .backend import torch
from .scatter import class_scatter, ClassScatter


class Ridge(NamedTuple):
    """What is added to the diagonal of $S_w$: `size`, or that times its mean."""

    size: float
    relative: bool

    def added(self, within: torch.Tensor) -> torch.Tensor:
        """`within` with the ridge."""
        d = len(within)
        amount = self.size * (within.trace() / d if self.relative else 1.0)
        whole = torch.eye(d, dtype=within.dtype, device=within.device)
        return within + amount * whole


def reduced(found: ClassScatter, ridge: Ridge) -> torch.Tensor:
    r"""A symmetric matrix of order $q = \min(d, C - 1)$ with the eigenvalues of LDA.

    It is $B^\top S_w^{-1} B$ without the zero it always has, along the square roots of
    the class sizes; or, for $d < C - 1$, the product in the other order.
    """
    root = torch.linalg.cholesky(ridge.added(found.within))
    half = torch.linalg.solve_triangular(root, found.contrast, upper=False)
    if len(root) < len(found.mass) - 1:
        return half @ half.mT
    half = half @ across(found.mass)
    return half.mT @ half


def across(mass: torch.Tensor) -> torch.Tensor:
    """Orthonormal columns ``(C, C - 1)`` across the square roots of the class sizes."""
    unit = (mass / mass.sum()).sqrt()
    mirror = unit.clone()
    mirror[0] += 1  # a Householder vector, of the sign that does not cancel
    whole = torch.eye(len(unit), dtype=unit.dtype, device=unit.device)
    return (whole - torch.outer(mirror, mirror) * (2 / (mirror @ mirror)))[:, 1:]


class Pieces(NamedTuple):
    """What a batch's matrix is made of; nothing here is differentiated.

    `found` and `apart` are those of `class_scatter` on classes `member`; `root` is the
    Cholesky factor of $S_w$ with its `ridge`.
    """

    found: ClassScatter
    apart: torch.Tensor
    member: torch.Tensor
    root: torch.Tensor
    ridge: Ridge


class Reduced(torch.autograd.Function):
    """`reduced` of the rows ``(n, d)``, for ``d >= C - 1``, from their `Pieces`."""

    @staticmethod
    def forward(rows: torch.Tensor, pieces: Pieces) -> Any:
        del rows
        thin = pieces.found.contrast @ across(pieces.found.mass)
        solved = torch.cholesky_solve(thin, pieces.root)
        K = thin.mT @ solved
        return (K + K.mT) / 2, solved

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        rows, ctx.pieces = inputs
        ctx.save_for_backward(rows, output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor, unused: Any) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        del unused
        rows, solved = ctx.saved_tensors
        found, apart, member, _, ridge = ctx.pieces
        if torch.is_grad_enabled():  # this derivative is to be differentiated again
            again, _ = class_scatter(rows, member, len(found.mass))
            K = reduced(again, ridge)
            return *torch.autograd.grad(K, rows, slope, create_graph=True), None
        turned = solved @ (slope + slope.mT)
        share = found.mass / found.mass.sum()
        # Of B, through the means less the common mean.
        pull = share.sqrt()[:, None] * (across(found.mass) @ turned.mT)
        pull = (pull - share[:, None] * pull.sum(0)) / found.mass[:, None]
        # Of S_w, through the rows less their means; the means themselves drop out.
        back = pull.index_select(0, member)
        back.addmm_(apart @ turned, solved.mT, alpha=-1 / len(rows))
        if ridge.relative:
            back.addcmul_(
                apart, (turned * solved).sum(), value=-ridge.size / back.numel()
            )
        return back, None
