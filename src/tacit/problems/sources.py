"""Rows from where they lie: arrays in memory, on a disk, in chunks, in files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingExtraError, NotFoundError, OptionError


ROWS = 65_536
"""Rows of a file that are read at a time."""


def row_chunks(X: Any, y: Any, weights: Any) -> Iterator[tuple]:
    """Chunks ``(X, y, weights)``: one of what is in memory, or mapped into it.

    What has `chunks` and is no NumPy array, as of Zarr and h5py, is read by its own
    chunks of rows, with the labels and weights that belong to them.
    """
    size = getattr(X, "chunks", None)
    if size is None or isinstance(X, np.ndarray):
        yield X, y, weights
        return
    for start in range(0, X.shape[0], size[0]):
        cut = slice(start, start + size[0])
        yield X[cut], y[cut], None if weights is None else weights[cut]


def file_chunks(
    path: str | Path, label: str, weights: str | None, rows: int
) -> Iterator[tuple]:
    """Chunks of a table in a file: all columns but `label` and `weights` are features.

    Raises as `scatter_file` does.
    """
    file = Path(path)
    readers = {".csv": _csv, ".parquet": _parquet}
    if file.suffix not in readers:
        raise OptionError(f"the ending of {file}", file.suffix, readers)
    for frame in readers[file.suffix](file, rows):
        for name in filter(None, (label, weights)):
            if name not in frame.columns:
                raise NotFoundError(f"column in {file}", name, map(str, frame.columns))
        mass = None if weights is None else frame[weights]
        features = frame.drop(columns=[c for c in (label, weights) if c is not None])
        yield features, frame[label].to_numpy(), mass


def _csv(file: Path, rows: int) -> Iterator[Any]:
    import pandas

    yield from pandas.read_csv(file, chunksize=rows)


def _parquet(file: Path, rows: int) -> Iterator[Any]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise MissingExtraError(f"reading {file}", "pyarrow", "parquet") from None
    with ParquetFile(file) as opened:
        for batch in opened.iter_batches(rows):
            yield batch.to_pandas()
