"""Whether rows are the results of a unit, before anything is written."""

from collections.abc import Sequence

from ...errors import DataError
from .assembling import RESERVED
from .manifest import Manifest
from .rows import Row


def in_order(manifest: Manifest, key: str, rows: Sequence[Row]) -> list[Row]:
    """The rows in the order of the manifest, if they are the runs of the unit.

    Raises `NotFoundError` for a unit that is not of this sweep, and `DataError` for
    other runs than its own, at other points, or with names that are taken.
    """
    wanted, given = manifest.runs_of(key), {row.index: row for row in rows}
    if given.keys() != {*wanted} or len(given) != len(rows):
        raise DataError(
            f"the unit {key[:12]} has the runs {_some(wanted)}; got rows of "
            f"{_some(sorted(row.index for row in rows))}. Commit all runs of a unit at "
            "once, those that failed too."
        )
    taken = {*RESERVED}
    for axis in manifest.axes:
        taken |= {axis.name, *axis.columns}
    for index, row in given.items():
        if dict(row.point) != (point := manifest.point(index)):
            raise DataError(
                f"run {index} is at {point} in the grid; its row says "
                f"{dict(row.point)}."
            )
        axes = (dim for dims in row.dims.values() for dim in dims)
        for name in taken.intersection((*row.values, *row.coords, *axes)):
            raise DataError(
                f"run {index} measured {name!r}, which is a name of the grid or of the "
                "store; call it something else."
            )
    return [given[index] for index in wanted]


def _some(numbers: Sequence[int]) -> str:
    more = "" if len(numbers) <= 9 else f", … ({len(numbers)})"
    return ", ".join(map(str, numbers[:9])) + more
