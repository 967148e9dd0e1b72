"""How far what was told is from what was seen, or why the two cannot be compared."""

from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError, TacitError
from ..training import Trajectory
from .base import AbstractClaim


class Contender(NamedTuple):
    """A rival on this run: what it states, and how far off its prediction is."""

    statement: str
    distance: float


def apart(
    claim: AbstractClaim, told: Any, seen: Any, run: Trajectory, whose: str
) -> float:
    """``claim.distance(told, seen, run)``.

    Raises `ShapeError` where NumPy cannot broadcast the two, which says of whom what
    was told is: `whose`, "itself" or one of the claim's rivals.
    """
    try:
        return float(claim.distance(told, seen, run))
    except ValueError as error:
        shapes = np.shape(told), np.shape(seen)
        if isinstance(error, TacitError) or shapes[0] == shapes[1]:
            raise
        raise ShapeError(
            f"the claim {type(claim).__name__} measures something of shape {shapes[1]},"
            f" and {whose} predicts something of shape {shapes[0]}: the two cannot be "
            "compared. Give what is predicted that shape, or one that broadcasts."
        ) from error
