"""Results on their way to the disk while the next ones are computed."""

import contextlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from ..store import Store
from ..units import Ran


AT_ONCE = 4
"""Units on their way: what is lost, and run again, where a process is killed."""


class Committing:
    """Commits units to `store` in the background, at most `at_once` at a time.

    To make a unit durable is to wait for the disk, which a processor need not do; and
    what is written at the same time a disk makes durable together. A
    unit counts as committed when the store says so, not when it was handed over here:
    one that was under way when its process was killed is run again.
    """

    def __init__(self, store: Store, at_once: int = AT_ONCE):
        self.store, self._at_once = store, at_once
        self._under_way: deque[Future] = deque()
        self._threads = ThreadPoolExecutor(at_once)

    def put(self, key: str, ran: Ran, seconds: float) -> None:
        """Hand over the results of a unit; waits while as many as may be are under way.

        Raises what went wrong with one that was handed over before.
        """
        self._wait(self._at_once - 1)
        words = {"seconds": seconds, "alone": ran.alone}
        job = self._threads.submit(self.store.commit, key, ran.rows, **words)
        self._under_way.append(job)

    def settle(self) -> None:
        """Wait until all are there; raises what went wrong with one."""
        self._wait(0)

    def _wait(self, most: int) -> None:
        while len(self._under_way) > most:
            self._under_way.popleft().result()

    def __enter__(self) -> "Committing":
        return self

    def __exit__(self, kind, *_) -> None:
        try:
            # What went wrong first is what is told.
            with contextlib.suppress(*(() if kind is None else (Exception,))):
                self.settle()
        finally:
            self._threads.shutdown()
