"""What it costs that flows walk side by side: steps taken, and steps that were needed.

A batch goes on until its slowest member is there, or until idle places are filled; what
the others stand by for is waste. It is counted here, for whoever wants to know.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar


class Lockstep:
    """Steps of all places of a batch, and those of them that a run needed."""

    def __init__(self):
        self.taken = self.needed = 0

    @property
    def waste(self) -> float:
        """How many steps were taken for one that was needed; 1 where nothing waits."""
        return self.taken / self.needed if self.needed else 1.0


_COUNTED: ContextVar[Lockstep | None] = ContextVar("lockstep", default=None)


@contextlib.contextmanager
def counted() -> Iterator[Lockstep]:
    """While in here, the steps of batches in this thread are counted."""
    found = Lockstep()
    token = _COUNTED.set(found)
    try:
        yield found
    finally:
        _COUNTED.reset(token)


def count(taken: int, needed: int) -> None:
    """Say how many steps a batch took, and how many its members needed."""
    found = _COUNTED.get()
    if found is not None:
        found.taken += taken
        found.needed += needed
