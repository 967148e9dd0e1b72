"""The times that a run is recorded at."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import ArrayLike

from ..errors import DataError
from ..networks import AbstractNetwork
from .base import AbstractFlow


def schedule(
    records: int | ArrayLike | Sequence[float] | Sequence[int],
    until: float,
    start: AbstractNetwork,
    flow: AbstractFlow,
) -> np.ndarray:
    """The times that `train` records at, from what it was asked for."""
    if isinstance(records, int | np.integer) and not isinstance(records, bool):
        if records < 1:
            raise DataError(f"records = {records}: at least the end is recorded.")
        evenly = type(flow).record_times(flow, start, until, int(records))
        return evenly if until > 0 else np.zeros(1)
    try:
        times = np.asarray(records, float)
    except (TypeError, ValueError):
        times = np.zeros(())
    if isinstance(records, bool) or times.ndim != 1 or not len(times):
        raise DataError(
            "records is how many, a whole number, or the times themselves, one or "
            f"more; got {records!r}."
        )
    if np.any(np.diff(times) <= 0) or not np.all(times >= 0):
        raise DataError("records must be increasing times, none below 0.")
    if times[-1] > until * (1 + 1e-12):
        raise DataError(
            f"records go to {times[-1]:g} but the run ends at {until:g}; "
            "raise `until` or drop the later ones."
        )
    return times if times[-1] >= until * (1 - 1e-12) else np.append(times, until)
