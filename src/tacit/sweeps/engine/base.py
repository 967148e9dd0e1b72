"""What every engine is given, and how it hears that it should stop."""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..batches import Unit
from ..plan import Plan
from ..store import Store


QUARANTINE = 3
"""Workers that a unit may end before it is given up."""

LEASE = 30.0
"""Seconds for which a claim holds without a sign of life."""

BACK_OFF = 0.5
"""Seconds before a unit that ended its worker is tried again; doubled every time."""


class Drained(KeyboardInterrupt):
    """The sweep was told to stop; what was under way has been finished and kept."""


@dataclass
class Driver:
    """One run of a sweep: what is to be done, where it is kept, who is told."""

    plan: Plan
    store: Store
    place: str
    """Where the store is, for other processes to open."""

    report: Callable[[], None] = lambda: None
    """Called now and then, whenever something may have changed."""

    stopping: threading.Event = field(default_factory=threading.Event)
    """Set by Ctrl-C: nothing new is begun."""

    units: dict[str, Unit] = field(init=False)
    """The units of the plan, by key."""

    def __post_init__(self):
        self.units = {unit.key: unit for unit in self.plan}
        for holder in self.store.status().workers:
            if _is_dead(holder.worker):
                self.store.release(holder.worker)
        for job in Path(tempfile.gettempdir()).glob(f"{_job_of('*')}*"):
            number = job.name.removeprefix(_job_of("")).partition("-")[0]
            if number != str(os.getpid()) and _is_dead(name_of(number)):
                shutil.rmtree(job, ignore_errors=True)

    @contextlib.contextmanager
    def job(self) -> Iterator[Path]:
        """A folder for what this process hands to its workers; gone in the end.

        Its name is of this process: where that is killed, the next sweep removes it.
        """
        prefix = _job_of(str(os.getpid()))
        with tempfile.TemporaryDirectory(prefix=prefix) as folder:
            yield Path(folder)

    @contextlib.contextmanager
    def draining(self) -> Iterator[None]:
        """While in here a first Ctrl-C stops politely; a second one is Python's own.

        Raises `Drained` at the end if there was one.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are not ours to hear
            return

        def hear(*_):
            self.stopping.set()
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = signal.signal(signal.SIGINT, hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        if self.stopping.is_set():
            raise Drained


def name_of(pid: int | str) -> str:
    """What a process of this machine is called in the ledger."""
    return f"{socket.gethostname()}/{pid}"


def _job_of(pid: str) -> str:
    return f"tacit-{socket.gethostname()}-{pid}{'-' * bool(pid)}"


def _is_dead(worker: str) -> bool:
    """Whether `worker` ran on this machine and is no more.

    Where its number has gone to another process the lease has to run out.
    """
    host, _, number = worker.partition("/")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:  # there, and not ours
        return False
    return int(number) == os.getpid()  # an earlier sweep of this very process


@contextlib.contextmanager
def beating(store: Store, worker: str) -> Iterator[None]:
    """While in here what `worker` has claimed stays its own, however long it takes."""
    over = threading.Event()

    def beat():
        while not over.wait(LEASE / 4):
            with contextlib.suppress(Exception):  # the next one may get through
                store.beat(worker, lease=LEASE)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
