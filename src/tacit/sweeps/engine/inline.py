"""Units in this process, one after another: what one core does best."""

import math
import os
import time
from collections.abc import Mapping

from ..batches import Unit
from ..units import run_unit
from ..work import Work
from .base import beating, Driver, LEASE, name_of
from .committing import Committing


WAIT = 0.2
"""Seconds between looks for what others may have left."""


def run_inline(driver: Driver, *, seconds: float = math.inf) -> bool:
    """Run every unit that is pending; whether none is left.

    After `seconds` no unit is begun. Raises `Drained` after Ctrl-C.
    """
    store, me, begun = driver.store, name_of(os.getpid()), time.monotonic()
    try:
        with driver.draining(), beating(store, me), Committing(store) as kept:
            while not driver.stopping.is_set() and time.monotonic() - begun < seconds:
                if not run_next(me, driver.plan.work, driver.units, kept):
                    if store.finished():
                        return True
                    time.sleep(WAIT)  # another process has the rest, or had it and died
                driver.report()
    except BaseException:
        store.release(me)
        raise
    return store.finished()


def run_next(
    worker: str, work: Work, units: Mapping[str, Unit], kept: Committing
) -> bool:
    """Run the next unit that nobody holds; False if there is none.

    Then all that this worker ran is committed.
    """
    store = kept.store
    keys = store.claim(worker, lease=LEASE)
    for key in keys:
        begun = time.perf_counter()
        ran = run_unit(work, units[key])
        kept.put(key, ran, time.perf_counter() - begun)
    if not keys:
        kept.settle()
    return bool(keys)
