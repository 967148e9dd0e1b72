"""What is drawn of a run: panels of curves, and marks for what was foretold."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Panel:
    """A pair of axes; `about` says in a sentence what to look for."""

    key: str
    title: str
    x: str
    y: str
    about: str
    log: str = ""
    """Which axes are logarithmic: ``"x"``, ``"y"`` or ``"xy"``."""

    def to_json(self) -> dict[str, Any]:
        """In plain types."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Curve:
    """`values` over the places `at`, in the panel `panel`; `group` sets the colour.

    What is `foretold` is drawn dashed, beside what was measured of the same group.
    """

    panel: str
    name: str
    at: Sequence[float] | np.ndarray
    values: Sequence[float] | np.ndarray
    group: str = ""
    foretold: bool = False

    def to_json(self) -> dict[str, Any]:
        """In plain types; what is no finite number is None."""
        return {
            "panel": self.panel,
            "name": self.name,
            "group": self.group or self.name,
            "foretold": self.foretold,
            "x": plain_numbers(self.at),
            "y": plain_numbers(self.values),
        }


@dataclasses.dataclass(frozen=True)
class Mark:
    """What was foretold: a level that is reached, or the moment of something."""

    panel: str
    name: str
    value: float
    group: str = ""
    upright: bool = False
    """Whether it is a moment on the axis of x, and not a level."""

    def to_json(self) -> dict[str, Any]:
        """In plain types."""
        return dataclasses.asdict(self) | {"group": self.group or self.name}


def plain_numbers(values: Sequence[float] | np.ndarray) -> list[float | None]:
    """Six digits of every number; None for what is not finite."""
    return [
        float(f"{x:.6g}") if math.isfinite(x) else None
        for x in np.asarray(values, float)
    ]


def drift(values: np.ndarray) -> np.ndarray:
    """How far a quantity ``(t, ...)`` is from its start, relative to its size there."""
    flat = np.asarray(values, float).reshape(len(values), -1)
    size = np.max(np.abs(flat[0]), initial=0.0)
    return np.max(np.abs(flat - flat[0]), axis=1, initial=0.0) / (size or 1.0)


def above(values: np.ndarray, floor: float) -> np.ndarray:
    """The sizes of `values`, none below `floor`: a logarithmic axis has no 0."""
    return np.maximum(np.abs(np.asarray(values, float)), floor)
