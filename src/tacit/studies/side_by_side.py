"""The questions of a study in several processes, answered in their order."""

import contextlib
import multiprocessing
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor

from threadpoolctl import threadpool_limits

from .base import Answer, Question


def answers(
    questions: Sequence[Question], workers: int, *, quick: bool
) -> Generator[Answer, None, None]:
    """The answer of every question in turn, `workers` of them being asked at once.

    What one process has compiled another reads from disk. When the iterator is closed,
    by Ctrl-C for one, what is still being asked is given up.
    """
    if workers == 1 or len(questions) == 1:
        yield from (question.ask(quick) for question in questions)
        return
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context(
        "spawn"
    )  # JAX's threads do not survive a fork
    pool = ProcessPoolExecutor(
        min(workers, len(questions)), context, initializer=_one_of_several
    )
    try:
        asked = [pool.submit(question.ask, quick) for question in questions]
        for each in asked:
            yield each.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()


def _one_of_several():
    """Leave Ctrl-C, which reaches all processes of a terminal, to the first one.

    And keep to one core, on which a second thread of BLAS costs an eighth.
    """
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1)
