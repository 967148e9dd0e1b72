"""Scatters that are gathered elsewhere: files, and blocks of Dask, merged as a tree."""

from pathlib import Path
from typing import Any

from ..errors import MissingExtraError, ShapeError
from .scatter import Scatter
from .sources import file_chunks, ROWS


WIDE = 8
"""How many scatters are merged at a time."""


def scatter_file(
    path: str | Path, label: str, *, weights: str | None = None, rows: int = ROWS
) -> Scatter:
    """The scatter of a table in a CSV or Parquet file, read `rows` rows at a time.

    All columns but `label` and `weights` are features, in their order. Raises
    `OptionError` for another ending, `NotFoundError` for a column that is not there,
    `MissingExtraError` without what reads Parquet, and as `Scatter.from_chunks` does.
    """
    return Scatter.from_chunks(file_chunks(path, label, weights, rows))


def scatter_blocks(X: Any, y: Any, weights: Any = None) -> Scatter:
    """The scatter of Dask arrays: every block of rows where it lies, then merged.

    It runs on Dask's scheduler of the moment, that of a `distributed.Client` if there
    is one. Only scatters travel, ``(d, d)`` numbers each, never rows. `y` and `weights`
    may be arrays of NumPy. Raises `ShapeError` where sizes disagree, and as
    `Scatter.of` does.
    """
    try:
        import dask.array as da
        from dask.base import compute
        from dask.delayed import delayed
    except ImportError:
        raise MissingExtraError("a scatter of Dask arrays", "dask", "dask") from None

    if X.ndim != 2:
        raise ShapeError(f"X must be n rows by d features; got shape {X.shape}.")
    X = X.rechunk({1: -1})  # a block has all columns of its rows
    blocks = [X.to_delayed().ravel()]
    for name, given in (("y", y), ("weights", weights)):
        if given is None:
            continue
        along = da.asarray(given)
        if along.shape != X.shape[:1]:
            raise ShapeError(f"X has {len(X)} rows but {name} has shape {along.shape}.")
        blocks.append(along.rechunk(X.chunks[:1]).to_delayed().ravel())
    gather, merge = delayed(_gathered), delayed(_merged)
    level = [gather(*block) for block in zip(*blocks, strict=True)]
    while len(level) > 1:
        level = [merge(level[i : i + WIDE]) for i in range(0, len(level), WIDE)]
    (found,) = compute(*level)
    # A block without weight is nothing, unless all are.
    return Scatter.from_chunks(()) if found is None else found


def _gathered(X: Any, y: Any, weights: Any = None) -> Scatter | None:
    if weights is not None and not weights.any():
        return None
    return Scatter.of(X, y, weights)


def _merged(parts: list[Scatter | None]) -> Scatter | None:
    there = [part for part in parts if part is not None]
    whole = there[0] if there else None
    for part in there[1:]:
        whole = part if whole is None else whole.merge(part)
    return whole
