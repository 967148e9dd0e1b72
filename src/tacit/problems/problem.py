"""The data a network is trained on, or all that the loss needs to know of it."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from .._assembled import assembled
from .._types import Contrast, Design, float64, in_float64, Square, Targets, Vector
from ..errors import DataError, ShapeError, Way
from .labels import pick_classes, pick_features, read_labels
from .matrices import read_scatter
from .membership import Numbered
from .moments import class_moments, standard_scores
from .scatter import Scatter
from .tables import read_design, read_weights


class Problem(eqx.Module):
    r"""A finite sample: inputs `X` ``(n, d)``, labels or targets `y`, their `weights`.

    Strings, integers, booleans, categories and the floats ±1 or 0/1 are classes; other
    floats are real targets, ``(n,)`` or ``(n, k)``. Of two classes the first in sorted
    order is −1 in `y` and the second +1; of more, `y` counts them from 0. Data frames
    keep their column names in `features`.

    The scatter side is in the maximum-likelihood convention, weights :math:`1/n`:
    `within` is the pooled within-class covariance and `between` the covariance of the
    class means under the class frequencies `priors`. For two classes
    ``between = π₀π₁ δδᵀ`` with `delta` the second mean minus the first.

    Raises `ShapeError` where sizes disagree and `DataError` for values that are not
    finite, for a single class and for a class without weight.
    """

    X: Design | None
    y: Targets | None
    weights: Float[Array, " n"] | None
    priors: Float[Array, " C"] | None
    means: Float[Array, "C d"] | None
    _within: Square | None
    _contrast: Contrast | None
    classes: tuple = eqx.field(static=True)
    features: tuple[str, ...] | None = eqx.field(static=True)

    def __init__(
        self,
        X: object,
        y: object,
        weights: object = None,
        *,
        features: tuple[str, ...] | None = None,
    ):
        design, columns = read_design(X)
        self.features = columns if features is None else tuple(features)
        if self.features is not None and len(self.features) != design.shape[1]:
            text = f"X has {design.shape[1]} columns but {len(self.features)} names."
            raise ShapeError(text)
        self.X = float64(design)
        codes, self.classes = read_labels(y, len(design))
        mass = read_weights(weights, len(design))
        self.weights = None if mass is None else float64(mass)
        self.priors = self.means = self._within = self._contrast = None
        if not self.classes:
            self.y = float64(codes)
            return
        self.y = float64(2 * codes - 1 if len(self.classes) == 2 else codes)
        priors, means, contrast = class_moments(design, codes, self.classes, mass)
        self.priors, self.means = float64(priors), float64(means)
        self._contrast = float64(contrast)

    @classmethod
    def from_scatter(
        cls,
        scatter: Scatter | None = None,
        *,
        within: ArrayLike | None = None,
        delta: ArrayLike | None = None,
        between: ArrayLike | None = None,
    ) -> "Problem":
        """A problem known only by its scatter matrices; it has no `X` and no `y`.

        Give a `Scatter`, or `within` ``(d, d)`` with either `delta` ``(d,)`` (two
        classes; then ``between = delta deltaᵀ``) or `between` ``(d, d)``.
        """
        return _known(*read_scatter(scatter, within, delta, between))

    @property
    def n(self) -> int:
        """How many samples; 0 if only the scatter is known."""
        return 0 if self.X is None else len(self.X)

    @property
    def d(self) -> int:
        """How many features."""
        return self.X.shape[1] if self.X is not None else len(self.contrast)

    @property
    def binary(self) -> bool:
        """Whether the labels are of two classes."""
        return len(self.classes) == 2

    @property
    @in_float64
    def targets(self) -> Targets:
        """What a loss compares outputs with: `y`, or one-hot rows for 3+ classes."""
        if self.y is None:
            raise DataError(
                "this Problem was made from scatter matrices: it has no samples. "
                "Make it from X and y where single samples are needed."
            )
        return self.numbered.one_hot() if len(self.classes) > 2 else self.y

    @property
    @in_float64
    def numbered(self) -> Numbered:
        """The classes of the samples by number, for losses that take them so."""
        assert self.y is not None
        return Numbered(self.y.astype(int), len(self.classes))

    @property
    def codes(self) -> np.ndarray:
        """The class of every sample as an integer, ``(n,)``, counted from 0."""
        if not self.classes or self.y is None:
            raise DataError("this Problem has no class labels of single samples.")
        y = np.asarray(self.y)
        return ((y > 0) if self.binary else y).astype(int)

    @property
    def labels(self) -> np.ndarray:
        """The labels of the samples as they were given, or the real targets."""
        if self.classes:
            return np.array(self.classes)[self.codes]
        return np.asarray(self.targets)

    @property
    @in_float64
    def centred(self) -> Design:
        """Every row minus its class mean, times the root of its share of the weight."""
        if self.X is None or self.means is None:
            raise DataError("centred rows need samples and class labels.")
        # By NumPy, as all here that is of numbers: JAX compiles each for its shape.
        rows = np.asarray(self.X) - np.asarray(self.means)[self.codes]
        if self.weights is None:
            return float64(rows / np.sqrt(self.n))
        mass = np.asarray(self.weights)
        return float64(rows * np.sqrt(mass / np.sum(mass))[:, None])

    @property
    @in_float64
    def within(self) -> Square:
        """The pooled within-class covariance (1/n)."""
        if self._within is not None:
            return self._within
        rows = self.centred
        return rows.T @ rows

    @property
    def contrast(self) -> Contrast:
        """A factor of `between`: ``between = contrast @ contrast.T``."""
        if self._contrast is None:
            raise DataError(
                "this Problem has real targets; discriminant analysis needs classes."
            )
        return self._contrast

    @property
    @in_float64
    def between(self) -> Square:
        """The covariance of the class means under the class frequencies."""
        return self.contrast @ self.contrast.T

    @property
    @in_float64
    def delta(self) -> Vector:
        """The second class mean minus the first."""
        if not self.binary:
            raise DataError(
                "delta is the difference of two class means; this Problem has "
                f"{len(self.classes) or 'other'} classes. ",
                Way(
                    "Use `contrast`, or select two classes.",
                    "Keep two by `classes` under [problem].",
                ),
            )
        if self.priors is None:
            return self.contrast[:, 0]
        apart = np.asarray(self.contrast)[:, 0]
        return float64(apart / np.sqrt(np.prod(np.asarray(self.priors))))

    @property
    def constant(self) -> np.ndarray:
        """Which features are the same in every sample with weight: a mask ``(d,)``."""
        if self.X is None:
            within, contrast = np.asarray(self.within), np.asarray(self.contrast)
            return np.diag(within) + np.sum(contrast**2, axis=1) == 0
        X = np.asarray(self.X)
        return np.ptp(X if self.weights is None else X[self.weights > 0], axis=0) == 0

    @property
    def nameless(self) -> "Problem":
        """The same numbers without the names of features and classes.

        What is compiled for it serves every problem of the shape, whatever its names.
        """
        if self.features is None and self.classes == tuple(range(len(self.classes))):
            return self
        names = {"features": None, "classes": tuple(range(len(self.classes)))}
        return assembled(Problem, **(vars(self) | names))

    def select(self, features: object = None, classes: object = None) -> "Problem":
        """The same samples with only these features and classes.

        Names, indices or a mask for `features`; labels of samples for `classes`.
        """
        columns = np.arange(self.d)
        if features is not None:
            columns = pick_features(features, self.d, self.features)
        names = self.features and tuple(self.features[i] for i in columns)
        if self.X is None:
            if classes is not None:
                raise DataError("this Problem is scatter matrices: no class to select.")
            inner, means = self.within[np.ix_(columns, columns)], self.means
            kept = inner, self.contrast[columns], self.classes, self.priors
            return _known(*kept, means if means is None else means[:, columns])
        rows = np.arange(self.n)
        if classes is not None:
            wanted = pick_classes(classes, self.classes)
            rows = np.flatnonzero(np.isin(self.codes, wanted))
        weights = None if self.weights is None else np.asarray(self.weights)[rows]
        X = np.asarray(self.X)[rows][:, columns]
        return Problem(X, self.labels[rows], weights, features=names)

    def varying(self) -> "Problem":
        """The same data without the features that are constant."""
        return self.select(features=~self.constant)

    def standardised(self) -> "Problem":
        """Of weighted mean 0 and deviation 1 each; `DataError` if one is constant."""
        if self.X is None:
            raise DataError("standardised needs samples; this Problem has none.")
        parts = self.weights, np.flatnonzero(self.constant), self.features
        scores = standard_scores(np.asarray(self.X), *parts)
        return Problem(scores, self.labels, self.weights, features=self.features)


def _known(within, contrast, classes, priors=None, means=None):
    both = {"_within": float64(within), "_contrast": float64(contrast)}
    known = {"priors": priors, "means": means, "classes": classes}
    known |= dict.fromkeys(("X", "y", "weights", "features"))
    return assembled(Problem, **both, **known)
