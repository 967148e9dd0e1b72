"""The axes of a picture of a sweep: where values stand, and what is written there."""

from typing import Any

import numpy as np


def by_ratios(places: np.ndarray) -> bool:
    """Whether an axis is logarithmic: three values or more, above 0, evenly spaced so.

    Two values do not say, and stay on a linear axis unless they are a decade apart.
    """
    known = np.unique(places[np.isfinite(places)])
    if len(known) < 2 or known[0] <= 0:
        return False
    steps = np.diff(np.log(known))
    if len(known) == 2:
        return bool(steps[0] >= np.log(10) * (1 - 1e-9))
    return bool(np.ptp(steps) <= 0.05 * steps.mean())


def places(labels: np.ndarray) -> tuple[np.ndarray, list[str] | None]:
    """Where labels stand along an axis, and what is written there if not numbers."""
    if labels.dtype.kind in "fiu":
        return labels.astype(float), None
    return np.arange(len(labels), dtype=float), [str(label) for label in labels]


def written(label: Any) -> str:
    """A value of the grid, as a tick has it."""
    return f"{label:g}" if isinstance(label, float) else str(label)


def edges(centres: np.ndarray, *, logarithmic: bool) -> np.ndarray:
    """The borders of cells around these centres."""
    at = np.log(centres) if logarithmic else centres
    if len(at) == 1:
        edges = np.array([at[0] - 0.5, at[0] + 0.5])
    else:
        middle = (at[1:] + at[:-1]) / 2
        edges = np.concatenate(
            [[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]]
        )
    return np.exp(edges) if logarithmic else edges


def axis_label(seen: Any) -> str:
    """The name of what was measured, and its unit."""
    unit = seen.attrs.get("units", "1")
    return f"{seen.name}" + (f" ({unit})" if unit not in ("", "1") else "")
