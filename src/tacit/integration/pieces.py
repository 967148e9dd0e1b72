"""Compiled loops in pieces, each well under a second, so that a run can be ended.

While compiled code runs, Python hears neither Ctrl-C nor another thread. So a loop is
given a number of steps, comes back with its state, and is sent on from there: the steps
are those of one long loop.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import equinox as eqx
import jax
import numpy as np

from ..compilation import compiled
from ..networks import AbstractNetwork
from ..risk import Risk


Stop = threading.Event | Callable[[], bool] | None
STOPPED = "it was told to stop"
WAY_OUT = (
    "a larger rtol or max_steps, or a shorter until, gets to the end (near a kink of "
    "an activation steps are short)"
)
"""What is advised to a run that its most steps have ended."""

PIECE = 0.3
"""Seconds that a piece should take."""

SPEED = 1e9
"""Numbers a second that a slow machine gets through."""

MOST = 2**40
"""Steps in a piece where they cost nothing."""

ENTRIES = 2**22
"""Numbers in the networks that are held at once to be looked at: 32 MB."""

_ASKED: ContextVar[Callable[[], bool] | None] = ContextVar("stop", default=None)


@contextlib.contextmanager
def ended_by(stop: Stop) -> Iterator[None]:
    """While in here, `stopped` says whether `stop`, an event or a function, is set."""
    asked = stop.is_set if isinstance(stop, threading.Event) else stop
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)


def stopped() -> bool:
    """Whether somebody has asked for the run in this thread to end."""
    asked = _ASKED.get()
    return asked is not None and bool(asked())


class Pieces:
    """How many steps the next piece may take.

    The first is one that should take `first` seconds if a step goes through `work`
    numbers; then what the steps took decides.
    """

    def __init__(self, work: int, first: float):
        self.steps = int(max(1, min(MOST, first * SPEED / max(work, 1))))

    def timed(self, piece: Callable, state: tuple, taken: Callable[[Any], int]) -> Any:
        """``piece(steps, *state)``, waited for; `taken` reads its steps off it."""
        begun, before = time.perf_counter(), compiled()
        result = piece(np.asarray(self.steps), *state)
        count = taken(result)
        spent = time.perf_counter() - begun
        if count and compiled() == before:  # else most of it was compilation
            fair = count * PIECE / max(spent, 1e-6)
            self.steps = int(max(1, min(fair, 8 * self.steps, MOST)))
        return result


def follow(loop: Callable, work: int, first: float = PIECE) -> Any:
    """A compiled `loop` followed to its end, or to where it is told to stop.

    ``loop(most, carry)`` takes `most` steps from `carry`, or from the start where that
    is None, and gives the carry, the segment so far and whether it is over. Of several
    flows side by side the one that has gone furthest counts.
    """
    return follow_from(None, loop, work, first)[0]


def follow_from(
    carry: Any, loop: Callable, work: int, first: float = PIECE, steps: int = 0
) -> tuple[Any, Any]:
    """`follow` from `carry`, to which it took `steps`; and the carry at the end."""
    pieces = Pieces(work, first)
    while True:
        carry, leg, over = pieces.timed(
            loop, (carry,), lambda found, past=steps: _furthest(found[1]) - past
        )
        if over:
            return leg, carry
        if stopped():
            return leg._replace(stopped=True), carry
        steps = _furthest(leg)


def _furthest(leg) -> int:
    return int(np.max(np.asarray(leg.steps)))  # of a JAX array it is a compiled call


def windows(times: np.ndarray, size: int) -> list[np.ndarray]:
    """`times` in stretches whose states, of `size`, fit beside each other in memory."""
    room = max(1, ENTRIES // max(size, 1))
    return [times[i : i + room] for i in range(0, len(times), room)]


def work_of(risk: Risk, network: AbstractNetwork) -> int:
    """The numbers that the slope of a risk goes through, roughly."""
    return size_of(risk) + max(risk.problem.n, 1) * size_of(network)


def size_of(tree: Any) -> int:
    """The numbers in the arrays of a tree."""
    return sum(x.size for x in jax.tree.leaves(tree) if eqx.is_array(x))
