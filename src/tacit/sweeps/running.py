"""Grids of experiments, run in batches, with every finished result kept."""

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import numpy as np

from .._types import require_float64
from ..claims.catalogue import Named
from ..errors import DataError
from ..experiment import Experiment
from ..observables import AbstractObservable
from .engine import Driver, run_inline, run_locally, run_on_cluster
from .grid import Grid
from .plan import Plan, Progress
from .store import Failure, Status, Store
from .tidings import Tidings
from .travel import packed
from .work import Work


if TYPE_CHECKING:
    import xarray

    from ..display.figures import Drawing

ALONE = 3.0
"""Seconds that a sweep is run in this process before it asks for more workers."""


@dataclass(frozen=True)
class Sweep:
    """A sweep that has been run, as far as it was.

    Everything is in its `store`; `open` and `plot` read it from there.
    """

    store: Store
    names: tuple[str, ...]
    """The names of the grid."""

    def open(self, *, pad: bool = False) -> "xarray.Dataset | xarray.DataTree":
        """The results as an `xarray.Dataset` over the grid; see `Store.open`."""
        return self.store.open(pad=pad)

    def status(self) -> Status:
        """How many units and runs are done, and how they ended."""
        return self.store.status()

    def failures(self) -> list[Failure]:
        """The runs that diverged, failed or were given up, with their reasons."""
        return sorted(self.store.failures(), key=lambda each: each.index)

    def outcomes(self) -> dict[str, dict[str, int]]:
        """How often each claim held, failed and so on, by its ID."""
        found: dict[str, dict[str, int]] = {}
        data = self.open(pad=True)
        for name in map(str, data.data_vars):
            claim, _, last = name.rpartition("_")
            if last == "outcome":
                words, counts = np.unique(data[name].astype(str), return_counts=True)
                pairs = zip(words.tolist(), counts.tolist(), strict=True)
                found[claim] = {word: n for word, n in pairs if word}
        return found

    def plot(
        self,
        x: str,
        y: str,
        by: str | None = None,
        *,
        log: str | None = None,
        title: str = "",
    ) -> "Drawing":
        """A picture of the results, as `Store.plot` says."""
        return self.store.plot(x, y, by, log=log, title=title)

    def __str__(self) -> str:
        from .tidings import in_short

        return in_short(self.status())

    def _repr_html_(self) -> str:
        from ..reporting.sweep_figures import summary_html

        return summary_html(self.status(), self.failures(), self.names)


def sweep(
    experiment_of: Callable[..., Experiment],
    grid: Mapping[Any, Any] | Grid,
    store: str | os.PathLike[str] = "runs/",
    observe: Sequence[AbstractObservable] = (),
    workers: int | None = None,
    cluster: Any = None,
    *,
    where: Callable[..., bool] | None = None,
    claims: Iterable[Named] = (),
    predict: bool = False,
    records: int | Sequence[float] | None = None,
    batch: int | None = None,
    name: str | None = None,
    progress: Progress | bool | None = None,
) -> Sweep:
    """Run ``experiment_of(**point)`` at every point of `grid`, and keep what is seen.

    `grid` maps names to lists of values: numbers, names, classes, functions; all their
    combinations are run where ``where(**values)`` is true. Names that go together are a
    tuple, and so are their values (`Grid`). Functions and classes of a script or a
    notebook may be used.

    Runs of one shape are batched, and a batch, once finished, is in `store` for good:
    whatever is killed, the same call goes on from there. A run that raises or diverges
    is kept as such, with its reason; the others are not harmed. `batch` is the most
    runs in one.

    `observe` is recorded at `records` times, 50 by default; `claims` are judged on
    every run, and with `predict` what they foresee is kept beside what was measured (of
    all theorems that apply, where no claims are given).

    `workers` are processes on this machine, 1 for this process alone; by default one a
    core if it takes longer than some seconds. `cluster` is a `distributed.Client` or
    the address of its scheduler.

    Raises `DataError` and its like, before anything is run, for a grid or a function
    that will not do, `OutputError` for a store that holds another sweep, and
    `KeyboardInterrupt` after Ctrl-C, when the batches at hand have been finished.
    """
    require_float64("sweep")
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise DataError(f"workers = {workers!r}: it takes one process or more.")
    points = grid if isinstance(grid, Grid) else Grid(grid, where)
    if isinstance(grid, Grid) and where is not None:
        raise DataError("this Grid has its own `where`; give it there.")
    points.require_fits(experiment_of)
    work = Work.of(experiment_of, observe, claims, records, predict=predict)
    if workers != 1 or cluster is not None:
        packed("the sweep", (work, [axis.rows for axis in points.axes]))
    with Tidings.of(progress) as tidings:
        plan = Plan.of(
            name or _called(experiment_of), points, work, batch=batch,
            before=Store.found(store), progress=tidings.planning,
        )  # fmt: skip
        kept = Store.open_or_create(store, plan.manifest)
        look = tidings.watching(kept)
        _run(Driver(plan, kept, os.fspath(store), look), workers, cluster)
        look(last=True)
    return Sweep(kept, points.names)


def _run(driver: Driver, workers: int | None, cluster: Any) -> None:
    if cluster is not None:
        run_on_cluster(driver, cluster)
    elif workers == 1:
        run_inline(driver)
    elif workers is not None:
        run_locally(driver, workers)
    elif not run_inline(driver, seconds=ALONE if cores() > 1 else float("inf")):
        run_locally(driver, cores())


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _called(experiment_of: Any) -> str:
    """The name of a sweep, by which a store knows its own."""
    whole = isinstance(experiment_of, functools.partial)
    inner = experiment_of.func if whole else experiment_of
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return name.replace("<locals>.", "")
