"""Runs on behalf of many: each computed once, given up once nobody waits for it."""

import asyncio
import collections
import threading
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..errors import TacitError


Piece = tuple[str, dict[str, Any]]
Work = Callable[[Callable[[str, dict], None], threading.Event], None]
"""Called with a function that takes the pieces, and with what says when to stop."""

WORKERS, MOST_WAITING, MOST_KEPT, LONGEST = 2, 256, 128, 60.0
"""Threads; runs that may wait; finished runs that are kept; seconds a run may take."""


class BusyError(TacitError, RuntimeError):
    """More runs are waiting than can be seen to."""


class Job:
    """One run: its pieces so far, and how many are listening."""

    def __init__(self, work: Work):
        self.work, self.stop = work, threading.Event()
        self.pieces: list[Piece] = []
        self.more, self.done = asyncio.Event(), False
        self.listeners = 0
        self.late = False
        """Whether it was ended for taking too long."""

    def end(self) -> None:
        """Stop it for taking too long."""
        self.late = True
        self.stop.set()

    def add(self, *pieces: Piece, done: bool = False) -> None:
        """Take pieces and wake those who listen."""
        self.pieces += pieces
        self.done = self.done or done
        self.more.set()
        self.more = asyncio.Event()


class Desk:
    """Where runs are asked for: equal ones are one, and superseded ones end.

    Whoever listens to a run keeps it alive. When the last one leaves, a run that waits
    is dropped and one that is under way is told to stop. What `rehearse` is given is
    done while nobody waits, so that what it compiles is ready.
    """

    def __init__(self):
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="run")
        self._waiting: collections.deque[tuple[Hashable, Job]] = collections.deque()
        self._rehearsals: collections.deque[tuple[Hashable, Work]] = collections.deque()
        self._rehearsed: set[Hashable] = set()
        self._jobs: collections.OrderedDict[Hashable, Job] = collections.OrderedDict()
        self._busy = 0
        self.started = 0
        """How many runs were begun, of all that were asked for."""

    async def follow(self, key: Hashable, work: Work) -> AsyncIterator[Piece]:
        """The pieces of the run `key`, from the first on, until it is done.

        Raises `BusyError` where too many wait already.
        """
        job = self._jobs.get(key)
        if job is None or job.stop.is_set():
            if len(self._waiting) >= MOST_WAITING:
                raise BusyError(f"{MOST_WAITING} runs are waiting; try again later.")
            job = self._jobs[key] = Job(work)
            self._waiting.append((key, job))
            self._start()
        self._jobs.move_to_end(key)
        job.listeners += 1
        told = 0
        try:
            while True:
                more, done = job.more, job.done
                while told < len(job.pieces):
                    told += 1
                    yield job.pieces[told - 1]
                if done:
                    return
                await more.wait()
        finally:
            job.listeners -= 1
            if not job.listeners and not job.done:
                job.stop.set()
                self._forget(key, job)
                if (key, job) in self._waiting:
                    self._waiting.remove((key, job))

    def rehearse(self, shape: Hashable, key: Hashable, work: Work) -> None:
        """Do the run `key` some time when nobody waits; one for every `shape`.

        Whoever asks for it meanwhile listens to it.
        """
        if shape not in self._rehearsed:
            self._rehearsed.add(shape)
            self._rehearsals.append((key, work))
            self._start()

    def close(self) -> None:
        """Stop what is under way and take no more."""
        for job in self._jobs.values():
            job.stop.set()
        self._rehearsals.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, key: Hashable, job: Job) -> None:
        if self._jobs.get(key) is job:
            del self._jobs[key]

    def _start(self) -> None:
        """Send what waits to the threads that are free."""
        while self._waiting and self._busy < WORKERS:
            key, job = self._waiting.popleft()
            self.started += 1
            self._send(job, lambda job=job, key=key: self._finished(key, job))
        # One thread at most, so that whoever comes finds the other one free.
        while self._rehearsals and not self._busy:
            key, work = self._rehearsals.popleft()
            if key in self._jobs:
                continue
            job = self._jobs[key] = Job(work)
            self._send(job, lambda job=job, key=key: self._finished(key, job))

    def _send(self, job: Job, then: Callable[[], None]) -> None:
        loop, longest = asyncio.get_running_loop(), LONGEST
        self._busy += 1
        clock = loop.call_later(longest, job.end)

        def finish(*pieces: Piece) -> None:
            clock.cancel()
            self._busy -= 1
            job.add(*pieces, done=True)
            then()
            self._start()

        def say(kind: str, piece: dict) -> None:
            loop.call_soon_threadsafe(job.add, (kind, piece))

        def run() -> None:
            last = []
            try:
                job.work(say, job.stop)
                if job.late:
                    text = f"the run was ended after {longest:g} seconds."
                    last = [("refused", {"text": text})]
            except Exception as error:  # the server lives on; the page says what it was
                said = str(error) or "no reason given"
                text = f"a fault of ours, {type(error).__name__}: {said[:300]}"
                last = [("fault", {"text": text})]
            loop.call_soon_threadsafe(finish, *last)

        self._pool.submit(run)

    def _finished(self, key: Hashable, job: Job) -> None:
        faulty = any(kind == "fault" for kind, _ in job.pieces)
        if job.stop.is_set() or faulty:
            self._forget(key, job)
        while len(self._jobs) > MOST_KEPT:
            oldest = next(iter(self._jobs))
            if not self._jobs[oldest].done:
                break
            del self._jobs[oldest]
