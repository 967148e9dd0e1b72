"""The scatter of every fold: all that cross-validation needs of data of any size."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import scipy.sparse

from ..errors import DataError, ShapeError
from ..problems.scatter import Scatter


@dataclass(frozen=True, eq=False)
class FoldScatters:
    """One `Scatter` a fold, gathered in one pass; those of parts combine by ``+``.

    Rows go to the folds in turn, each class by itself, from the fold `first` on.
    """

    folds: tuple[Scatter | None, ...]
    """None for a fold that no row has reached."""

    def __post_init__(self):
        if len(self.folds) < 2:
            raise DataError(f"FoldScatters are 2 or more; got {len(self.folds)}.")
        widths = {each.d for each in self.folds if each is not None}
        if len(widths) > 1:
            raise ShapeError(f"the folds differ in their features: {sorted(widths)}.")

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any,
        weights: Any = None,
        *,
        folds: int = 5,
        first: int = 0,
        after: "FoldScatters | None" = None,
    ) -> "FoldScatters":
        """Of rows `X` ``(n, d)`` and labels `y` ``(n,)``; raises as `Scatter.of` does.

        Dealing goes on where `after` stopped, if that is given.
        """
        labels = np.asarray(y)
        w = np.ones(len(labels)) if weights is None else np.asarray(weights, float)
        place = np.zeros(len(labels), int)
        for label in np.unique(labels[w > 0]):
            rows = np.flatnonzero((labels == label) & (w > 0))
            seen = 0 if after is None else after._rows_of(label)
            place[rows] = (first + seen + np.arange(len(rows))) % folds
        parts: list[Scatter | None] = []
        table: Any = X.tocsr() if scipy.sparse.issparse(X) else np.asarray(X)
        for k in range(folds):
            own = (place == k) & (w > 0)
            part = table[own]
            if scipy.sparse.issparse(part):
                part = part.toarray()
            some = own.any()
            parts.append(Scatter.of(part, labels[own], w[own]) if some else None)
        return cls(tuple(parts))

    @classmethod
    def gather(
        cls, chunks: Iterable[Any], *, folds: int = 5, client: Any = None
    ) -> "FoldScatters":
        """Of a stream of ``(X, y)`` or ``(X, y, weights)``, or functions that give one.

        With a `client` (any `distributed.Client`) every chunk is read and summed where
        the scheduler likes, and the sums are merged in a tree; use functions, so that
        the workers read the data. For Dask arrays give ``zip(X.to_delayed().ravel(),
        y.to_delayed())`` with one block of columns.
        """
        if client is None:
            found = None
            for i, chunk in enumerate(chunks):
                found = _read(i, chunk, folds).merge(found)
            if found is None:
                raise DataError("FoldScatters.gather was given no chunk.")
            return found
        waiting = [
            client.submit(_read, i, _sent(chunk, client), folds, pure=False)
            for i, chunk in enumerate(chunks)
        ]
        if not waiting:
            raise DataError("FoldScatters.gather was given no chunk.")
        while len(waiting) > 1:
            pairs = zip(waiting[::2], waiting[1::2], strict=False)
            odd = waiting[-1:] if len(waiting) % 2 else []
            waiting = [client.submit(_merged, a, b, pure=False) for a, b in pairs] + odd
        return waiting[0].result()

    def merge(self, other: "FoldScatters | None") -> "FoldScatters":
        """Of the rows of both. Raises `ShapeError` if they differ in folds."""
        if other is None:
            return self
        if len(self.folds) != len(other.folds):
            raise ShapeError(
                f"merge: {len(self.folds)} folds on one side, {len(other.folds)} on "
                "the other; gather both with the same cv."
            )
        pairs = zip(self.folds, other.folds, strict=True)
        return FoldScatters(tuple(_sum(pair) for pair in pairs))

    __add__ = merge

    @property
    def total(self) -> Scatter:
        """Of all rows."""
        whole = _sum(self.folds)
        if whole is None:
            raise DataError("the folds are empty; gather some rows first.")
        return whole

    @property
    def testable(self) -> bool:
        """Whether there is a fold without which all classes are still known."""
        classes = self.total.classes
        rests = map(self.without, range(len(self.folds)))
        return any(
            fold is not None and rest is not None and rest.classes == classes
            for fold, rest in zip(self.folds, rests, strict=True)
        )

    def without(self, fold: int) -> Scatter | None:
        """Of the rows outside `fold`, in the classes of all."""
        rest = [each for i, each in enumerate(self.folds) if i != fold]
        return _sum(rest)

    def _rows_of(self, label: object) -> int:
        return sum(
            int(each.count[each.classes.index(label)])
            for each in self.folds
            if each is not None and label in each.classes
        )


def _sum(parts: Iterable[Scatter | None]) -> Scatter | None:
    known = [each for each in parts if each is not None]
    return reduce(Scatter.merge, known) if known else None


def _merged(a: FoldScatters, b: FoldScatters) -> FoldScatters:
    return a + b


def _sent(chunk: Any, client: Any) -> Any:
    """A chunk as an argument for a worker; what is delayed is computed there."""
    if isinstance(chunk, tuple) and any(hasattr(x, "__dask_graph__") for x in chunk):
        return list(client.compute(list(chunk)))
    return chunk


def _read(index: int, chunk: Any, folds: int) -> FoldScatters:
    """The folds of one chunk; the next one begins a fold further on."""
    pieces: Any = chunk() if callable(chunk) else chunk
    X, y, *weights = pieces
    return FoldScatters.of(X, y, *weights, folds=folds, first=index)
