"""Many small parts into few large ones, so that opening reads few files."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .columns import Block, Columns, equal
from .encoding import DamagedError
from .library import Library, LOOSE, Progress
from .parts import Part, Summary, Trouble
from .places import AbstractPlace


MOST_BYTES, MOST_ROWS = 2**27, 2**17
"""What one pack may hold: 128 MB, so that it fits in memory some times over."""


def pack(
    place: AbstractPlace, library: Library, keys: Iterable[str], progress: Progress
) -> int:
    """Pack the parts of these units that stand alone; how many.

    A pack is there for good before the first of its parts is removed: whoever is killed
    in between leaves units that are there twice, and alike.
    """
    found = library.find()
    alone = [k for k in keys if found.get(k, "").startswith(LOOSE)]
    packed = 0
    for parts, names in _batches(library, alone, found):
        if len(parts) > 1:
            library.put(together(parts))
            for name in names:
                place.remove(name)
            packed += len(parts)
        if progress is not None:
            progress(packed, len(alone))
    return packed


def _batches(
    library: Library, keys: Sequence[str], found: dict[str, str]
) -> Iterator[tuple[list[Part], list[str]]]:
    parts: list[Part] = []
    names: list[str] = []
    size = rows = 0
    for key in keys:
        try:
            part = library.read(found[key])
        except (DamagedError, FileNotFoundError):  # left for `repair` to say
            continue
        parts.append(part)
        names.append(found[key])
        size += part.nbytes
        rows += part.summary.size
        if size >= MOST_BYTES or rows >= MOST_ROWS:
            yield parts, names
            parts, names, size, rows = [], [], 0, 0
    yield parts, names


def together(parts: Sequence[Part]) -> Part:
    """One part that holds the units of all of these, one after another."""
    starts = np.cumsum([0, *(part.summary.size for part in parts)]).tolist()
    troubles = tuple(
        Trouble(start + each.row, each.status, each.reason)
        for start, part in zip(starts, parts, strict=False)
        for each in part.summary.troubles
    )
    units = {k: n for part in parts for k, n in part.summary.units.items()}
    alike: dict[tuple, list[tuple[int, Block]]] = {}
    for start, part in zip(starts, parts, strict=False):
        for block in part.blocks:
            alike.setdefault(block.outline, []).append((start, block))
    return Part(
        Summary(units, parts[0].summary.salt, troubles),
        np.concatenate([part.index for part in parts]),
        _labels([part.columns for part in parts]),
        tuple(_joined(blocks) for blocks in alike.values()),
    )


def _labels(columns: Sequence[Columns]) -> Columns:
    lists: dict[str, list] = {}
    for each in columns:
        for name, column in each.lists().items():
            lists.setdefault(name, []).extend(column)
    return Columns.of(lists)


def _joined(blocks: Sequence[tuple[int, Block]]) -> Block:
    """Blocks of one outline as one, each with the row that its part begins at."""
    first = blocks[0][1]
    at = np.concatenate([start + block.at for start, block in blocks])
    values = {n: np.concatenate([b.values[n] for _, b in blocks]) for n in first.values}
    coords, shared = {}, set()
    for name, array in first.coords.items():
        same = all(name in b.shared and equal(array, b.coords[name]) for _, b in blocks)
        if same:
            shared.add(name)
        coords[name] = (
            array if same else np.concatenate([b.of_each_run(name) for _, b in blocks])
        )
    return Block(at, values, coords, first.dims, frozenset(shared), first.attrs)
