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
from ..errors import DataError, OptionError, ShapeError


if TYPE_CHECKING:  # a type checker would take an abstract variable for a field
    from typing import ClassVar as AbstractClassVar, ClassVar as AbstractVar
else:
    from equinox import AbstractClassVar, AbstractVar


TARGETS = {
    "numbers": "numbers",
    "signs": "-1 and +1, which the labels of two classes become",
    "one-hot": "rows of a single 1 among zeros, which labels of 3 classes become",
}
"""What targets may be."""

Sample = Float[Array, "*k"]


class AbstractLoss(eqx.Module):
    r"""How far a batch of outputs is from its targets.

    To add one: subclass, set `scale_free` and `basis_free`, define `__call__` for the
    whole batch. If it is a mean over samples, subclass `AbstractPointwiseLoss`; if it
    sees the outputs only through their scatter, `AbstractScatterLoss`.

    What a loss says of itself decides which theorems speak of it. Facts are class
    attributes, fields or properties; what is said of a loss that is not tacit's is
    measured where it first gets into a `Risk`, which refuses a false one.

    Attributes:
        scale_free: multiplying the outputs by a positive number changes nothing.
        basis_free: mixing the `k` outputs by an invertible matrix changes nothing.
        rotation_free: an orthogonal mix of the outputs changes nothing; as
            `basis_free` unless it is said.
        shift_free: adding one row to the outputs of all samples changes nothing;
            False unless it is said.
        numbers_classes: targets may be `problems.membership.Numbered`, as `tacit.Risk`
            hands over classes that are more than the features; False unless it is said.
        smoothness: the Lipschitz constant $\beta$ of the slope of one sample's loss in
            a single output; None, the default, where there is none or none is known.
        slope_bound: the least upper bound $G$ of that slope's size; None likewise.
    """

    scale_free: AbstractVar[bool]
    basis_free: AbstractVar[bool]
    rotation_free = Fact[bool](lambda loss: loss.basis_free)
    shift_free = Fact[bool](lambda _: False)
    numbers_classes = Fact[bool](lambda _: False)
    smoothness = Fact[float | None](lambda _: None)
    slope_bound = Fact[float | None](lambda _: None)

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

    Attributes:
        attained: some finite output reaches the infimum. Then theorems on
            interpolation speak, otherwise those on margins.
        targets: what targets are: "numbers" unless it is said, "signs" (-1 and +1,
            which the labels of two classes become), or "one-hot" rows.
    """

    scale_free: ClassVar[bool] = False
    basis_free: ClassVar[bool] = False
    attained: AbstractClassVar[bool]
    targets = Fact[str](lambda _: "numbers")

    @abc.abstractmethod
    def pointwise(self, output: Sample, target: Sample) -> Scalar:
        """The loss of one sample, at least 0."""

    def check_targets(self, targets: np.ndarray) -> None:
        """Raise `DataError` unless `targets` ``(n,)``, ``(n, k)`` are of its kind."""
        name, rows = type(self).__name__, np.atleast_2d(targets.T).T
        if self.targets not in TARGETS:
            raise OptionError(f"{name}.targets", self.targets, TARGETS)
        if self.targets == "numbers" or self.targets == "one-hot" and rows.shape[1] < 2:
            return  # one column has no one-hot rows: its shape is refused elsewhere
        if self.targets == "one-hot":
            single = np.isin(rows, (0, 1)).all(axis=1) & (rows.sum(axis=1) == 1)
        else:
            single = (np.abs(rows) == 1).all(axis=1)
        wrong = np.flatnonzero(~single)
        if len(wrong):
            shown = rows[wrong[0]] if rows.shape[1] > 1 else rows[wrong[0], 0]
            way = "CrossEntropy for more classes, Squared for real targets"
            raise DataError(
                f"{name} has a margin to targets of {TARGETS[self.targets]}; row "
                f"{wrong[0]} has {shown}. Use {way}."
            )

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

    targets = Fact[str](lambda _: "signs")
    """As of every pointwise loss; "signs" unless it is said."""

    @abc.abstractmethod
    def margin_rows(self, X: Design, targets: Targets) -> Float[Array, "m D"]:
        """The $z$ whose products with the predictor, row after row, are the margins."""

    @abc.abstractmethod
    def log_pointwise(self, output: Sample, target: Sample) -> Scalar:
        """The natural logarithm of `pointwise`."""

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
