"""Which runs a sweep consists of."""

import contextlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from ..errors import DataError, KindError, TacitError
from ..experiment import Experiment
from .batches import Member, Unit, units_of
from .grid import Grid, Point
from .store import Axis, Manifest, Store
from .threads import one_thread
from .version import salt
from .work import mark_of, Work


Progress = Callable[[int, int, str], object]


@dataclass(frozen=True)
class Plan:
    """The units of a sweep, in the order in which they are offered to workers."""

    name: str
    grid: Grid
    work: Work
    units: tuple[Unit, ...]

    @classmethod
    def of(
        cls,
        name: str,
        grid: Grid,
        work: Work,
        *,
        batch: int | None = None,
        before: Store | None = None,
        progress: Progress | None = None,
    ) -> "Plan":
        """Make every experiment once, and put those of one shape into units.

        With `batch` a unit has at most so many runs. Units depend on the grid, and on
        those that a store has from `before`, never on who computes them: so a sweep
        that goes on finds its own again, and one whose grid has grown adds to them.

        Raises `DataError` where `experiment_of` makes two experiments of one point.
        """
        if batch is not None and (not isinstance(batch, int) or batch < 1):
            raise DataError(f"batch = {batch!r}: a unit has a run or more.")
        classes: dict[Any, list[Member]] = {}
        with contextlib.suppress(Exception):  # what it imports is limited then as well
            work.experiment(next(iter(grid)))
        with one_thread():
            for i, point in enumerate(grid):
                if progress is not None:
                    progress(i, len(grid), "planning")
                mark, shape = _looked_at(work, point, classes)
                member = Member(point, mark, _in_words(shape))
                classes.setdefault(shape, []).append(member)
        units = units_of(work, [*classes.values()], batch, before)
        return cls(name, grid, work, units)

    @property
    def manifest(self) -> Manifest:
        """The same as the store has it, in plain types."""
        axes = [
            Axis(
                "-".join(axis.names),
                {
                    name: [labels[i] for labels in rows]
                    for i, name in enumerate(axis.names)
                },
            )
            for axis, rows in zip(self.grid.axes, self.grid.labels, strict=True)
        ]
        runs = {u.key: [each.point.index for each in u.members] for u in self.units}
        about = {"observed": [each.name for each in self.work.observe]}
        about |= {"claims": [each.id for each in self.work.claims]}
        sweep = f"{self.name} over {', '.join(self.grid.names)}"
        return Manifest(sweep, tuple(axes), runs, salt(), about)

    @property
    def shapes(self) -> dict[str, int]:
        """How many runs there are of every shape class."""
        found: dict[str, int] = {}
        for unit in self.units:
            found[unit.shape] = found.get(unit.shape, 0) + len(unit.members)
        return found

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)


def why(error: BaseException) -> str:
    """What went wrong in a line, and where in the code of the user."""
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "tacit" not in frame.filename]
    place = f" (line {own[-1].lineno} of {own[-1].name})" if own else ""
    tacits = isinstance(error, TacitError)
    return f"{type(error).__name__}: {text}{'' if tacits else place}"


def _looked_at(work: Work, point: Point, known: dict) -> tuple[str, Any]:
    """The mark of the experiment at `point` and its shape class."""
    try:
        made = work.experiment(point)
    except KindError:  # no experiment at all: a slip that every point would repeat
        raise
    except Exception:  # one of the user's own: the run will be kept as failed
        return "", None
    shape, mark = shape_of(made), mark_of(made)
    if shape not in known and mark_of(work.experiment(point)) != mark:
        raise DataError(
            f"experiment_of made two different experiments of one point, {point}: a "
            "run could not be found again. Draw from a generator whose seed is an "
            "argument, and take no time, counter or global state into it."
        )
    return mark, shape


def shape_of(experiment: Experiment) -> tuple:
    """What runs must have in common for one compiled function to serve them."""
    risk, flow = experiment.risk, experiment.flow
    kinds = (
        type(experiment.network),
        type(risk.loss),
        type(flow),
        type(experiment.until),
    )
    clock = type(flow.clock)
    leaves = jax.tree.leaves((experiment.network, risk.nameless))
    return (*kinds, clock, tuple(np.shape(leaf) for leaf in leaves))


def _in_words(shape: Sequence | None) -> str:
    if shape is None:
        return "no experiment"
    network, loss, flow, _, clock, sizes = shape
    clocked = "" if clock is type(None) else f" in {clock.__name__}"
    shapes = " ".join("×".join(map(str, each)) or "1" for each in sizes[:4])
    return (
        f"{network.__name__} under {loss.__name__} by {flow.__name__}{clocked}: "
        f"{shapes}{' …' if len(sizes) > 4 else ''}"
    )
