"""Small tables that were uploaded: kept in memory, and never written anywhere."""

import collections
import csv
import dataclasses
import hashlib
import io
import math
import threading
from typing import Any

from ..errors import DataError, NotFoundError


MOST_BYTES, MOST_ROWS, MOST_COLUMNS, MOST_CLASSES, MOST_TABLES = (
    2_000_000,
    5000,
    100,
    30,
    16,
)


@dataclasses.dataclass(frozen=True)
class Table:
    """`columns` of text by name, and those of them that are `numbers`."""

    key: str
    columns: dict[str, list[str]]
    numbers: dict[str, list[float]]

    def to_json(self) -> dict[str, Any]:
        """The key and, for every column that may be a label, its classes."""
        labels = {
            name: sorted(set(cells))
            for name, cells in self.columns.items()
            if 2 <= len(set(cells)) <= min(MOST_CLASSES, len(cells) // 2)
        }
        if not labels:
            raise DataError(
                "no column can be a label: one has 2 to "
                f"{MOST_CLASSES} different values, each in two rows or more."
            )
        rows = len(next(iter(self.columns.values())))
        words = [name for name in labels if name not in self.numbers]
        return {
            "table": self.key,
            "rows": rows,
            "numbers": list(self.numbers),
            "labels": labels,
            "label": (words or list(labels))[-1],
        }


class Tables:
    """The last tables that were uploaded, under the hash of what is in them."""

    def __init__(self):
        self._kept: collections.OrderedDict[str, Table] = collections.OrderedDict()
        self._lock = threading.Lock()

    def add(self, content: bytes) -> Table:
        """The table in `content`; raises `DataError` for what is not a small CSV."""
        table = read(content)
        with self._lock:
            self._kept[table.key] = table
            while len(self._kept) > MOST_TABLES:
                self._kept.popitem(last=False)
        return table

    def get(self, key: str) -> Table:
        """The table of this key; raises `NotFoundError` once it is forgotten."""
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            raise NotFoundError("table; upload it (again):", key[:20], self._kept)


TABLES = Tables()
"""Those of this process."""


def read(content: bytes) -> Table:
    """The table in a CSV file with names in its first row."""
    if len(content) > MOST_BYTES:
        raise DataError(f"the table has more than {MOST_BYTES // 10**6} MB.")
    try:
        rows = [
            row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if row
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the file is no table of text: {error}") from error
    if len(rows) < 3:
        raise DataError(
            "a table has names in its first row and two rows or more below."
        )
    head, *body = rows
    if len(body) > MOST_ROWS or len(head) > MOST_COLUMNS:
        raise DataError(
            f"the table has {len(body)} rows and {len(head)} columns; at most "
            f"{MOST_ROWS} and {MOST_COLUMNS} can be run live."
        )
    if len(set(head)) < len(head):
        raise DataError("two columns of the table have one name.")
    for i, row in enumerate(body):
        if len(row) != len(head):
            raise DataError(
                f"row {i + 1} has {len(row)} entries; there are {len(head)} names."
            )
    columns = {
        name: [row[j].strip() for row in body] for j, name in enumerate(head) if name
    }
    numbers = {}
    for name, cells in columns.items():
        found = [_number(cell) for cell in cells]
        if all(math.isfinite(x) for x in found):
            numbers[name] = found
    return Table(hashlib.sha256(content).hexdigest()[:16], columns, numbers)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
