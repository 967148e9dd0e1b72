"""What every loss is."""

import abc
import math
from typing import ClassVar, TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._facts import Fact
from .._types import Design, Outputs, Scalar, Targets, Weights
from ..errors import DataError, ShapeError


if TYPE_CHECKING:  # a type checker would take an abstract variable for a field
    from typing import ClassVar as AbstractClassVar, ClassVar as AbstractVar
else:
    from equinox import AbstractClassVar, AbstractVar


Sample = Float[Array, "*k"]


class AbstractLoss(eqx.Module):
    """How far a batch of outputs is from its targets.

    To add one: subclass, set `scale_free` and `basis_free`, define `__call__` for the
    whole batch. If it is a mean over samples, subclass `AbstractPointwiseLoss`; if it
    sees the outputs only through their scatter, `AbstractScatterLoss`.
    """

    scale_free: AbstractVar[bool]
    """Whether multiplying the outputs by a positive number changes nothing. Decides
    which conservation laws hold; the test suite measures it."""

    basis_free: AbstractVar[bool]
    """Whether mixing the `k` outputs by an invertible matrix changes nothing. Decides
    which Gram matrices of a deep linear network stay; measured as well."""

    rotation_free = Fact[bool](lambda loss: loss.basis_free)
    """Whether an orthogonal mix of the `k` outputs changes nothing; measured."""

    shift_free = Fact[bool](lambda _: False)
    """Whether a shift of the outputs of all samples changes nothing; measured."""

    smoothness = Fact[float | None](lambda _: None)
    r"""The Lipschitz constant $\beta$ of the slope of one sample's loss in a
    single output; None where there is none, or none is known; measured."""

    slope_bound = Fact[float | None](lambda _: None)
    r"""The least upper bound $G$ of that slope; None likewise, and measured."""

    ridge = Fact[float](lambda _: 0.0)
    """What is added to the outputs' scatter within the classes, if it sees one."""

    input_ridge = Fact[float](lambda _: 0.0)
    """The same for the inputs."""

    threshold = Fact[float](lambda _: math.inf)
    """How far above the least of its eigenvalues one may be and count."""

    form = Fact[str | None](lambda _: None)
    """Which function of Fisher's quotient it is; None where it is none."""

    @abc.abstractmethod
    def __call__(
        self, outputs: Outputs, targets: Targets, weights: Weights | None = None
    ) -> Scalar:
        """The loss of the batch. Permuting the samples must not change it.

        A sample of weight 0 is as if removed, of weight 2 as if there twice.
        """


class AbstractPointwiseLoss(AbstractLoss):
    """The weighted mean over the batch of one sample's loss, convex in the output.

    To add one: subclass, set `attained`, define `pointwise` for one sample, whose
    output and target are a number or `k` of them (sum over those).
    """

    scale_free: ClassVar[bool] = False
    basis_free: ClassVar[bool] = False
    attained: AbstractClassVar[bool]
    """Whether some finite output reaches the infimum. Decides which theorems speak:
    interpolation where it does, margins where it does not."""

    @abc.abstractmethod
    def pointwise(self, output: Sample, target: Sample) -> Scalar:
        """The loss of one sample, at least 0."""

    def __call__(
        self, outputs: Outputs, targets: Targets, weights: Weights | None = None
    ) -> Scalar:
        if outputs.shape != targets.shape:
            raise ShapeError(
                f"{type(self).__name__} needs a target for every output; the outputs "
                f"are {outputs.shape} and the targets {targets.shape}.\n"
                "Give the network as many outputs as there are targets per sample."
            )
        return shares(outputs, weights) @ jax.vmap(self.pointwise)(outputs, targets)


class AbstractMarginLoss(AbstractPointwiseLoss):
    """A positive loss that falls to 0 as the margin grows, known by its logarithm.

    Along a gradient flow on separable data the risk falls below any float. To add one:
    subclass, define `log_pointwise`, of which nothing may overflow, and `pointwise`.
    """

    attained: ClassVar[bool] = False
    exponential_tail: AbstractClassVar[bool]
    """Whether far out it is a sum of $e^{-z \\cdot w}$ over rows $z$ of `margin_rows`:
    then the smallest margins decide alone."""

    one_hot: ClassVar[bool] = False
    """Whether the targets are one-hot rows, instead of -1 and +1."""

    @abc.abstractmethod
    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        """The $z$ whose products with the predictor, row after row, are the margins."""

    @abc.abstractmethod
    def log_pointwise(self, output: Sample, target: Sample) -> Scalar:
        """The natural logarithm of `pointwise`."""

    def check_targets(self, targets: np.ndarray) -> None:
        """Raise `DataError` unless there is a margin to `targets` ``(n,)``, ``(n, k)``.

        They are -1 and +1, or one-hot rows for a loss of those.
        """
        name, rows = type(self).__name__, np.atleast_2d(targets.T).T
        if self.one_hot:
            single = np.isin(rows, (0, 1)).all(axis=1) & (rows.sum(axis=1) == 1)
            wanted = "rows of a single 1 among zeros, which labels of 3 classes become"
        else:
            single = (np.abs(rows) == 1).all(axis=1)
            wanted = "-1 and +1, which the labels of two classes become"
        wrong = np.flatnonzero(~single)
        if len(wrong) and not (self.one_hot and rows.shape[1] == 1):
            shown = rows[wrong[0]] if rows.shape[1] > 1 else rows[wrong[0], 0]
            way = "CrossEntropy for more classes, Squared for real targets"
            raise DataError(
                f"{name} has a margin to targets of {wanted}; row {wrong[0]} has "
                f"{shown}. Use {way}."
            )

    def log(
        self, outputs: Outputs, targets: Targets, weights: Weights | None = None
    ) -> Scalar:
        """The natural logarithm of the batch's loss."""
        single = jax.vmap(self.log_pointwise)(outputs, targets)
        return jax.nn.logsumexp(single, b=shares(outputs, weights))


def shares(outputs: Outputs, weights: Weights | None) -> Weights:
    """The weights of the samples, of sum 1; alike where there are none."""
    if weights is None:
        return jnp.full(len(outputs), 1 / len(outputs))
    return weights / jnp.sum(weights)
