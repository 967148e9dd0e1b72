"""A Dask cluster of processes, whose workers are started again whenever they end.

As Slurm and Kubernetes do. `distributed.LocalCluster` does not: it closes its own
workers where several end in quick succession.
"""

import contextlib
import importlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


PATIENCE = 120.0
"""Seconds for the scheduler to begin: the machine may be busy."""

GRACE = 10.0
"""Seconds for a process to end that was told to."""

HOST = ("--host", "127.0.0.1")
"""Whoever reaches a scheduler may run what they like."""

WEB = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
"""A free port, for there is a page on one even without a dashboard."""

OPTIONS = {
    "scheduler": ("--port", "0", "--idle-timeout", "10 minutes"),
    "worker": ("--no-nanny", "--nthreads", "1", "--memory-limit", "0"),
}
"""A scheduler whose starter was killed ends by itself, and its workers with it."""


class Cluster:
    """Where the scheduler is, and the workers, which are replaced until `close`."""

    def __init__(self, address: str, begin: Callable[[str], subprocess.Popen]):
        self.address, self._begin = address, begin
        # by name: it annotates a client as what it is when awaited
        distributed: Any = importlib.import_module("distributed")
        self._client = distributed.Client(address, timeout=PATIENCE)
        self._workers: dict[str, subprocess.Popen] = {}
        self._begun = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._replace, daemon=True)

    def computing(self) -> list[int]:
        """The processes that have a unit at this moment."""
        known = self._client.scheduler_info()["workers"]
        busy = [where for where, keys in self._client.processing().items() if keys]
        found = [self._workers.get(str(known.get(at, {}).get("name"))) for at in busy]
        return [each.pid for each in found if each and each.poll() is None]

    def start(self, size: int) -> None:
        """Have so many workers from now on."""
        for _ in range(size):
            self._add()
        self._watch.start()

    def close(self) -> None:
        """End every worker; the scheduler is its starter's."""
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()
        self._client.close()
        for process in self._workers.values():
            end(process)

    def _add(self) -> None:
        name = f"worker-{self._begun}"
        self._workers[name] = self._begin(name)
        self._begun += 1

    def _replace(self) -> None:
        while not self._over.wait(0.1):
            for name, process in [*self._workers.items()]:
                if (code := process.poll()) is None:
                    continue
                if code != -signal.SIGKILL:
                    print(f"{name} ended by itself, with exit code {code}", flush=True)
                self._add()
                del self._workers[name]


@contextlib.contextmanager
def dask_cluster(size: int) -> Iterator[Cluster]:
    """A scheduler and `size` workers of one thread on this machine; gone in the end.

    They have the environment of this process: a sweep refuses workers whose XLA
    compiles otherwise. Raises `RuntimeError` where the scheduler does not begin.
    """
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder = Path(place)
        log = stack.enter_context((folder / "log").open("wb"))

        def begin(what: str, *words: str) -> subprocess.Popen:
            command = (sys.executable, "-m", f"distributed.cli.dask_{what}")
            options = (*HOST, *WEB, *OPTIONS[what])
            return subprocess.Popen(
                [*command, *options, "--scheduler-file", str(folder / "where"), *words],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

        def worker(name: str) -> subprocess.Popen:
            return begin("worker", "--name", name, "--local-directory", place)

        scheduler = begin("scheduler")
        stack.callback(end, scheduler)
        cluster = Cluster(_address(scheduler, folder), worker)
        stack.callback(cluster.close)
        cluster.start(size)
        yield cluster


def end(process: subprocess.Popen) -> None:
    """Tell a process to end, and end it where it does not."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _address(scheduler: subprocess.Popen, folder: Path) -> str:
    """Where a scheduler is that has just been begun."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and scheduler.poll() is None:
        with contextlib.suppress(OSError, ValueError):  # not there, or half of it
            return json.loads((folder / "where").read_text())["address"]
        time.sleep(0.1)
    words = (folder / "log").read_text(errors="replace")
    raise RuntimeError(f"Dask's scheduler did not begin; it says: {words[-1000:]}")
