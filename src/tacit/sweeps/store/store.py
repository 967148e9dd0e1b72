"""The store of a sweep: where results are put, and found again."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .manifest import Manifest
from .rows import Row


class Store:
    """The results of one sweep, in a folder or an object store.

    Every unit that was committed is there whole, or not at all, whatever was killed.
    What is in the parts is the truth; the ledger (who works on what, how often
    something was tried) is rebuilt from them where it is lost. A store may be pickled:
    it is opened anew where it arrives.

    A unit is run like this, by any number of processes at once::

        for key in store.claim("worker 1"):
            store.commit(key, rows)

    Raises `OutputError` for a place that is no store, or of another version, and
    `StoreError` for one that cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str], *, ledger: bool = True) -> None:
        """The store at `path`, a folder or a URL that fsspec knows, which is there.

        With ``ledger=False`` it writes parts and never touches the ledger: for workers
        on other machines, where SQLite over a network would not be safe. Whoever has
        the ledger then calls `acknowledge`.
        """
        raise NotImplementedError

    @classmethod
    def create(cls, path: str | os.PathLike[str], manifest: Manifest) -> "Store":
        """A new store. Raises `OutputError` if anything is there already."""
        raise NotImplementedError

    @classmethod
    def open_or_create(
        cls, path: str | os.PathLike[str], manifest: Manifest
    ) -> "Store":
        """The store at `path`, made if need be, from now on with this `manifest`.

        A store of the same sweep goes on: units of the same key are done, and those of
        another version of the code, or of a grid that was otherwise, are left alone but
        count for nothing. Raises `OutputError` if it holds another sweep, or is not
        ours.
        """
        raise NotImplementedError

    @property
    def manifest(self) -> Manifest:
        """The grid, the units and the version of the code."""
        raise NotImplementedError

    # --- work

    def pending(self) -> list[str]:
        """Keys of units neither committed nor given up, in order, claimed ones too."""
        raise NotImplementedError

    def committed(self) -> set[str]:
        """Keys of units of this manifest whose results are there."""
        raise NotImplementedError

    def claim(self, worker: str, *, limit: int = 1, lease: float = 60.0) -> list[str]:
        """Take up to `limit` units for `worker`, for `lease` seconds; empty if none.

        No two workers get the same unit unless a lease runs out. Time is what passes on
        this machine while it is awake: setting the clock changes nothing, and after a
        restart nobody holds anything. Every claim counts as one attempt.
        """
        raise NotImplementedError

    def beat(self, worker: str, *, lease: float = 60.0) -> int:
        """Say that `worker` lives: what it holds is its own for `lease` seconds more.

        How many units it holds; fewer than it thinks if a lease had run out.
        """
        raise NotImplementedError

    def release(self, worker: str, keys: Iterable[str] | None = None) -> list[str]:
        """Give back what `worker` holds unfinished, or these of it; which they were."""
        raise NotImplementedError

    def attempts(self, unit_key: str) -> int:
        """How often the unit was claimed."""
        raise NotImplementedError

    def commit(
        self, unit_key: str, rows: Sequence[Row], *, seconds: float | None = None
    ) -> bool:
        """Keep the results of a unit for good; False if they were there already.

        `rows` are all its runs, in any order. When this returns, the results outlast
        the process and the machine. A second writer of the same unit is harmless: the
        first one stays. Raises `DataError` if these are not the runs of the unit or
        hold what cannot be kept, and `StoreError` if the place is full or closed to
        writing; what was committed before is untouched.
        """
        raise NotImplementedError

    def acknowledge(self, keys: Iterable[str]) -> set[str]:
        """Enter into the ledger units that others committed; those that are there."""
        raise NotImplementedError

    def record_failure(
        self, unit_key: str, error: str, *, quarantine_after: int = 3
    ) -> bool:
        """Note that a unit ended its worker; whether it is given up from now on.

        It is, once it has done so `quarantine_after` times; until then it is pending
        again. `error` is kept and shown.
        """
        raise NotImplementedError

    def quarantine(self, unit_key: str, error: str) -> None:
        """Give a unit up: its runs count as quarantined, with `error` as the reason."""
        raise NotImplementedError

    def retry(self, keys: Iterable[str] | None = None) -> list[str]:
        """Make units that were given up pending again, all or these; which ones."""
        raise NotImplementedError

    # --- results

    def open(self, *, pad: bool = False) -> Any:
        """The results as an `xarray.Dataset` over the axes of the grid.

        ``status`` says of every run what became of it, and ``reason`` why. Where runs
        differ in the shapes of what was measured it is a `xarray.DataTree` with one
        node for each class of shapes; with `pad` it is one dataset in any case, filled
        up with NaN.
        """
        raise NotImplementedError

    def failures(self) -> list[Any]:
        """The runs that diverged, failed or were given up, with their reasons."""
        raise NotImplementedError

    def status(self) -> Any:
        """How far it is: units and runs by status, workers, bytes. Cheap."""
        raise NotImplementedError

    # --- care

    def verify(self, progress: Callable[[int, int], object] | None = None) -> Any:
        """Read every part and say what is damaged, double, stray or of another code."""
        raise NotImplementedError

    def repair(self, progress: Callable[[int, int], object] | None = None) -> Any:
        """Put aside what is damaged, remove what is double, rebuild the ledger."""
        raise NotImplementedError

    def pack(self, progress: Callable[[int, int], object] | None = None) -> int:
        """Put many small parts into few large ones; how many were packed."""
        raise NotImplementedError

    def export(self, path: str | os.PathLike[str], format: str | None = None) -> list:
        """Write the results as "zarr", "netcdf", "parquet" or "csv"; what was written.

        `format` is read off the ending of `path` where it is not given.
        """
        raise NotImplementedError
