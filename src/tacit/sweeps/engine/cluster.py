"""Units on a Dask cluster: any `distributed.Client`. The door to Dask.

Workers compute and send rows; this process alone writes, so they need no file system in
common with it. What was committed is done, whoever dies: Dask sees to it that a unit is
tried again where its worker ended, and the store that it counts once.
"""

import hashlib
import os
import time
from typing import Any

from ..._types import require_float64
from ...errors import KindError, MissingExtraError
from ..travel import packed, unpacked
from ..units import Ran, run_unit
from .base import beating, Driver, LEASE, name_of, QUARANTINE
from .committing import Committing


AHEAD = 3
"""Units handed out for every thread of the cluster: no thread waits, and few results do
when this process ends."""

WRITERS = 8
"""Units that are written at once: a disk makes them durable together."""

PATIENCE = 30.0
"""Seconds to wait for a cluster that does not answer."""


def run_on_cluster(driver: Driver, cluster: Any) -> None:
    """Run every unit that is pending on `cluster`, an address or a client of Dask.

    Raises `Drained` after Ctrl-C; an error that no other worker would be spared comes
    as what it is. `MissingExtraError` without Dask.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError(
            "a sweep on a cluster", "distributed", "dask"
        ) from error
    if isinstance(cluster, str):
        with distributed.Client(cluster, timeout=PATIENCE) as client:
            _run(driver, client, distributed)
    elif isinstance(cluster, distributed.Client):
        _run(driver, cluster, distributed)
    else:
        raise KindError(
            "the cluster", cluster, distributed.Client, "its address, or a Client"
        )


def _run(driver: Driver, client: Any, distributed: Any) -> None:
    store, me = driver.store, name_of(os.getpid())
    content = packed("the sweep", driver.plan.work)
    # A task, and not scattered: what was scattered is lost with those that hold it.
    name = f"tacit-{hashlib.sha256(content).hexdigest()[:16]}"
    work = client.submit(_given, content, key=name, pure=False)
    under_way: dict[Any, str] = {}
    try:
        with driver.draining(), beating(store, me), Committing(store, WRITERS) as kept:
            while not driver.stopping.is_set() or under_way:
                room = _room(client) - len(under_way)
                keys = []
                if room > 0 and not driver.stopping.is_set():
                    keys = store.claim(me, limit=room, lease=LEASE)
                for key in keys:
                    unit = packed("a unit", driver.units[key])
                    # A name of its own each time: what was lost once is computed anew.
                    name = f"tacit-{key[:16]}-{store.attempts(key)}"
                    future = client.submit(_unit, work, unit, key=name, pure=False)
                    under_way[future] = key
                if not under_way and not keys:
                    kept.settle()
                    if store.finished():
                        return
                if driver.stopping.is_set():
                    for future in _waiting(client, under_way):
                        future.cancel()
                        del under_way[future]
                done = [future for future in under_way if future.done()]
                for future in done:
                    _take(kept, future, under_way.pop(future), distributed)
                driver.report()
                if not done and not keys:
                    time.sleep(0.05)
    finally:
        client.cancel(list(under_way))
        store.release(me)


def _given(content: bytes) -> bytes:
    """What all units need, as something that Dask can make again."""
    return content


def _unit(work: bytes, unit: bytes) -> tuple[Ran, float]:
    """What a worker of the cluster does."""
    require_float64("a worker")
    begun = time.perf_counter()
    ran = run_unit(unpacked(work), unpacked(unit))
    return ran, time.perf_counter() - begun


def _room(client: Any) -> int:
    return max(1, AHEAD * sum(client.nthreads().values()))


def _waiting(client: Any, under_way: Any) -> list[Any]:
    """What no worker has: it may wait for ever, where there are none."""
    held = {key for keys in client.processing().values() for key in keys}
    return [each for each in under_way if each.key not in held and not each.done()]


def _take(kept: Committing, future: Any, key: str, distributed: Any) -> None:
    """Commit what came of a unit, or note why nothing did."""
    store = kept.store
    try:
        ran, seconds = future.result()
    except distributed.KilledWorker as error:  # Dask has tried it several times
        store.quarantine(key, f"it kept ending its worker: {error}")
    except (distributed.CancelledError, distributed.TimeoutError) as error:
        reason = f"{type(error).__name__}: {error}"
        store.record_failure(key, reason, quarantine_after=QUARANTINE)
    else:
        kept.put(key, ran, seconds)
