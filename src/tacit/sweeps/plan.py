"""Which runs a sweep consists of, and in what batches."""

import math
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from ..errors import DataError, KindError, TacitError
from ..experiment import Experiment
from .grid import Grid, Point
from .store import Axis, Manifest
from .version import salt
from .work import key_of, mark_of, Work


LARGEST, SMALLEST, SHARE = 128, 8, 16
"""Runs in a unit: that share of a shape class, but no more and no fewer than this."""

Progress = Callable[[int, int, str], object]


@dataclass(frozen=True)
class Member:
    """A run of a unit: its point, and what its experiment was when it was planned.

    `mark` is empty where `experiment_of` raised.
    """

    point: Point
    mark: str


@dataclass(frozen=True)
class Unit:
    """A batch of runs of one shape: what is computed, kept and lost together."""

    key: str
    members: tuple[Member, ...]
    shape: str
    """The shape class in words."""


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
        progress: Progress | None = None,
    ) -> "Plan":
        """Make every experiment once, and put those of one shape into units.

        With `batch` a unit has at most so many runs. Units depend on the grid alone,
        never on who computes them: so a sweep that goes on finds its own again.

        Raises `DataError` where `experiment_of` makes two experiments of one point.
        """
        if batch is not None and (not isinstance(batch, int) or batch < 1):
            raise DataError(f"batch = {batch!r}: a unit has a run or more.")
        classes: dict[Any, list[Member]] = {}
        for i, point in enumerate(grid):
            if progress is not None:
                progress(i, len(grid), "planning")
            mark, shape = _looked_at(work, point, classes)
            classes.setdefault(shape, []).append(Member(point, mark))
        units = []
        for shape, members in classes.items():
            size = batch or _size(len(members))
            for i in range(0, len(members), size):
                chosen = tuple(members[i : i + size])
                marks = [f"{each.point.index}:{each.mark}" for each in chosen]
                units.append(Unit(key_of(work, marks), chosen, _in_words(shape)))
        return cls(name, grid, work, tuple(units))

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
    clock = type(getattr(flow, "clock", None))
    leaves = jax.tree.leaves((experiment.network, risk.nameless))
    return (*kinds, clock, tuple(np.shape(leaf) for leaf in leaves))


def _size(runs: int) -> int:
    return min(LARGEST, max(SMALLEST, math.ceil(runs / SHARE)))


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
