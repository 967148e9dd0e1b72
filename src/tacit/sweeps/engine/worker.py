"""A worker: a process of its own that takes units from the ledger until none is left.

``python -m tacit.sweeps.engine.worker STORE JOB CORE``. It is a fresh interpreter
and no copy of another process: after a fork JAX's threads would be gone. It ends when
its standard input does, after the unit at hand: that is how it is told to, and how it
learns that whoever started it is no more.
"""

import os
import pickle
import signal
import sys
import threading
from pathlib import Path


BROKEN = 3
"""Exit code of a worker that met an error which every other would meet too."""


def work(store_path: str, job: Path) -> None:
    """Take units and run them; `job` is what the driver packed."""
    from ..store import Store
    from ..travel import unpacked
    from .base import beating, name_of
    from .committing import Committing
    from .inline import run_next, WAIT

    over = threading.Event()
    threading.Thread(target=_listen, args=(over,), daemon=True).start()
    wanted, units = unpacked(job.read_bytes())
    store, name = Store(store_path), name_of(os.getpid())
    with beating(store, name), Committing(store) as kept:
        while not over.is_set():
            if not run_next(name, wanted, units, kept):
                if store.finished():
                    return
                over.wait(WAIT)


def _listen(over: threading.Event) -> None:
    os.read(0, 1)
    over.set()


def main() -> None:
    """Entry point: what goes wrong is left beside the job, as it is."""
    store_path, job, core = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides
    if hasattr(os, "sched_setaffinity"):  # nothing else limits the threads of JAX
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(core) % len(cores)]})
    try:
        work(store_path, Path(job))
    except BaseException as error:
        import traceback

        traceback.print_exc()
        place = Path(job).with_name(f"error-{os.getpid()}")
        try:
            content = pickle.dumps(error)
            pickle.loads(content)
        except Exception:  # of a class that does not survive it
            content = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
        place.write_bytes(content)
        os._exit(BROKEN)


if __name__ == "__main__":
    main()
