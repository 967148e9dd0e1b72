"""A sweep, read while it runs: how far it is, its failures, its grid, single runs."""

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ..errors import DataError, NotFoundError


LOOK = 1.0
"""Seconds between two looks at the store."""

MOST_POINTS, MOST_FAILURES, MOST_CURVES = 20_000, 50, 40


class Sweep:
    """The store at `path`, which is only read.

    Raises what `tacit.Store` raises for a place that is none.
    """

    def __init__(self, path: str):
        self.name, self._path = Path(path).name or str(path), path
        self._seen: tuple[Any, dict] | None = None
        self._store()

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        """What there is, now and again whenever something was added."""
        told = None
        while True:
            mark, piece = await asyncio.to_thread(self._look)
            if mark != told:
                told = mark
                yield piece
            await asyncio.sleep(LOOK)

    async def run(self, key: str) -> dict[str, Any]:
        """The run at this place of the grid, counted along the last axis first."""
        return await asyncio.to_thread(self._run, key)

    def _look(self) -> tuple[Any, dict[str, Any]]:
        """The piece, and what differs whenever it does."""
        store = self._store()
        failures = [
            f"{', '.join(f'{k} {_label(v)}' for k, v in each.point.items())}: "
            f"{each.status}, {each.reason}"
            for each in store.failures()
        ]
        mark = (sorted(store.committed()), failures)
        if self._seen is None or self._seen[0] != mark:
            self._seen = (mark, self._piece(store, failures))
        return self._seen

    def _store(self) -> Any:
        """The store as it is now, read from its parts: its ledger is left alone."""
        from ..sweeps.store import Store

        return Store(self._path, ledger=False)

    def _piece(self, store: Any, failures: list[str]) -> dict[str, Any]:
        data: Any = store.open(pad=True)
        axes = [str(axis.name) for axis in store.manifest.axes]
        status = data["status"].transpose(*axes)
        if status.size > MOST_POINTS:
            raise DataError(
                f"the grid has {status.size} points; up to {MOST_POINTS} are drawn."
            )
        values = {
            str(name): _plain(array.transpose(*axes).values.ravel())
            for name, array in data.data_vars.items()
            if set(array.dims) == set(axes) and array.dtype.kind in "fiub"
        }
        return {
            "name": self.name,
            "axes": [
                {"name": axis, "labels": [_label(x) for x in data[axis].values]}
                for axis in axes
            ],
            "values": values,
            "states": _states(),
            "failed": len(failures),
            "failures": failures[:MOST_FAILURES],
        }

    def _run(self, key: str) -> dict[str, Any]:
        store = self._store()
        data: Any = store.open(pad=True)
        axes = [str(axis.name) for axis in store.manifest.axes]
        shape = [data.sizes[axis] for axis in axes]
        place = int(key) if key.isdecimal() else -1
        if not 0 <= place < math.prod(shape):
            raise NotFoundError("run", key, [f"0 to {math.prod(shape) - 1}"])
        where = {}
        for axis, size in zip(axes[::-1], shape[::-1], strict=True):
            place, where[axis] = divmod(place, size)
        one = data.isel(where)
        curves, numbers = [], {}
        for name, array in one.data_vars.items():
            if array.dtype.kind not in "fiub" or name == "status":
                continue
            if "time" in array.dims:
                at = one["time"] if "time" in one.coords else range(array.sizes["time"])
                table = array.transpose("time", ...).values.reshape(len(array.time), -1)
                curves += [
                    {
                        "panel": str(name),
                        "name": f"{name} {i + 1}" if table.shape[1] > 1 else str(name),
                        "x": _plain(at),
                        "y": _plain(column),
                    }
                    for i, column in enumerate(table.T[:MOST_CURVES])
                    if (column == column).any()
                ]
            elif not array.dims:
                numbers[str(name)] = _plain([array.values])[0]
        return {
            "point": {axis: _label(data[axis].values[where[axis]]) for axis in axes},
            "state": _states()[int(one["status"].values)],
            "reason": str(one["reason"].values) if "reason" in one else "",
            "numbers": numbers,
            "curves": curves,
        }


def _states() -> list[str]:
    from ..sweeps.store import State

    return [state.name.lower() for state in State]


def _plain(values: Any) -> list[float | None]:
    import numpy as np

    found = np.asarray(values, float).ravel()
    return [float(f"{x:.6g}") if math.isfinite(x) else None for x in found]


def _label(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, int | float | bool) else str(value)
