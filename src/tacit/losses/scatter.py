"""What losses of the classes' scatter share."""

import abc
from typing import ClassVar, TYPE_CHECKING

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import absent, Outputs, Scalar, Weights
from ..errors import DataError
from ..problems.membership import Classes, memberships
from .base import AbstractLoss, shares


if TYPE_CHECKING:  # a type checker would take an abstract variable for a field
    from typing import ClassVar as AbstractVar
else:
    from equinox import AbstractVar


Latent = Float[Array, "k k"]
Contrasts = Float[Array, "k r"]


class AbstractScatterLoss(AbstractLoss):
    r"""A function of the scatter of the outputs within and between the classes.

    To add one: subclass, set `basis_free`, declare `ridge` and `input_ridge` last, both
    0 by default, and define `criterion`, of degree 0 in the scale of the outputs.

    Classes are the signs of targets `(n,)` or the columns of one-hot targets `(n, C)`,
    or `Numbered`, as `tacit.Risk` hands over those that are more than the features;
    scatters carry the weights 1/n. One with no mass in the batch contributes nothing.
    """

    ridge: AbstractVar[float]
    """Latent ridge: the within-class scatter of the outputs is given `ridge` times the
    identity. The loss is then no longer free of scale."""

    input_ridge: AbstractVar[float]
    """The same for the inputs, so that outputs `E x` are given `input_ridge` times
    `E E^T`, and scale stays free. It needs `E`: a linear network and `tacit.Risk`."""

    rotation_free: ClassVar[bool] = True
    shift_free: ClassVar[bool] = True
    numbers_classes: ClassVar[bool] = True
    needs_definite: ClassVar[bool] = True
    """Whether the loss has no minimum where the within-class scatter is singular."""

    @property
    def scale_free(self) -> bool:
        return absent(self.ridge)

    def __check_init__(self):
        require_nonnegative("ridge", self.ridge)
        require_nonnegative("input_ridge", self.input_ridge)

    @abc.abstractmethod
    def criterion(self, within: Latent, contrast: Contrasts) -> Scalar:
        """The loss of outputs with these scatters.

        `within` has its ridges already; the scatter between classes is
        `contrast @ contrast.T`.
        """

    def latent(
        self, outputs: Outputs, targets: Classes, weights: Weights | None = None
    ) -> tuple[Latent, Contrasts]:
        """The scatter within classes and a square root of that between them, plain.

        Two classes give one column, more of them one column each.
        """
        rows = outputs if outputs.ndim == 2 else outputs[:, None]
        member, share = memberships(targets), shares(outputs, weights)
        rows = rows - (share @ rows)[None, :]  # before any product: no cancellation
        mass = member.mass(share)
        means = member.sums(share, rows) / jnp.where(mass > 0, mass, 1.0)[:, None]
        rest = rows - member.each(means)
        within = (share[:, None] * rest).T @ rest
        if member.count == 2:
            return within, jnp.sqrt(mass[0] * mass[1]) * (means[1:] - means[:1]).T
        return within, (jnp.sqrt(mass)[:, None] * means).T

    def ridged(self, within: Latent, gram: Latent | None = None) -> Latent:
        """`within` with the ridges; `gram` is `E E^T` of the linear network `E`.

        Raises `DataError` when there is an input ridge and no `gram`.
        """
        if not absent(self.input_ridge) and gram is None:
            raise DataError(
                f"{type(self).__name__} needs the weights of a linear network for "
                f"input_ridge={self.input_ridge}; outputs alone do not hold them.\n"
                "Evaluate it through tacit.Risk, or use `ridge` instead.",
                about="input_ridge",
            )
        within = within + self.ridge * jnp.eye(len(within))
        return within if gram is None else within + self.input_ridge * gram

    def __call__(
        self, outputs: Outputs, targets: Classes, weights: Weights | None = None
    ) -> Scalar:
        within, contrast = self.latent(outputs, targets, weights)
        return self.criterion(self.ridged(within), contrast)


def require_nonnegative(what: str, value: float) -> None:
    """Raise `DataError` unless `value` is finite and at least 0."""
    if not 0 <= value < float("inf"):
        raise DataError(
            f"{what} is a finite number, 0 or more; got {value}.", about=what
        )
