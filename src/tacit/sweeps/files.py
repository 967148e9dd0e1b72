"""Sweeps from files: a spec of a grid, run, or only looked at."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..specs import SweepSpec
from .batches import Unit
from .grid import Grid
from .plan import Plan
from .running import cores, Sweep, sweep
from .units import Ran, run_unit
from .work import Work


WARM = 10.0
"""Seconds of a first try up to which there is another, without what it compiled."""

TRIED = 8
"""Runs of a shape class that are tried: as many as stand side by side at least."""


def run_spec(spec: SweepSpec, store: str | os.PathLike[str], **words: Any) -> Sweep:
    """`tacit.sweep` of what the file says; `words` are of who runs it, and how told."""
    return sweep(
        spec.base,
        Grid(spec.axes, spec.where),
        store,
        spec.observe,
        claims=spec.claims,
        predict=spec.wanted.predict,
        records=spec.records,
        name=spec.name,
        **words,
    )


@dataclass(frozen=True)
class Estimate:
    """What a sweep would come to, measured on some runs of every shape class."""

    runs: int
    units: int
    shapes: Mapping[str, int]
    seconds: float
    """Of one core, compilation included."""
    bytes: int
    alone: Mapping[str, str]
    """The shape classes whose runs are computed one by one, and why; the runs of all
    others stand side by side."""

    def to_json(self) -> dict[str, Any]:
        """In plain types."""
        told = {"runs": self.runs, "units": self.units, "shapes": dict(self.shapes)}
        told |= {"seconds": round(self.seconds, 1), "bytes": self.bytes}
        return told | {"alone": dict(self.alone)}

    def __str__(self) -> str:
        lines = [f"{self.runs} runs in {self.units} units"]
        for shape, n in self.shapes.items():
            alone = self.alone.get(shape)
            how = f"one by one ({alone})" if alone else "in batches"
            lines.append(f"  {n} of {shape}: {how}")
        n = cores()
        lines.append(
            f"about {self.seconds:.0f} s on one core, {self.seconds / n:.0f} s on the "
            f"{n} of this machine, and {self.bytes / 2**20:.1f} MiB (some runs of each "
            "shape were tried)"
        )
        return "\n".join(lines)


def estimate(spec: SweepSpec, batch: int | None = None) -> Estimate:
    """What the sweep would come to: some runs of each shape are run, none is kept."""
    work = Work.of(
        spec.base, spec.observe, spec.claims, spec.records, predict=spec.wanted.predict
    )
    plan = Plan.of(spec.name, Grid(spec.axes, spec.where), work, batch=batch)
    firsts: dict[str, Unit] = {}
    for unit in plan:
        firsts.setdefault(unit.shape, unit)
    seconds, size, alone = 0.0, 0.0, {}
    for shape, unit in firsts.items():
        few = Unit.of(work, unit.members[:TRIED])
        number, share = len(few.members), plan.shapes[shape] / len(few.members)
        first, again, ran = _tried(work, few)
        seconds += first - again + again * share
        size += share * sum(
            np.asarray(x).nbytes for row in ran.rows for x in row.values.values()
        )
        if ran.alone:
            some = sum(ran.alone.values()) < number
            words = (f"{n} of {number}: {why}" for why, n in ran.alone.items())
            alone[shape] = ", ".join(words if some else ran.alone)
    runs = sum(plan.shapes.values())
    return Estimate(runs, len(plan.units), plan.shapes, seconds, int(size), alone)


def _tried(work: Work, unit: Unit) -> tuple[float, float, Ran]:
    """Seconds of the runs of a unit, of the same once more, and what came of them."""
    begun = time.perf_counter()
    ran = run_unit(work, unit)
    first = again = time.perf_counter() - begun
    if first < WARM:
        begun = time.perf_counter()
        run_unit(work, unit)
        again = time.perf_counter() - begun
    return first, again, ran


def default_store(spec: Path) -> Path:
    """Where the results of a file go if nobody says."""
    return Path("runs") / spec.stem
