"""Class means and within-class scatter: one pass, any chunks, mergeable."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import issparse

from ..errors import DataError, OptionError, ShapeError
from .chunks import in_order, read_chunk, read_rows
from .moments import dense_moments, exact_sum
from .sources import row_chunks
from .sparse_rows import sparse_moments


CELLS = 2**20
"""Numbers held in float64 at a time (8 MB); larger chunks are read in pieces."""


@dataclass(frozen=True, eq=False)
class Scatter:
    r"""What linear discriminant analysis needs to know of ``n`` rows in ``C`` classes.

    Built by `of` from arrays or by `from_chunks` from a stream; scatters of parts
    combine by `merge` or ``+``, in any order (Chan, Golub, LeVeque 1979). A part may
    lack classes; `priors`, `between` and `delta` of it raise `DataError`.

    The convention is maximum likelihood, :math:`1/n` (`in_convention` has the others).
    A weight counts a row that many times: 0 removes it, 2 doubles it.
    """

    classes: tuple
    """The labels, sorted."""
    count: Int[np.ndarray, " C"]
    """Rows of positive weight."""
    mass: Float[np.ndarray, " C"]
    """Total weight of those rows."""
    means: Float[np.ndarray, "C d"]
    """Class means; zero for a class without mass."""
    tails: Float[np.ndarray, "C d"]
    """What rounding cut off `means`: at an offset of 1e6, all but ten decimals."""
    sums: Float[np.ndarray, "d d"]
    """Pooled within-class sum of squares about the class means."""
    low: Float[np.ndarray, "C d"]
    """The least entry of every feature in each class; infinite without rows."""
    high: Float[np.ndarray, "C d"]
    """The largest. Where it is `low` the mean is that number, and not nearly so."""

    @classmethod
    def of(
        cls, X: object, y: object, weights: object = None, *, chunk: int | None = None
    ) -> "Scatter":
        """The scatter of rows `X` ``(n, d)`` with labels `y` ``(n,)``.

        `X` may be mapped from a file, sparse, of Zarr, or of Dask: docs/out_of_core.md.
        `chunk` is how many rows are converted to float64 at a time. Raises `ShapeError`
        where sizes disagree and `DataError` for values or weights that cannot be used.
        """
        if hasattr(X, "__dask_graph__"):
            from .trees import scatter_blocks

            return scatter_blocks(X, y, weights)
        return cls.from_chunks(row_chunks(X, y, weights), chunk=chunk)

    @classmethod
    def from_chunks(
        cls,
        chunks: Iterable[tuple],
        classes: Iterable | None = None,
        progress: Callable[[int], object] | None = None,
        *,
        chunk: int | None = None,
    ) -> "Scatter":
        """The scatter of a stream of ``(X, y)`` or ``(X, y, weights)``, read once.

        Labels outside `classes`, if given, are an error. After every chunk `progress`
        is called with the rows read so far. Raises as `of` does, naming the row.
        """
        if chunk is not None and chunk < 1:
            raise DataError(f"Scatter reads 1 row or more at a time, not {chunk}.")
        known = None if classes is None else in_order(classes)
        whole, rows = None, 0
        for piece in chunks:
            X, y, weights = read_chunk(rows, *piece)
            n, sparse = X.shape[0], issparse(X)
            size = chunk or (n if sparse else max(1, CELLS // X.shape[1]))
            for start in range(0, n, size):
                cut = slice(start, start + size)
                part = _block(
                    *read_rows(rows + start, X[cut], y[cut], weights[cut], known)
                )
                whole = part if whole is None else whole.merge(part)
            rows += n
            if progress is not None:
                progress(rows)
        if whole is None or not whole.mass.any():
            raise DataError(
                f"Scatter: of {rows} rows none has positive weight; give at least one."
            )
        if not np.isfinite(whole.sums).all():
            raise DataError(
                f"Scatter: squares overflow; the class means reach "
                f"{np.abs(whole.means).max():.1e}. Rescale the features."
            )
        return whole if known is None else whole._spread(known)

    def merge(self, other: "Scatter") -> "Scatter":
        """The scatter of the rows of both; a class in one only is kept.

        Raises `ShapeError` if they differ in features and `DataError` if their labels
        cannot be sorted together.
        """
        if self.d != other.d:
            raise ShapeError(
                f"merge: one scatter has {self.d} features, the other {other.d}; "
                "both must describe the same columns."
            )
        if self.classes != other.classes:
            union = in_order([*self.classes, *other.classes])
            return self._spread(union).merge(other._spread(union))
        mass = self.mass + other.mass
        share = (other.mass / np.where(mass > 0, mass, 1))[:, None]
        apart = (other.means - self.means) + (other.tails - self.tails)
        pull = apart * np.sqrt(self.mass[:, None] * share)
        swap = share > 0.5  # step from the nearer mean: the shorter, the more exact
        means = np.where(swap, other.means, self.means)
        tails = np.where(swap, other.tails, self.tails)
        ends = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        means, tails = exact_sum(means, tails + (share - swap) * apart, *ends)
        sums = self.sums + other.sums + pull.T @ pull
        count = self.count + other.count
        return Scatter(self.classes, count, mass, means, tails, sums, *ends)

    __add__ = merge

    def _spread(self, classes: tuple) -> "Scatter":
        at = [classes.index(c) for c in self.classes]

        def wide(x: np.ndarray, empty: float = 0) -> np.ndarray:
            out = np.full((len(classes), *x.shape[1:]), empty, x.dtype)
            out[at] = x
            return out

        return Scatter(
            classes, wide(self.count), wide(self.mass), wide(self.means),
            wide(self.tails), self.sums, wide(self.low, np.inf),
            wide(self.high, -np.inf),
        )  # fmt: skip

    @property
    def n(self) -> float:
        """Total weight; the number of rows where there are no weights."""
        return float(self.mass.sum())

    @property
    def d(self) -> int:
        """How many features."""
        return self.sums.shape[0]

    @property
    def priors(self) -> Float[np.ndarray, " C"]:
        """Class shares of the total weight. `DataError` for a part without them all."""
        self._complete()
        return self.mass / self.mass.sum()

    @property
    def mean(self) -> Float[np.ndarray, " d"]:
        """The mean of all rows."""
        first = int(np.argmax(self.mass))
        return self.means[first] + self._from(first).T @ (self.mass / self.mass.sum())

    @property
    def within(self) -> Float[np.ndarray, "d d"]:
        r"""Pooled within-class covariance, :math:`S_w`."""
        return self.sums / self.mass.sum()

    @property
    def contrast(self) -> Float[np.ndarray, "d C"]:
        r"""Columns :math:`\sqrt{\pi_c}\,(m_c - m)`, so `between` is contrast contrastᵀ.

        Raises `DataError` for a single class or one without weight.
        """
        priors, apart = self.priors, self._from(0)
        return (np.sqrt(priors)[:, None] * (apart - priors @ apart)).T

    @property
    def between(self) -> Float[np.ndarray, "d d"]:
        r"""Covariance of the class means, :math:`\sum_c \pi_c (m_c-m)(m_c-m)^T`."""
        return self.contrast @ self.contrast.T

    @property
    def total(self) -> Float[np.ndarray, "d d"]:
        """Covariance of all rows, ``within + between``."""
        return self.within + self.between

    @property
    def delta(self) -> Float[np.ndarray, " d"]:
        """Mean of the second class minus that of the first. `DataError` unless two."""
        if len(self.classes) != 2:
            raise DataError(
                f"delta is of two classes; this scatter has {len(self.classes)}. "
                "Use `contrast`, or keep two of them."
            )
        self._complete()
        return self._from(0)[1]

    def in_convention(self, convention: str) -> tuple[np.ndarray, np.ndarray]:
        """The pair `within`, `between` in another convention; their ratio is the same.

        "ml" divides sums of squares by ``n``, "pooled" by ``n - C`` and "sum" by 1.
        Raises `OptionError` for another word and `DataError` if "pooled" has no rows.
        """
        n, C = self.n, len(self.classes)
        factors = {"ml": 1.0, "pooled": n / (n - C) if n > C else None, "sum": n}
        if convention not in factors:
            raise OptionError("convention", convention, factors)
        factor = factors[convention]
        if factor is None:
            raise DataError(
                f"the pooled convention divides by n - C; n is {n:g} and C is {C}. "
                "Use 'ml', or give more rows."
            )
        return factor * self.within, factor * self.between

    def unbiased(self) -> tuple[np.ndarray, np.ndarray]:
        """The pair in the "pooled" convention, unbiased for the within covariance."""
        return self.in_convention("pooled")

    def _from(self, first: int) -> np.ndarray:
        return (self.means - self.means[first]) + (self.tails - self.tails[first])

    def _complete(self) -> None:
        empty = [c for c, m in zip(self.classes, self.mass, strict=True) if m == 0]
        if empty or len(self.classes) < 2:
            lack = f"no {empty[0]!r}" if empty else f"one class only, {self.classes}"
            raise DataError(
                f"Scatter: among {self.n:g} rows there is {lack}; to discriminate, "
                "merge a part that has the missing class."
            )


def _block(classes: tuple, codes: np.ndarray, X: Any, w: np.ndarray) -> Scatter:
    """The scatter of some rows; `X` is overwritten unless it is sparse."""
    size = len(classes)
    count = np.bincount(codes, minlength=size)
    mass = np.bincount(codes, w, size).astype(np.float64)
    moments = sparse_moments if issparse(X) else dense_moments
    return Scatter(classes, count, mass, *moments(X, codes, w, size))
