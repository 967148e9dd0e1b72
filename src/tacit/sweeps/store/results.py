"""What can be read of a store, and how it is kept in order."""

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from . import opening
from .audit import Audit, audited, repaired
from .books import Books
from .library import Library, Progress
from .manifest import Manifest
from .packing import pack
from .places import AbstractPlace
from .progress import Failure, failures_of, Status, status_of
from .reading import opened


if TYPE_CHECKING:
    import xarray

    from ...display.figures import Drawing


class AbstractResults:
    """The half of a store that is for whoever wants its results."""

    _place: AbstractPlace
    _manifest: Manifest
    _library: Library
    _books: Books

    def open(self, *, pad: bool = False) -> "xarray.Dataset | xarray.DataTree":
        """The results as an `xarray.Dataset` over the axes of the grid.

        ``status`` says of every run what became of it, and ``reason`` why. Where runs
        differ in the shapes of what was measured it is a `xarray.DataTree`: a node for
        each class of shapes, and ``runs`` with what has one shape in all. With `pad` it
        is one dataset in any case, filled up with NaN.
        """
        given_up = opening.given_up(self._place)
        return opened(self._place, self._library, self._manifest, given_up, pad=pad)

    def plot(
        self,
        x: str,
        y: str,
        by: str | None = None,
        *,
        log: str | None = None,
        title: str = "",
    ) -> "Drawing":
        """`y` against the axis `x`, a line for every value of `by`, or a phase diagram.

        Where `y` is an axis of the grid too, the measured number `by` is shown over
        both. Lines are means over all other axes, with bands of two standard errors.
        What was recorded in time is taken at its end, unless `x` is "time". `log` names
        the logarithmic axes, as "xy", or "" for none; without it an axis of the grid is
        one if its values are positive and evenly spaced in the logarithm (two: a decade
        apart). A band that would go through 0 on a logarithmic axis is as long below
        its mean as above. It shows itself in a notebook and has `save`.

        Raises `NotFoundError` for a name that is not there, and `DataError` for what
        is no number or cannot be drawn along that axis.
        """
        from ...reporting.sweep_figures import drawn

        return drawn(self.open(pad=True), x, y, by, log=log, title=title)

    def failures(self) -> list[Failure]:
        """The runs that diverged, failed or were given up, with their reasons."""
        return list(failures_of(self._books.ledger, self._manifest))

    def status(self) -> Status:
        """How far it is: units and runs by status, workers, bytes. Cheap."""
        return status_of(self._books.ledger)

    def verify(self, progress: Progress = None) -> Audit:
        """Read every part and say what is damaged, double, stray or of another code."""
        found = audited(self._place, self._library, self._manifest, progress)
        return dataclasses.replace(found, ledger=self._books.ledger.sound())

    def repair(self, progress: Progress = None) -> Audit:
        """Put aside what is damaged, remove what is double, rebuild the ledger."""
        found = repaired(self._place, self._library, self._manifest, progress)
        sound = self._books.ledger.sound()
        if not sound:
            self._books.ledger.discard()
        self._books.agree()
        return dataclasses.replace(found, ledger=sound)

    def pack(self, progress: Progress = None) -> int:
        """Put many small parts into few large ones; how many were packed."""
        return pack(self._place, self._library, self._manifest.units, progress)

    def export(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,
        *,
        pad: bool = False,
    ) -> list[Path]:
        """Write the results as "zarr", "netcdf", "parquet" or "csv"; what was written.

        `format` is read off the ending of `path` where it is not given.
        """
        from .exporting import export

        return export(self.open(pad=pad), path, format)
