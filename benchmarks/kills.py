"""What a sweep loses when its workers and drivers are killed: nothing, to the last bit.

``python benchmarks/kills.py [here|cluster ...] [--quick]``: 12 workers and 3 drivers
are killed in a sweep of 600 units, on this machine and on a cluster of Dask, by default
on both; every unit has to be there once, and as it is where nobody was killed.
"""

import sys

from pairs import CORES, show

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from dask_cluster import dask_cluster

import tacit
from tacit import Experiment, losses, Problem, Risk
from tacit.flows import Descent
from tacit.networks import Diagonal


QUICK = "--quick" in sys.argv

DRIVER = """
import runpy, sys, tacit
sys.path.insert(0, {folder!r})
steps = runpy.run_path({file!r})["steps"]
tacit.sweep(steps, {{"seed": range({runs})}}, {place!r}, batch=1, {engine})
"""


def steps(seed):
    """Descent, soon over: of many short units some are under way at every kill."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((200, 20))
    risk = Risk(Problem(X, X @ np.ones(20)), losses.Squared())
    start = Diagonal.balanced(np.full(20, 0.1), depth=3)
    return Experiment(start, risk, Descent(step=1e-4), until=5_000)


def main():
    """Kill workers and drivers of a sweep; then compare it with an undisturbed one.

    Once with workers on this machine, and once on a cluster of Dask, whose client is
    then what is killed.
    """
    runs = 30 if QUICK else 600
    os.sched_setaffinity(0, CORES) if CORES else None
    os.environ["PJRT_NPROC"] = "1"  # XLA cuts its loops alike in whoever computes
    with tempfile.TemporaryDirectory() as folder:
        calm = Path(folder) / "calm"
        tacit.sweep(steps, {"seed": range(runs)}, calm, workers=2, batch=1)
        undisturbed = tacit.Store(calm).open()
        ways = {"here": _killed_here, "cluster": _killed_on_a_cluster}
        asked = [way for way in ways if way in sys.argv[1:]] or [*ways]
        found = [ways[way](Path(folder) / way, runs, undisturbed) for way in asked]
    columns = ("on", "killed", "committed", "parts", "attempts", "verified", "bits")
    show(f"{runs} units, of whose workers and drivers some are killed", found, columns)
    good = [row[-2:] == ("clean", "as undisturbed") for row in found]
    all_killed = not any(" not " in row[1] for row in found)
    raise SystemExit(0 if all(good) and all_killed else 1)


def _killed_here(place, runs, undisturbed):
    killed = _killed(place, runs, "workers=2", lambda: _progress(place)[1])
    return ("this machine", killed, *_told(place, runs, undisturbed))


def _killed_on_a_cluster(place, runs, undisturbed):
    with dask_cluster(2) as cluster:
        engine = f"cluster={cluster.address!r}"
        killed = _killed(place, runs, engine, cluster.computing)
    return ("a cluster of Dask", killed, *_told(place, runs, undisturbed))


def _killed(place, runs, engine, workers):
    """Run a sweep, and kill of its workers and drivers; how many were killed, in words.

    Each when so many units are done, drawn beforehand: by the clock they would all fall
    on the first ones where a machine is slow.
    """
    rng = random.Random(6)  # drivers in the middle and at the end
    victims = ["worker"] * (2 if QUICK else 12) + ["driver"] * (1 if QUICK else 3)
    rng.shuffle(victims)
    moments = sorted(rng.sample(range(2, runs * 9 // 10), len(victims)))
    words = {"file": __file__, "folder": str(Path(__file__).parent), "engine": engine}
    code = DRIVER.format(runs=runs, place=str(place), **words)
    driver, killed, gone = _started(code), Counter(), set()
    try:
        while driver.poll() is None:
            time.sleep(rng.uniform(0.0, 0.2))  # at some moment of a unit
            done = _progress(place)[0]
            if not victims or done < moments[len(moments) - len(victims)]:
                continue
            if victims[0] == "driver":
                driver.kill()
                driver.wait()
                driver = _started(code)
            elif not _one_killed(workers(), gone, rng):
                continue
            killed[victims.pop(0)] += 1
            told = f"after {done} units, {sum(killed.values())} killed"
            print(f"{engine}: {told}", flush=True)
    finally:
        driver.kill()
        driver.wait()
    told = ", ".join(f"{number} {who}s" for who, number in killed.items())
    return told + f" and not {len(victims)}" * bool(victims)


def _started(code):
    return subprocess.Popen([sys.executable, "-c", code])


def _one_killed(workers, gone, rng):
    """Kill one of `workers` that is not yet among the `gone`; whether there was one."""
    alive = sorted({*workers} - gone)
    if not alive:
        return False
    gone.add(one := rng.choice(alive))
    with contextlib.suppress(ProcessLookupError):
        os.kill(one, signal.SIGKILL)
        return True
    return False


def _told(place, runs, undisturbed):
    """Whether every run is there once, whole, and bit for bit as undisturbed."""
    store = tacit.Store(place)
    audit, status = store.verify(), store.status()
    parts = len([*place.rglob("*.safetensors")])
    yield f"{status.units['committed']} of {runs}"
    yield parts
    yield sum(map(store.attempts, store.committed()))
    sound = audit.clean and status.flawless and parts == runs
    yield "clean" if sound else "NOT CLEAN"
    yield "as undisturbed" if _same(store.open(), undisturbed) else "OTHERS"


def _same(one, other):
    """Whether two datasets have the same bits: to `equals` 0 and -0 are one."""
    if not one.equals(other):
        return False
    pairs = [(one[name].values, other[name].values) for name in other.variables]
    return all(a.tobytes() == b.tobytes() for a, b in pairs if b.dtype.kind in "fiub")


def _progress(place):
    """Runs that are done, and the processes that hold a unit."""
    with contextlib.suppress(tacit.errors.TacitError):
        status = tacit.Store(place).status()
        held = [int(each.worker.rpartition("/")[2]) for each in status.workers]
        return status.units["committed"], held
    return 0, []


if __name__ == "__main__":
    main()
