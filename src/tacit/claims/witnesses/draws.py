"""Seeds of witnesses: the draw that a claim was first tried on, and fresh ones."""

import itertools
from collections.abc import Callable
from typing import TypeVar

import numpy as np


T = TypeVar("T")


def draw(own: int, seed: int | None) -> np.random.Generator:
    """The generator of a witness: its own draw, or number `seed` of the fresh ones."""
    # Not [own, 0], which is the stream of `own` itself.
    return np.random.default_rng(own if seed is None else [own, seed + 1])


def redrawn(
    seed: int | None, make: Callable[[int | None], T], fits: Callable[[T], bool]
) -> T:
    """The first draw that fits, of those that `seed` stands for; a witness's own."""
    if seed is None:
        return make(None)
    return next(filter(fits, map(make, itertools.count(100 * seed))))
