"""The objective of Dorfer, Kelz and Widmer (2016), arXiv:1511.04707."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Bool, Float

from .._types import absent, number, Outputs, Scalar, Weights
from ..errors import DataError, OptionError
from ..problems.membership import Classes, memberships
from .base import AbstractLoss
from .scatter import require_nonnegative


CONVENTIONS = ("code", "scatter")


class Dorfer(AbstractLoss):
    r"""Minus the mean of those LDA eigenvalues that lie near the smallest.

    The eigenvalues are the $C - 1$ largest of $S_b e = v (S_w + \lambda I) e$, with
    $\lambda$ the `ridge`; kept are those at most `threshold` above the least of them,
    less than that if `strict` (the article's formula; the authors' code is not). The
    loss jumps when an eigenvalue crosses the threshold.

    `convention` "code" is that of the authors' program: $S_w$ the plain mean of the
    unbiased class covariances, $S_t$ with $1/(N-1)$ and $S_b = S_t - S_w$, which need
    not be positive. "scatter" has $1/N$ in both. For $C$ classes of equal size and no
    ridge, code eigenvalues are $((N - C) v - (C - 1)) / (N - 1)$ of the others.
    """

    rotation_free: ClassVar[bool] = True
    shift_free: ClassVar[bool] = True
    numbers_classes: ClassVar[bool] = True
    convention: str = eqx.field(default="code", static=True)
    ridge: float = eqx.field(default=1e-3, converter=number)
    threshold: float = eqx.field(default=1.0, converter=number)
    strict: bool = eqx.field(default=False, static=True)

    @property
    def scale_free(self) -> bool:
        return absent(self.ridge)

    @property
    def basis_free(self) -> bool:
        return absent(self.ridge)

    def __check_init__(self):
        if self.convention not in CONVENTIONS:
            raise OptionError("convention", self.convention, CONVENTIONS)
        require_nonnegative("ridge", self.ridge)
        if not (self.threshold > 0 or (self.threshold == 0 and not self.strict)):
            raise DataError(
                f"Dorfer keeps no eigenvalue with threshold={self.threshold:g}"
                f"{' and strict' if self.strict else ''}.\n"
                "Use a threshold above 0; infinity keeps all of them.",
                about="threshold",
            )

    def scatters(
        self, outputs: Outputs, targets: Classes, weights: Weights | None = None
    ) -> tuple[Float[Array, "k k"], Float[Array, "k k"]]:
        """`S_w` without ridge and `S_b`; weights count samples."""
        rows = outputs if outputs.ndim == 2 else outputs[:, None]
        count = jnp.ones(len(rows)) if weights is None else weights
        member = memberships(targets)
        n = jnp.sum(count)
        rows = rows - (count @ rows / n)[None, :]
        mass = member.mass(count)
        means = member.sums(count, rows) / jnp.where(mass > 0, mass, 1.0)[:, None]
        rest = rows - member.each(means)
        if self.convention == "scatter":
            within = (count[:, None] * rest).T @ rest / n
            return within, (mass[:, None] * means).T @ means / n
        freedom = jnp.where(mass > 1, mass - 1, 1.0)  # one sample has no covariance
        present = jnp.sum((mass > 0).astype(mass.dtype))
        within = (rest * (count * member.each(1 / freedom))[:, None]).T @ rest / present
        return within, (count[:, None] * rows).T @ rows / (n - 1) - within

    def eigenpairs(
        self, outputs: Outputs, targets: Classes, weights: Weights | None = None
    ) -> tuple[Float[Array, " q"], Float[Array, "k q"]]:
        r"""The top $q = \min(k, C - 1)$ eigenvalues, rising, and their vectors.

        Column $j$ has $e_j^\top (S_w + \lambda I) e_j = 1$.
        """
        within, between = self.scatters(outputs, targets, weights)
        k, classes = len(within), memberships(targets).count
        root = jnp.linalg.cholesky(within + self.ridge * jnp.eye(k))
        half = solve_triangular(root, between, lower=True)
        values, turns = jnp.linalg.eigh(solve_triangular(root, half.T, lower=True))
        vectors = solve_triangular(root, turns, lower=True, trans=1)
        first = max(0, k - classes + 1)
        return values[first:], vectors[:, first:]

    def selected(self, values: Float[Array, " q"]) -> Bool[Array, " q"]:
        """Which of the eigenvalues the loss averages."""
        top = jnp.min(values) + self.threshold
        return values < top if self.strict else values <= top

    def radial_slope(
        self, outputs: Outputs, targets: Classes, weights: Weights | None = None
    ) -> Scalar:
        r"""The slope along the outputs, $-\frac{2\lambda}{q}\sum_j v_j\|e_j\|^2$.

        The sum is over the $q$ eigenvalues kept: 0 without a ridge, as a loss that is
        free of scale has it.
        """
        values, vectors = self.eigenpairs(outputs, targets, weights)
        kept = self.selected(values).astype(values.dtype)
        pulls = kept * values * jnp.sum(vectors**2, axis=0)
        return -2 * self.ridge * jnp.sum(pulls) / jnp.sum(kept)

    def __call__(
        self, outputs: Outputs, targets: Classes, weights: Weights | None = None
    ) -> Scalar:
        # Only the values are used, whose derivative is finite where they meet; that of
        # the vectors is not.
        values, _ = self.eigenpairs(outputs, targets, weights)
        kept = self.selected(jax.lax.stop_gradient(values)).astype(values.dtype)
        return -(kept @ values) / jnp.sum(kept)
