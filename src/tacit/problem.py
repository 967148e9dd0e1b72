"""The data a network is trained on, or all that the loss needs to know of it."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from ._types import Contrast, Design, float64, Square, Targets, Vector, Weights
from .errors import DataError, ShapeError
from .labels import pick, read_design, read_labels, read_weights
from .scatter import Scatter


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
    weights: Weights | None
    priors: Float[Array, " C"] | None
    means: Float[Array, "C d"] | None
    given: tuple[Square, Contrast] | None
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
            raise ShapeError(
                f"X has {design.shape[1]} columns but {len(self.features)} names."
            )
        self.X = float64(design)
        codes, self.classes = read_labels(y, len(design))
        mass = read_weights(weights, len(design))
        self.weights = None if mass is None else float64(mass)
        self.given = self.priors = self.means = None
        if not self.classes:
            self.y = float64(codes)
            return
        binary = len(self.classes) == 2
        self.y = float64(2 * codes - 1 if binary else codes)
        member = np.eye(len(self.classes))[codes] * (
            1 if mass is None else mass[:, None]
        )
        empty = [c for c, m in zip(self.classes, member.sum(0), strict=True) if m == 0]
        if empty:
            raise DataError(
                f"Problem: class {empty[0]!r} has no sample of positive weight; "
                "drop it from the labels or give it weight."
            )
        self.priors = float64(member.sum(0) / member.sum())
        share = (member / member.sum(0)).T
        rough = share @ design
        # The second pass takes the rounding of a large common offset out of the means.
        self.means = float64(rough + share @ (design - rough[codes]))

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
        if scatter is not None:
            if within is not None or delta is not None or between is not None:
                raise ShapeError(
                    "from_scatter takes a Scatter or matrices, not both; drop one."
                )
            binary = len(scatter.classes) == 2
            apart = np.sqrt(scatter.priors)[:, None] * (scatter.means - scatter.mean)
            contrast = (
                np.sqrt(np.prod(scatter.priors)) * scatter.delta[:, None]
                if binary
                else apart.T
            )
            return cls._known(
                scatter.within,
                contrast,
                tuple(scatter.classes),
                float64(scatter.priors),
                float64(scatter.means),
            )
        if within is None or (delta is None) == (between is None):
            raise ShapeError(
                "from_scatter needs `within` and exactly one of `delta`, `between`."
            )
        inner = _symmetric("within", within)
        if delta is not None:
            contrast = np.asarray(delta, float).reshape(-1, 1)
        else:
            values, vectors = np.linalg.eigh(_symmetric("between", between))
            kept = values > 1e-12 * max(values.max(), 0)
            contrast = vectors[:, kept] * np.sqrt(values[kept])
        if len(contrast) != len(inner):
            raise ShapeError(
                f"from_scatter: within is {len(inner)}×{len(inner)} but the class "
                f"difference has {len(contrast)} features."
            )
        if not np.all(np.isfinite(contrast)) or not np.any(contrast):
            raise DataError(
                "from_scatter: the class means must be finite and differ; there is "
                "nothing to discriminate otherwise."
            )
        return cls._known(inner, contrast, (0, 1) if contrast.shape[1] == 1 else ())

    @classmethod
    def _known(cls, within, contrast, classes, priors=None, means=None):
        self = object.__new__(cls)
        parts = {
            "X": None,
            "y": None,
            "weights": None,
            "priors": priors,
            "means": means,
            "given": (float64(within), float64(contrast)),
            "classes": classes,
            "features": None,
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)
        return self

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
    def targets(self) -> Targets:
        """What a loss compares outputs with: `y`, or one-hot rows for 3+ classes."""
        if self.y is None:
            raise DataError(
                "this Problem was made from scatter matrices: it has no samples. "
                "Make it from X and y where single samples are needed."
            )
        if len(self.classes) < 3:
            return self.y
        return (self.y[:, None] == jnp.arange(len(self.classes))[None]).astype(float)

    @property
    def codes(self) -> np.ndarray:
        """The class of every sample as an integer, ``(n,)``, counted from 0."""
        if not self.classes or self.y is None:
            raise DataError("this Problem has no class labels, only real targets.")
        y = np.asarray(self.y)
        return ((y > 0) if self.binary else y).astype(int)

    @property
    def centred(self) -> Design:
        """Every row minus its class mean, times the root of its share of the weight."""
        if self.X is None or self.means is None:
            raise DataError("centred rows need samples and class labels.")
        rows = self.X - self.means[self.codes]
        if self.weights is None:
            return rows / np.sqrt(self.n)
        return rows * jnp.sqrt(self.weights / jnp.sum(self.weights))[:, None]

    @property
    def within(self) -> Square:
        """The pooled within-class covariance (1/n)."""
        if self.given is not None:
            return self.given[0]
        rows = self.centred
        return rows.T @ rows

    @property
    def contrast(self) -> Contrast:
        """A factor of `between`: ``between = contrast @ contrast.T``."""
        if self.given is not None:
            return self.given[1]
        if self.priors is None or self.means is None:
            raise DataError(
                "this Problem has real targets; discriminant analysis needs classes."
            )
        if self.binary:
            return jnp.sqrt(jnp.prod(self.priors)) * self.delta[:, None]
        apart = self.means - (self.priors @ self.means)[None]
        return (jnp.sqrt(self.priors)[:, None] * apart).T

    @property
    def between(self) -> Square:
        """The covariance of the class means under the class frequencies."""
        return self.contrast @ self.contrast.T

    @property
    def delta(self) -> Vector:
        """The second class mean minus the first."""
        if self.means is not None and self.binary:
            return self.means[1] - self.means[0]
        if self.given is not None and self.given[1].shape[1] == 1:
            return self.given[1][:, 0]
        raise DataError(
            f"delta is the difference of two class means; this Problem has "
            f"{len(self.classes) or 'more than two'} classes. "
            "Use `contrast`, or select two classes."
        )

    def select(self, features: object = None, classes: object = None) -> "Problem":
        """The same samples with only these features and classes.

        Names, indices or a mask for `features`; labels for `classes`.
        """
        if self.X is None:
            raise DataError("select needs samples; this Problem is scatter matrices.")
        rows, columns = np.arange(self.n), np.arange(self.d)
        y = np.asarray(self.y)
        if self.classes:
            y = np.array(self.classes)[self.codes]
        if classes is not None:
            wanted = pick(classes, self.classes, "class")
            rows = np.flatnonzero(np.isin(self.codes, wanted))
        if features is not None:
            columns = pick(features, self.features or tuple(range(self.d)), "feature")
        return Problem(
            self.X[rows][:, columns],
            y[rows],
            None if self.weights is None else self.weights[rows],
            features=self.features and tuple(self.features[i] for i in columns),
        )

    @property
    def constant(self) -> np.ndarray:
        """Which features are the same in every sample: a mask ``(d,)``."""
        if self.X is None:
            return np.asarray(jnp.diag(self.within) + jnp.diag(self.between)) == 0
        return np.asarray(jnp.ptp(self.X, axis=0)) == 0

    def varying(self) -> "Problem":
        """The same data without the features that are constant."""
        return self.select(features=~self.constant)

    def standardised(self) -> "Problem":
        """Every feature with mean 0 and standard deviation 1 over the samples.

        Raises `DataError` if a feature is constant.
        """
        if self.X is None:
            raise DataError("standardised needs samples; this Problem has none.")
        flat = np.flatnonzero(self.constant)
        if len(flat):
            raise DataError(
                f"{len(flat)} features are constant, the first is number {flat[0]}; "
                "drop them with .varying() before standardising."
            )
        X = (self.X - jnp.average(self.X, axis=0, weights=self.weights)[None]) / (
            jnp.std(self.X, axis=0)[None]
        )
        y = np.asarray(self.y)
        if self.classes:
            y = np.array(self.classes)[self.codes]
        return Problem(X, y, self.weights, features=self.features)


def _symmetric(name: str, matrix: ArrayLike) -> np.ndarray:
    square = np.asarray(matrix, float)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise ShapeError(f"{name} must be a square (d, d); got shape {square.shape}.")
    if not np.all(np.isfinite(square)):
        raise DataError(f"{name} has entries that are not finite.")
    if not np.allclose(square, square.T, rtol=1e-8, atol=1e-12 * np.abs(square).max()):
        raise DataError(
            f"{name} must be symmetric; use (M + M.T) / 2 if it is meant so."
        )
    return (square + square.T) / 2
