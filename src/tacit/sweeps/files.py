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
from .units import run_unit
from .work import Work


WARM = 10.0
"""Seconds of a first run up to which it is run again, without what it compiled."""


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
    """What a sweep would come to, measured on one run of every shape class."""

    runs: int
    units: int
    shapes: Mapping[str, int]
    seconds: float
    """Of one core, compilation included; batches take less."""
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """In plain types."""
        told = {"runs": self.runs, "units": self.units, "shapes": dict(self.shapes)}
        return told | {"seconds": round(self.seconds, 1), "bytes": self.bytes}

    def __str__(self) -> str:
        lines = [f"{self.runs} runs in {self.units} units"]
        lines += [f"  {n} of {shape}" for shape, n in self.shapes.items()]
        n = cores()
        lines.append(
            f"about {self.seconds:.0f} s on one core, {self.seconds / n:.0f} s on the "
            f"{n} of this machine, and {self.bytes / 2**20:.1f} MiB (one run of each "
            "shape was tried)"
        )
        return "\n".join(lines)


def estimate(spec: SweepSpec, batch: int | None = None) -> Estimate:
    """What the sweep would come to. Nothing is kept; one run of each shape is run."""
    work = Work.of(
        spec.base, spec.observe, spec.claims, spec.records, predict=spec.wanted.predict
    )
    plan = Plan.of(spec.name, Grid(spec.axes, spec.where), work, batch=batch)
    firsts: dict[str, Unit] = {}
    for unit in plan:
        firsts.setdefault(unit.shape, unit)
    seconds, size = 0.0, 0.0
    for shape, unit in firsts.items():
        first, each, bulk = _tried(work, unit)
        seconds += first + each * (plan.shapes[shape] - 1)
        size += bulk * plan.shapes[shape]
    return Estimate(
        sum(plan.shapes.values()), len(plan.units), plan.shapes, seconds, int(size)
    )


def _tried(work: Work, unit: Unit) -> tuple[float, float, int]:
    """Seconds of the first run of a unit, of the next, and its bytes."""
    one = Unit.of(work, unit.members[:1])
    begun = time.perf_counter()
    (row,) = run_unit(work, one)
    first = again = time.perf_counter() - begun
    if first < WARM:
        begun = time.perf_counter()
        run_unit(work, one)
        again = time.perf_counter() - begun
    return first, again, sum(np.asarray(x).nbytes for x in row.values.values())


def default_store(spec: Path) -> Path:
    """Where the results of a file go if nobody says."""
    return Path("runs") / spec.stem
