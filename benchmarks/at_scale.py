"""What limits a sweep of a million runs, and of a thousand million: a simulation.

Run it as ``python benchmarks/at_scale.py [--run-ms MS] [--at DIR]``. Workers take
units, compute, and have each result made durable and entered in the ledger while they
compute the next; ledger, disk, scheduler and object store each serve one request after
another. What they take is measured here first, on this machine, but for two that it has
not: Dask's scheduler takes 1 ms a task (its documentation), and an object store 3,500
writes a second to a prefix (that of S3), of 16 prefixes, 0.1 s after it was asked, and
lists 1,000 names in 0.1 s. The simulation follows 20 units a worker and takes their
pace for all. docs/sweeps_at_scale.md is about what comes out.
"""

import argparse
import hashlib
import heapq
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pairs import show

from tacit.sweeps.engine.committing import AT_ONCE
from tacit.sweeps.store import Axis, Manifest
from tacit.sweeps.store.folders import FolderPlace
from tacit.sweeps.store.ledger import Ledger
from tacit.sweeps.store.tables import Found


EIGHT = 8
"""Parts that are written at once, as the driver of a cluster does."""
DASK = 1e-3
PUTS, LATENCY, PAGE = 16 * 3500.0, 0.1, 1000
SPREAD = 0.3
"""How much the compute time of units varies: the sigma of its logarithm."""
MEAN = -(SPREAD**2) / 2
SIZES = (1, 16, 256, 4096)
PEOPLE = {"1e6": 10**6, "1e9": 10**9}


@dataclass(frozen=True)
class Costs:
    """Seconds, or bytes, of one of each; measured."""

    ledger: float
    """To claim a unit and to enter it."""
    unit: float
    """To make a unit's row when a ledger is made."""
    row: float
    """Its bytes."""
    disk: float
    """To make a part of 64 kB durable under its name."""
    shared: float
    """The same where eight are written at once: what the disk takes for each."""
    name: float
    """To list one part in a folder."""
    told: float
    """Bytes of a unit in the manifest, where its runs are evenly spaced."""
    number: float
    """Bytes of a run there, where they are not."""


def key(i: int) -> str:
    return hashlib.sha256(b"%d" % i).hexdigest()


def measured(folder: Path, units: int = 100_000) -> Costs:
    """The costs, on the disk that `folder` is on."""
    sizes, path = {key(i): 1 for i in range(units)}, folder / "ledger.sqlite"
    begun = time.perf_counter()
    ledger = Ledger(path, "", sizes, tuple, dict)
    making = (time.perf_counter() - begun) / units

    def serve() -> None:
        ledger.enter([Found(k, (), 1.0) for k in ledger.claim("w", 1, 60.0)])

    served, place = timed(serve, 500), FolderPlace(folder / "place")
    ledger.close()
    names, data = itertools.count(), os.urandom(2**16)
    disk = timed(
        lambda: place.publish(f"parts/{next(names) % 16}/{next(names)}", data), 40
    )
    with ThreadPoolExecutor(EIGHT) as writers:

        def eight() -> None:
            each = [f"parts/{i}/{next(names)}" for i in range(EIGHT)]
            list(writers.map(place.publish, each, [data] * EIGHT))

        shared = timed(eight, 10) / EIGHT
    for i in range(20_000):
        (folder / "place" / "parts" / "0" / f"{key(i)}.safetensors").touch()
    listing = timed(lambda: sum(1 for _ in place.names("parts")), 3) / 20_000
    axes, n = (Axis.of("seed", [*range(2**14)]),), 2**14
    bare = len(Manifest("s", axes, {}).to_json())
    even = {key(i): range(i, n, 64) for i in range(64)}
    odd = {k: sorted(runs, key=lambda r: r * 7919 % n) for k, runs in even.items()}
    told, number = (len(Manifest("s", axes, u).to_json()) - bare for u in (even, odd))
    return Costs(
        served,
        making,
        path.stat().st_size / units,
        disk,
        shared,
        listing,
        told / 64,
        number / n,
    )


def timed(act: Callable[[], object], times: int) -> float:
    """The median seconds of so many."""
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


@dataclass(frozen=True)
class Line:
    """What a unit goes through after it was computed, one after the other."""

    name: str
    stations: dict[str, float]
    """Seconds of service of each; a station serves one unit at a time."""
    latency: float = 0.0
    """Seconds more until it is kept, which nobody else is kept waiting by."""


def lines(costs: Costs) -> list[tuple[Line, tuple[int, ...]]]:
    """The ways to run a sweep, and how many workers each may have."""
    # What several write at once the disk makes durable together.
    here = {"ledger": costs.ledger, "disk": costs.shared}
    driven = {"scheduler": DASK, "driver": costs.shared + costs.ledger}
    # Two writes a unit: the content, and the marker that it is there.
    there = {"scheduler": DASK, "object store": 2 / PUTS, "driver": costs.ledger}
    many = (64, 1000, 10_000)
    return [
        (Line("one machine, its workers write", here, costs.disk), (2, 64)),
        (Line("a cluster, its driver writes", driven, costs.disk), many),
        (
            Line("a cluster, its workers write to an object store", there, 2 * LATENCY),
            many,
        ),
    ]


def pace(line: Line, workers: int, seconds: float) -> tuple[float, str, float]:
    """Units a second, what is busiest, and the share of its time it is busy.

    Every worker computes a unit for about `seconds` while those before go through all
    stations, and waits where too many are on their way. Units keep their order there.
    """
    draw = random.Random(0)
    names, total = [*line.stations], 20 * workers
    free, busy = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    computed = [(draw.random() * seconds, worker) for worker in range(workers)]
    kept = [deque([0.0] * AT_ONCE, AT_ONCE) for _ in range(workers)]
    done, warm, begun, now = 0, total // 4, 0.0, 0.0
    while done < total:
        now, worker = computed[0]
        if kept[worker][0] > now:  # as many as may be are on their way
            heapq.heapreplace(computed, (kept[worker][0], worker))
            continue
        at = now
        for name in names:
            free[name] = at = max(free[name], at) + line.stations[name]
            busy[name] += line.stations[name]
        kept[worker].append(at + line.latency)
        done += 1
        if done == warm:
            begun = now
        again = now + seconds * draw.lognormvariate(MEAN, SPREAD)
        heapq.heapreplace(computed, (again, worker))
    busiest = max(names, key=busy.__getitem__)
    share = busy[busiest] / max(now, free[busiest])
    return (done - warm) / (now - begun), busiest, min(1.0, share)


def hours(seconds: float) -> str:
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def size(count: float) -> str:
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count:.0f} B"


def flow(costs: Costs, run: float) -> None:
    """How long it takes, and what everybody waits for."""
    for line, crews in lines(costs):
        rows = []
        for workers, unit in itertools.product(crews, SIZES):
            each, busiest, share = pace(line, workers, unit * run)
            ideal = workers / (unit * run)
            took = [hours(runs / unit / each) for runs in PEOPLE.values()]
            used = f"{min(1.0, each / ideal):.0%}"
            rows.append((workers, unit, *took, used, f"{busiest} {share:.0%}"))
        head = ("workers", "unit", *PEOPLE, "computing", "busiest")
        show(f"{line.name}, {1e3 * run:g} ms a run", rows, head)


def stocks(costs: Costs, bytes_a_run: int) -> None:
    """What is there at the end, whoever made it."""
    rows = []
    for (name, runs), unit in itertools.product(PEOPLE.items(), SIZES):
        units = runs / unit
        rows.append(
            (
                name, unit, f"{units:.3g}", size(units * costs.row),
                hours(units * costs.unit), size(units * costs.told),
                size(units * 70 + runs * costs.number), hours(units * costs.name),
                hours(units / PAGE * LATENCY), size(runs * bytes_a_run),
            )
        )  # fmt: skip
    head = (
        "runs", "unit", "units", "ledger", "made in", "manifest", "uneven", "listed",
        "by pages", "results",
    )  # fmt: skip
    show(f"what is kept, at {bytes_a_run} B a run", rows, head)


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--run-ms", type=float, default=1.0, help="compute of one run")
    parser.add_argument("--bytes", type=int, default=200, help="results of one run")
    parser.add_argument("--at", type=Path, help="a folder on the disk to be measured")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.at) as folder:
        costs = measured(Path(folder))
    told = [(f"{name}", f"{value:.3g}") for name, value in vars(costs).items()]
    show("measured here: seconds, and bytes for row, told and number", told, ("", ""))
    flow(costs, asked.run_ms / 1e3)
    stocks(costs, asked.bytes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
