"""Which sample is of which class: a column a class, or a number a sample."""

import abc
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Targets, Weights
from ..errors import ShapeError


if TYPE_CHECKING:  # a type checker would take an abstract variable for a field
    from typing import ClassVar as AbstractVar
else:
    from equinox import AbstractVar


class AbstractMembership(eqx.Module):
    """What a loss of the classes' scatter asks about the classes of its samples."""

    count: AbstractVar[int]
    """How many classes there are."""

    @abc.abstractmethod
    def mass(self, share: Weights) -> Float[Array, " C"]:
        """The sum of `share` over the samples of every class."""

    @abc.abstractmethod
    def sums(self, share: Weights, rows: Float[Array, "n k"]) -> Float[Array, "C k"]:
        """The sum of `rows` times `share` over the samples of every class."""

    @abc.abstractmethod
    def each(self, values: Float[Array, "C ..."]) -> Float[Array, "n ..."]:
        """For every sample what `values` has for its class."""


class OneHot(AbstractMembership):
    """A column for every class, with 1 where the sample is in it."""

    columns: Float[Array, "n C"]

    @property
    def count(self) -> int:
        return self.columns.shape[1]

    def mass(self, share: Weights) -> Float[Array, " C"]:
        return jnp.sum(share[:, None] * self.columns, axis=0)

    def sums(self, share: Weights, rows: Float[Array, "n k"]) -> Float[Array, "C k"]:
        return (share[:, None] * self.columns).T @ rows

    def each(self, values: Float[Array, "C ..."]) -> Float[Array, "n ..."]:
        return self.columns @ values


class Numbered(AbstractMembership):
    """The number of the class of every sample, for classes that are many.

    One-hot targets of `n` samples hold `n` numbers a class, more than the data where
    there are more classes than features.
    """

    codes: Int[Array, " n"]
    count: int = eqx.field(static=True)

    def one_hot(self) -> Float[Array, "n C"]:
        """A column for every class."""
        return (self.codes[:, None] == jnp.arange(self.count)[None]).astype(float)

    def __getitem__(self, rows: Int[Array, " b"]) -> "Numbered":
        return Numbered(self.codes[rows], self.count)

    def mass(self, share: Weights) -> Float[Array, " C"]:
        return jax.ops.segment_sum(share, self.codes, self.count)

    def sums(self, share: Weights, rows: Float[Array, "n k"]) -> Float[Array, "C k"]:
        return jax.ops.segment_sum(share[:, None] * rows, self.codes, self.count)

    def each(self, values: Float[Array, "C ..."]) -> Float[Array, "n ..."]:
        return values[self.codes]


Classes = Targets | Numbered
"""What a loss of the classes' scatter takes for its targets."""


def memberships(targets: Classes) -> AbstractMembership:
    """The classes that targets stand for: signs ``(n,)``, one-hot rows or numbers.

    Raises `ShapeError` for a single column.
    """
    if isinstance(targets, Numbered):
        return targets
    if targets.ndim == 1:
        above = (targets > 0).astype(targets.dtype)
        return OneHot(jnp.stack([1 - above, above], axis=1))
    if targets.shape[1] < 2:
        raise ShapeError(
            "one-hot targets have a column for each of two or more classes; these are "
            f"{targets.shape}.\nFor two classes pass -1 and +1 of shape (n,)."
        )
    return OneHot(targets)
