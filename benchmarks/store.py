"""The store of a sweep: what a run costs, and what a million runs do to it.

Run it as ``python benchmarks/store.py [--runs N] [--rows N] [--at DIR]``. Runs hold
3.5 kB, as a few observables at 100 times do, in units of 100; the million is of 0.2 kB,
in units of 250, and in the ledger a million units. Times are medians on one core: wall
time of a commit, CPU time of it, what the disk alone takes to make as many bytes and a
name durable, and what a sweep waits for the store when it computes for 0.4 ms a run and
commits in the background, as it does.
"""

import argparse
import hashlib
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pairs import show, verdict

import numpy as np

import xarray  # noqa: F401  # imported here, so that it is not counted below
from tacit.sweeps.engine.committing import Committing
from tacit.sweeps.store import Axis, Manifest, Row, Store
from tacit.sweeps.store.ledger import Ledger
from tacit.sweeps.store.tables import Found
from tacit.sweeps.units import Ran


wall, cpu = time.perf_counter, time.process_time
MOST_MS, MOST_S = 0.2, 1.0
"""What must be kept: milliseconds that a sweep spends on the store for a run, CPU or
waiting; seconds to open 10,000."""
COMPUTED = 4e-4
"""Seconds that a small flow takes in a batch."""
TIMES = np.linspace(0.0, 1.0, 100)


def key(i: int) -> str:
    return hashlib.sha256(b"%d" % i).hexdigest()


def manifest(runs: int, unit: int) -> Manifest:
    axes = (
        Axis.of("depth", [1, 2, 3, 4]),
        Axis.of("alpha", [0.1 * i for i in range(10)]),
        Axis.of("seed", [*range(runs // 40)]),
    )
    units = {key(i): range(unit * i, unit * (i + 1)) for i in range(runs // unit)}
    return Manifest("benchmark", axes, units, "1")


def large(about: Manifest, index: int, draw: np.ndarray) -> Row:
    """A run of 3.5 kB."""
    values = {f"curve {i}": draw[i] for i in range(4)}
    dims = {name: ("time",) for name in values}
    values |= {"end": 1.0, "steps": index}
    told = {"values": values, "dims": dims, "coords": {"time": TIMES}}
    return Row(index, about.point(index), "0" * 64, **told)


def small(about: Manifest, index: int, draw: np.ndarray) -> Row:
    """A run of 0.2 kB: single values, as of an escape or a verdict."""
    values = {f"value {i}": float(x) for i, x in enumerate(draw[0, :20])}
    return Row(index, about.point(index), "0" * 64, values=values)


def timed(act: Callable[[], object], clock: Callable[[], float] = wall) -> float:
    begun = clock()
    act()
    return clock() - begun


def bare(folder: Path, data: bytes) -> None:
    """What no store can do without: the bytes on the disk, and then their name."""
    with (folder / "part").open("wb", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())
    os.replace(folder / "part", folder / "whole")
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def behind(store: Store, size: int) -> float:
    """Wall seconds a run that whoever computes waits for the store.

    To compute is to sleep here, so that nothing else on the machine counts.
    """
    about, rng, waited, runs = store.manifest, np.random.default_rng(7), [], 0
    with Committing(store) as kept:
        while True:
            begun = wall()
            units = store.claim("benchmark")
            waited.append(wall() - begun)
            if not units:
                break
            draw = rng.standard_normal((size, 4, len(TIMES)))
            places = zip(about.units[units[0]], draw, strict=True)
            ran = Ran([large(about, i, x) for i, x in places], {})
            time.sleep(COMPUTED * size)
            begun = wall()
            kept.put(units[0], ran, 1.0)
            waited.append(wall() - begun)
            runs += size
        begun = wall()
    return (sum(waited) + wall() - begun) / runs


def filled(store: Store, make: Callable, size: int) -> tuple[float, ...]:
    """Seconds per run: the median over units, of CPU, and of the disk alone."""
    about, rng = store.manifest, np.random.default_rng(7)
    spent, worked, disk, runs = [], 0.0, [], 0
    beside = Path(tempfile.mkdtemp(dir=Path(str(store._place)).parent))
    while units := store.claim("benchmark"):
        (unit,) = units
        draw = rng.standard_normal((size, 4, len(TIMES)))
        rows = [make(about, i, x) for i, x in zip(about.units[unit], draw, strict=True)]
        begun = cpu()
        spent.append(timed(lambda u=unit, r=rows: store.commit(u, r, seconds=1.0)))
        worked += cpu() - begun
        runs += len(rows)
        raw = draw.tobytes()[: 3500 * size]
        disk.append(timed(lambda r=raw: bare(beside, r)))
    median = statistics.median
    return median(spent) / size, worked / runs, median(disk) / size


def a_run(folder: Path, runs: int) -> bool:
    rows, kept = [], (math.nan, math.nan)
    for unit in (10, 100, 1000):
        few = runs if unit > 10 else runs // 10
        store = Store.create(folder / f"units of {unit}", manifest(few, unit))
        store.pending()  # makes the ledger
        times = filled(store, large, unit)
        other = Store.create(folder / f"behind {unit}", manifest(few, unit))
        other.pending()
        waits = behind(other, unit)
        store = Store(folder / f"units of {unit}")
        loose = statistics.median(timed(store.open, cpu) for _ in range(3))
        packing = timed(store.pack)
        packed = statistics.median(timed(store.open, cpu) for _ in range(3))
        told = [f"{1e3 * t:.3f}" for t in times]
        rows.append(
            (
                f"{few:,} in units of {unit}",
                *told,
                f"{1e3 * waits:.3f}",
                f"{loose:.2f}",
                f"{packing:.1f}",
                f"{packed:.2f}",
            )
        )
        if unit == 100:
            kept = max(times[1], waits), loose
    head = (
        "",
        "ms a run",
        "CPU",
        "disk alone",
        "waits",
        "open, CPU s",
        "pack, s",
        "and open",
    )
    show("runs of 3.5 kB", rows, head)
    fast = verdict("runs stored in 0.2 ms", MOST_MS / 1e3 / kept[0], 1.0)
    return verdict("openings in 1 s", MOST_S / kept[1], 1.0) and fast


def a_million_units(folder: Path, units: int) -> None:
    """The ledger alone: one run a unit, the worst that a grid can do to it."""
    sizes = {key(i): 1 for i in range(units)}
    path = folder / "ledger.sqlite"
    made: list[Ledger] = []
    rows = [("make it", f"{timed(lambda: made.append(_ledger(path, sizes))):.1f} s")]
    (ledger,) = made

    def work(claims: int, at_once: int) -> float:
        begun = wall()
        for _ in range(claims):
            ledger.enter([Found(k, (), 1.0) for k in ledger.claim("b", at_once, 60.0)])
        return (wall() - begun) / claims / at_once

    rows.append(("claim and enter one", f"{1e6 * work(2000, 1):.0f} µs"))
    rows.append(("one, of 100 at once", f"{1e6 * work(100, 100):.0f} µs"))
    rows.append(("beat", f"{1e6 * timed(lambda: ledger.beat('b', 60.0)):.0f} µs"))
    rows.append(("count states", f"{timed(ledger.counts):.2f} s"))
    rows.append(("what is pending", f"{timed(lambda: ledger.keys(0)):.2f} s"))
    rows.append(("open it again", f"{timed(lambda: _ledger(path, sizes)):.2f} s"))
    ledger.close()
    rows.append(("its size", f"{path.stat().st_size / 1e6:.0f} MB"))
    show(f"a ledger of {units:,} units", rows, ("", ""))


def _ledger(path: Path, sizes: dict[str, int]) -> Ledger:
    return Ledger(path, "benchmark", sizes, tuple, dict)


def a_million_runs(folder: Path, runs: int) -> None:
    place = folder / "million"
    about = manifest(runs, 250)
    store = Store.create(place, about)
    store.pending()
    told = [f"{1e3 * seconds:.3f} ms" for seconds in filled(store, small, 250)]
    rows = [("store a run", f"{told[0]}; CPU {told[1]}, the disk alone {told[2]}")]

    def look(what: str) -> None:
        store = Store(place)
        rows.append((f"status, {what}", f"{timed(store.status):.2f} s"))
        rows.append((f"open, {what}", f"{timed(store.open):.2f} s"))
        (place / "ledger.sqlite").unlink()
        again = Store(place)
        rows.append((f"rebuild the ledger, {what}", f"{timed(again.status):.2f} s"))
        files = [*place.rglob("*.safetensors")]
        size = sum(file.stat().st_size for file in files) / 1e6
        rows.append((f"files, {what}", f"{len(files)}, {size:.0f} MB"))

    rows.append(("the manifest", f"{(place / 'tacit-store.json').stat().st_size:,} B"))
    look("loose")
    rows.append(("verify", f"{timed(store.verify):.1f} s"))
    rows.append(("pack", f"{timed(store.pack):.1f} s"))
    look("packed")
    show(f"{runs:,} runs of 0.2 kB in {len(about.units):,} units", rows, ("", ""))


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--at", type=Path, help="a folder on the disk to be measured")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=asked.at))
    try:
        met = a_run(folder, asked.runs)
        a_million_units(folder, asked.rows)
        a_million_runs(folder, asked.rows)
    finally:
        shutil.rmtree(folder)
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
