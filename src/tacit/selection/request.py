"""What is asked of a selection, checked once for every way in."""

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..errors import DataError, OptionError


AUTO = "auto"
RULES = ("min", "paired-1se")


@dataclass(frozen=True)
class Candidate:
    """One path: how far the correlation is shrunken, and how much duals remember."""

    shrinkage: float | str
    """In [0, 1], or "auto": what the data ask for."""
    memory: float


GRID = (
    Candidate(AUTO, 1.0),
    Candidate(AUTO, 0.0),
    Candidate(0.1, 1.0),
    Candidate(0.1, 0.0),
    Candidate(0.01, 0.0),
)
"""The first is kept unless another is better by a paired standard error."""


@dataclass(frozen=True)
class Request:
    """How many features, by which paths, judged how; `DataError` if it makes no sense.

    `size` is "auto", "all" or a number; `shrinkage` "auto", None (for 0) or in [0, 1];
    `memory` "auto" or in [0, 1]; `priors` shares of the classes in sorted order.
    """

    size: object = AUTO
    shrinkage: object = AUTO
    memory: object = AUTO
    max_features: object = 100
    rule: object = "min"
    priors: object = None
    calibrate: bool = True

    def __post_init__(self):
        _whole("max_features", self.max_features)
        if isinstance(self.size, str):
            if self.size not in (AUTO, "all"):
                choices = ('"auto"', '"all"', "a whole number")
                raise OptionError("n_features_to_select", self.size, choices)
        else:
            _whole("n_features_to_select", self.size)
        _share("shrinkage", self.shrinkage, none=True)
        _share("memory", self.memory, none=False)
        if self.rule not in RULES:
            raise OptionError("rule", self.rule, RULES)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The paths to choose from, in order of preference."""
        fixed = 0.0 if self.shrinkage is None else self.shrinkage
        found = []
        for each in GRID:
            gamma = each.shrinkage if fixed == AUTO else fixed
            rho = each.memory if self.memory == AUTO and self.size != "all" else 1.0
            if self.memory != AUTO and self.size != "all":
                rho = float(self.memory)  # pyright: ignore[reportArgumentType]
            found.append(Candidate(gamma, rho))  # pyright: ignore[reportArgumentType]
        return tuple(dict.fromkeys(found))

    @property
    def reach(self) -> int:
        """How many features a path has to find."""
        return int(self.max_features if isinstance(self.size, str) else self.size)  # pyright: ignore[reportArgumentType]

    @property
    def judges(self) -> bool:
        """Whether anything is chosen or calibrated by cross-validation."""
        return self.size == AUTO or self.calibrate or len(self.candidates) > 1

    def shares(self, C: int) -> np.ndarray | None:
        """The priors ``(C,)``, or None for those of the sample."""
        if self.priors is None:
            return None
        priors = np.asarray(self.priors, dtype=np.float64)
        if priors.shape != (C,) or not (priors > 0).all():
            raise DataError(
                f"priors are {C} positive shares, one a class in sorted order; got "
                f"{np.array2string(priors, threshold=8)}."
            )
        if not math.isclose(priors.sum(), 1, rel_tol=1e-6):
            raise DataError(f"priors sum to 1; these sum to {priors.sum():g}.")
        return priors / priors.sum()


def _whole(name: str, given: Any) -> None:
    if not isinstance(given, Integral) or isinstance(given, bool) or given < 1:
        raise DataError(f"{name} is a whole number of 1 or more; got {given!r}.")


def _share(name: str, given: Any, *, none: bool) -> None:
    if given == AUTO or (none and given is None):
        return
    plain = isinstance(given, Real) and not isinstance(given, bool)
    if not plain or not 0 <= float(given) <= 1:
        words = '"auto", None or' if none else '"auto" or'
        raise DataError(f"{name} is {words} a number from 0 to 1; got {given!r}.")
