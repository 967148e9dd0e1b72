"""Units in this process, one after another: what one core does best."""

import math
import os
import time

from ..units import run_unit
from .base import beating, Driver, LEASE, name_of


WAIT = 0.2
"""Seconds between looks for what others may have left."""


def run_inline(driver: Driver, *, seconds: float = math.inf) -> bool:
    """Run every unit that is pending; whether none is left.

    After `seconds` no unit is begun. Raises `Drained` after Ctrl-C.
    """
    store, me, begun = driver.store, name_of(os.getpid()), time.monotonic()
    with driver.draining(), beating(store, me):
        while not driver.stopping.is_set() and time.monotonic() - begun < seconds:
            keys = store.claim(me, lease=LEASE)
            if not keys:
                if store.finished():
                    return True
                time.sleep(WAIT)  # another process has the rest, or had it and died
                driver.report()
                continue
            try:
                run_and_commit(driver, keys[0])
            except BaseException:
                store.release(me)
                raise
            driver.report()
    return store.finished()


def run_and_commit(driver: Driver, key: str) -> None:
    """Run one unit and keep its results."""
    begun = time.perf_counter()
    rows = run_unit(driver.plan.work, driver.unit(key))
    driver.store.commit(key, rows, seconds=time.perf_counter() - begun)
