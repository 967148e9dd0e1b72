"""A part: the runs of one unit, or of many, as columns."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .columns import Block, blocks_of, Columns
from .encoding import DamagedError, decode, encode, read_text
from .rows import Row, State


SCHEMA = "tacit.part/1"


@dataclass(frozen=True)
class Trouble:
    """A run that did not end as it was asked."""

    row: int
    """Its place among the rows of its part."""
    status: State
    reason: str


@dataclass(frozen=True)
class Summary:
    """What a part says of itself: its units, and which runs went wrong."""

    units: Mapping[str, int]
    """How many rows each unit has; they follow each other in this order."""
    salt: str
    troubles: tuple[Trouble, ...]

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(self.units.values())


@dataclass(frozen=True)
class Part:
    """The rows of one unit, or of several: a pack. It never changes."""

    summary: Summary
    index: np.ndarray
    """The place in the grid of every row, as it was when the row was written."""
    columns: Columns
    """The labels and digests of the rows."""
    blocks: tuple[Block, ...]
    """What was measured; the rows of a block agree in all shapes."""

    @classmethod
    def of(cls, key: str, rows: Sequence[Row], salt: str = "") -> "Part":
        """The part of one unit. Raises `DataError` for values that cannot be kept."""
        troubles = tuple(
            Trouble(at, State[row.status.upper()], row.reason or "")
            for at, row in enumerate(rows)
            if row.status != "ok"
        )
        labels = {name: [row.point[name] for row in rows] for name in rows[0].point}
        columns = Columns.of({"digest": [row.digest for row in rows]} | labels)
        return cls(
            Summary({key: len(rows)}, salt, troubles),
            np.array([row.index for row in rows]),
            columns,
            blocks_of(rows),
        )

    @property
    def nbytes(self) -> int:
        """What the numbers take in memory."""
        return sum(a.nbytes for block in self.blocks for a in block.arrays().values())

    @property
    def status(self) -> np.ndarray:
        """What became of each row, as integers of `State`."""
        status = np.full(self.summary.size, State.OK, np.int8)
        for trouble in self.summary.troubles:
            status[trouble.row] = trouble.status
        return status

    def rows(self) -> list[Row]:
        """The rows, as they were given."""
        labels = self.columns.lists()
        digests, troubles = labels.pop("digest"), self.summary.troubles
        endings = {each.row: each for each in troubles}
        measured = {row: got for block in self.blocks for row, got in block.rows_of()}
        rows = []
        for at, index in enumerate(self.index.tolist()):
            point = {name: column[at] for name, column in labels.items()}
            trouble, ending = endings.get(at), {}
            if trouble:
                status = trouble.status.name.lower()
                ending = {"status": status, "reason": trouble.reason}
            rows.append(Row(index, point, digests[at], **ending, **measured[at]))
        return rows

    def to_bytes(self) -> bytes:
        """The part as a file."""
        arrays, about = {"index": self.index}, []
        for i, block in enumerate(self.blocks):
            arrays |= {f"{i}/{name}": array for name, array in block.arrays().items()}
            about.append(block.about())
        arrays |= {f"label/{name}": a for name, a in self.columns.arrays.items()}
        text = {
            "schema": SCHEMA,
            "salt": self.summary.salt,
            "units": self.summary.units,
            "troubles": [
                (each.row, each.status.value, each.reason)
                for each in self.summary.troubles
            ],
            "labels": self.columns.texts,
            "blocks": about,
        }
        return encode(arrays, json.dumps(text, ensure_ascii=False))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Part":
        """What `to_bytes` wrote. Raises `DamagedError` for anything else."""
        arrays, text = decode(data)
        about = _checked(text)
        labels, blocks = _inside("label/", arrays), []
        for i, each in enumerate(about["blocks"]):
            blocks.append(Block.of(_inside(f"{i}/", arrays), each))
        columns = Columns(labels, about["labels"])
        return cls(_summary(about), arrays["index"], columns, tuple(blocks))


def read_summary(read, size: int) -> Summary:
    """The summary of a part of `size` bytes, from its beginning, ``read(n)``.

    Raises `DamagedError` if that is not the beginning of a part of this size.
    """
    return _summary(_checked(read_text(read, size)))


def _inside(room: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays whose names begin so, without that."""
    return {n.removeprefix(room): a for n, a in arrays.items() if n.startswith(room)}


def _checked(text: str) -> dict[str, Any]:
    about = json.loads(text)
    if about.get("schema") != SCHEMA:
        raise DamagedError(f"it is {about.get('schema')!r}, not {SCHEMA!r}")
    return about


def _summary(about: dict[str, Any]) -> Summary:
    troubles = (Trouble(row, State(s), reason) for row, s, reason in about["troubles"])
    return Summary(about["units"], about["salt"], tuple(troubles))
