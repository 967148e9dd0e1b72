"""Seeds of witnesses: the draw that a claim was first tried on, and fresh ones."""

import numpy as np


def draw(own: int, seed: int | None) -> np.random.Generator:
    """The generator of a witness: its own draw, or number `seed` of the fresh ones."""
    # Not [own, 0], which is the stream of `own` itself.
    return np.random.default_rng(own if seed is None else [own, seed + 1])
