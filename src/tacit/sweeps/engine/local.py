"""Workers on this machine: started, watched, replaced, and told to stop."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

from ...errors import StoreError, WorkerError
from ..threads import xla_threads
from ..travel import packed
from .base import BACK_OFF, Driver, name_of, QUARANTINE
from .worker import BROKEN


LOOK = 0.1
"""Seconds between looks at the workers."""

HOPELESS = 5
"""Workers in a row that ended before they had a unit."""

SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
}


class _Worker:
    """A process, under what name it claims units, and where its words go."""

    def __init__(self, store: str, job: Path, core: int):
        self.log = job.with_name(f"worker-{core}.log").open("w+b")
        command = ["-m", "tacit.sweeps.engine.worker", store, str(job), str(core)]
        self.process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE,
            stdout=self.log, stderr=self.log, env=_environment(),
        )  # fmt: skip
        self.name = name_of(self.process.pid)
        self.core = core

    def told(self) -> str:
        """How it ended, and its last words."""
        code = self.process.returncode
        how = f"exit code {code}"
        if code < 0:
            how = f"signal {-code}"
            with contextlib.suppress(ValueError):
                how = signal.Signals(-code).name
        self.log.seek(0)
        words = self.log.read().decode(errors="replace").strip().splitlines()
        return f"it ended its worker ({how})" + (f": {words[-1]}" if words else "")

    def stop(self) -> None:
        """Tell it to finish the unit at hand and go."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()  # pyright: ignore[reportOptionalMemberAccess]

    def bury(self) -> None:
        """Make sure that it is no more, and close what led to it."""
        self.process.kill()
        self.process.wait()
        self.stop()
        self.log.close()


def run_locally(driver: Driver, workers: int) -> None:
    """Run every unit that is pending in `workers` processes of their own.

    A worker that ends is replaced, its unit tried again after a while, and one that
    ended several given up. An error that no other worker would be spared is raised
    here as what it is. Raises `Drained` after Ctrl-C, and `WorkerError` where workers
    do not come to life.
    """
    with driver.job() as folder:
        job = folder / "job"
        job.write_bytes(packed("the sweep", (driver.plan.work, driver.units)))
        with driver.draining():
            _supervise(driver, job, workers)


def _supervise(driver: Driver, job: Path, workers: int) -> None:
    store, place = driver.store, driver.place
    first = os.getpid()  # two sweeps on one machine do not crowd the same cores
    alive = [_Worker(place, job, first + i) for i in range(workers)]
    over: list[_Worker] = []
    idle_ends = 0
    try:
        while alive:
            time.sleep(LOOK)
            driver.report()
            if driver.stopping.is_set():
                for worker in alive:
                    worker.stop()
            for worker in [each for each in alive if each.process.poll() is not None]:
                alive.remove(worker)
                over.append(worker)
                if worker.process.returncode == 0:
                    continue
                held = store.release(worker.name)
                if worker.process.returncode == BROKEN:
                    raise _left_by(worker, job)
                # What it had before the last was computed, and only not written yet.
                for key in held[-1:]:
                    pause = BACK_OFF * 2 ** max(0, store.attempts(key) - 1)
                    store.record_failure(
                        key, worker.told(), quarantine_after=QUARANTINE, pause=pause
                    )
                idle_ends = 0 if held else idle_ends + 1
                if idle_ends >= HOPELESS:
                    raise WorkerError(
                        f"{HOPELESS} workers in a row ended before they had a unit; "
                        f"the last: {worker.told()}"
                    )
                if not store.finished() and not driver.stopping.is_set():
                    alive.append(_Worker(place, job, worker.core))
    finally:
        for worker in alive:
            worker.bury()
            store.release(worker.name)
        for worker in over:
            worker.bury()


def _left_by(worker: _Worker, job: Path) -> BaseException:
    """The error that a worker left."""
    place = job.with_name(f"error-{worker.process.pid}")
    try:
        error = pickle.loads(place.read_bytes())
    except Exception as reason:
        return WorkerError(f"{worker.told()} ({reason})")
    if isinstance(error, StoreError | OSError):
        error.add_note(f"in a worker: {worker.told()}")
    return error


def _environment() -> dict[str, str]:
    """This process's own, with few threads, and with its modules within reach."""
    paths = [path or os.getcwd() for path in sys.path]
    return {
        **os.environ,
        **SETTINGS,
        "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu"),
        "PJRT_NPROC": str(xla_threads()),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
    }
