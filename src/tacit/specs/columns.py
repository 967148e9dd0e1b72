"""Samples from a file of named columns."""

import csv
import warnings
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from ..errors import DataError, NotFoundError, ShapeError
from ..problems import Problem


Columns = dict[str, np.ndarray]
MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
    *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""What a cell of text says that has nothing to say, as pandas reads it."""


def read_columns(
    file: Path,
    label: str,
    features: Sequence[str] | None,
    weights: str | None,
    exclude: Sequence[str] = (),
    *,
    classes: bool = False,
) -> Problem:
    """The problem in the columns of a ``.csv`` or ``.npz`` file.

    The rest of the columns are the features unless these are named, less those of
    `exclude`; both may hold patterns such as ``gene_*``. A first column without a name
    is the row number of the program that wrote the file, and no feature; others are
    called by their place, as ``column 20``, with a warning. A table in an
    ``.npz`` gives one feature a column. Labels that all read as numbers are numbers;
    of `classes` whole ones, 1.0 being 1.
    """
    columns = READERS[file.suffix](file, exclude)
    for key, name in (("label", label), ("weights", weights)):
        if name is not None and name not in columns:
            raise NotFoundError(f"{key}: column", name, columns, key)
    rest = [name for name in columns if name not in (label, weights, "")]
    dropped = _matching("exclude", exclude, rest, columns)
    names = rest if features is None else _matching("features", features, rest, columns)
    names = [name for name in names if name not in dropped]
    if not names:
        raise DataError(f"{file.name} has no column besides {label!r}.")
    tables, titles = [], []
    for name in names:
        table = numbers_of(columns[name], name)
        single = table.ndim == 1
        tables.append(table[:, None] if single else table)
        titles += [name] if single else [f"{name}_{i}" for i in range(table.shape[1])]
    rows = {name: len(table) for name, table in zip(names, tables, strict=True)}
    if len(set(rows.values())) > 1:
        raise ShapeError(f"the columns differ in length: {rows}.")
    mass = None if weights is None else numbers_of(columns[weights], weights, "weights")
    labels = labels_of(columns[label], label)
    labels = _whole(labels) if classes and labels.dtype.kind == "f" else labels
    return Problem(np.concatenate(tables, 1), labels, mass, features=tuple(titles))


def _matching(key: str, patterns: Sequence[str], rest: list, columns: Columns) -> list:
    """The columns that one of `patterns` names, each once, in the order asked for."""
    found: dict[str, None] = {}
    for pattern in patterns:
        exact = [pattern] if pattern in columns else []
        names = exact or [name for name in rest if fnmatchcase(name, pattern)]
        if not names:
            raise NotFoundError(f"{key}: column", pattern, columns, key)
        found |= dict.fromkeys(names)
    return list(found)


def _csv(file: Path, exclude: Sequence[str] = ()) -> Columns:
    with file.open(newline="", encoding="utf-8-sig") as stream:
        try:
            rows = [row for row in csv.reader(stream) if row]
        except (ValueError, csv.Error) as error:
            raise DataError(f"{file.name} is no table of text: {error}") from error
    if not rows:
        raise DataError(f"{file.name} is empty.")
    head, *rows = rows
    head = _named(head, exclude)
    doubled = [x for x, n in Counter(head).items() if n > 1 and not _left(x, exclude)]
    if doubled:
        places = [str(i) for i, name in enumerate(head, 1) if name == doubled[0]]
        raise DataError(
            f"{file.name} has {len(places)} columns {doubled[0]!r}: number "
            f"{', '.join(places)}. Rename them, or leave them out with exclude."
        )
    for i, row in enumerate(rows):
        if len(row) != len(head):
            raise ShapeError(
                f"{file.name} has {len(head)} columns but {len(row)} entries in row "
                f"{i + 1} below the names."
            )
    cells = np.array(rows, dtype=str).reshape(len(rows), len(head))
    return {name: cells[:, i] for i, name in enumerate(head)}


def _named(head: list[str], exclude: Sequence[str]) -> list[str]:
    """The names, where one is blank its place: but for the first, which counts rows."""
    blank = [i for i, name in enumerate(head) if not name.strip()]
    names = [f"column {i + 1}" if i in blank else name for i, name in enumerate(head)]
    told = [names[i] for i in blank if i and not _left(names[i], exclude)]
    if told:
        warnings.warn(
            "columns without a name go by their place: " + ", ".join(told), stacklevel=5
        )
    return ["", *names[1:]] if 0 in blank else names


def _left(name: str, exclude: Sequence[str]) -> bool:
    return any(name == each or fnmatchcase(name, each) for each in exclude)


def _npz(file: Path, exclude: Sequence[str] = ()) -> Columns:
    del exclude  # an archive has no name twice
    try:
        with np.load(file, allow_pickle=False) as arrays:
            columns = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{file.name} is no archive of arrays: {error}") from error
    for name, array in columns.items():
        if array.ndim not in (1, 2):
            raise ShapeError(f"{name} in {file.name} has shape {array.shape}.")
    return columns


READERS = {".csv": _csv, ".npz": _npz}


def numbers_of(column: np.ndarray, name: str, key: str = "") -> np.ndarray:
    """The column in float64; `DataError` names the first cell that is no number.

    `key` is the argument that named the column, if one did.
    """
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        bad = [i for i, cell in enumerate(column) if _plain(cell) is None]
        more = f" (and {len(bad) - 1:,} rows more)" if len(bad) > 1 else ""
        raise DataError(
            f"column {name!r} holds {str(column[bad[0]])!r} in row {bad[0] + 1}{more}, "
            "which is no number; leave the column out, or fill the gap.",
            about=key,
        ) from None


def gaps_of(column: np.ndarray) -> np.ndarray:
    """The rows ``(k,)`` in which a column of text is empty, or says NA, NaN or null."""
    return np.flatnonzero(np.isin(np.char.strip(column), MISSING))


def labels_of(column: np.ndarray, name: str) -> np.ndarray:
    """Text as whole or real numbers where all of it is; `DataError` for a gap."""
    if column.dtype.kind != "U":
        return column
    gaps = gaps_of(column)
    if len(gaps):
        cell = str(column[gaps[0]])
        what = f"missing, {cell!r}," if cell.strip() else "empty"
        more = f" and {len(gaps) - 1:,} more" if len(gaps) > 1 else ""
        raise DataError(
            f"label {name!r} is {what} in row {gaps[0] + 1}{more}; drop the row, or "
            "give the class a name that is not read as a gap.",
            about="label",
        )
    for kind in (np.int64, np.float64):
        try:
            return column.astype(kind)
        except (ValueError, OverflowError):
            continue
    return column


def _whole(numbers: np.ndarray) -> np.ndarray:
    """Labels 1.0, 2.0 are 1, 2: pandas writes so a column that once had a gap."""
    exact = np.abs(numbers) < 2**53
    whole = np.all(exact) and np.all(numbers == np.floor(numbers))
    return numbers.astype(np.int64) if whole else numbers


def _plain(cell):
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None
