"""Claims whose distance is written as one gap, held against one tolerance."""

import abc
import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar, TYPE_CHECKING

from ..experiment import Experiment, N
from ..training import Trajectory
from .base import AbstractClaim
from .parts import Hypothesis, optional, Rival, Term


if TYPE_CHECKING:
    from typing import ClassVar as AbstractVar
else:
    from equinox import AbstractVar


class AbstractToleranceClaim(AbstractClaim[N]):
    """A claim that measures how far its conclusion is from holding, and no value.

    What it predicts is a gap of 0. Its rivals are versions of itself that are false.
    """

    tolerance: AbstractVar[float]
    """The largest gap that still counts as holding. A string under it says why."""

    margin: ClassVar[float] = 1e3
    """How many tolerances the gap of the foil must exceed: by how much it can see."""

    @property
    def sees(self) -> float:
        """The gap from which on it fails."""
        return self.tolerance

    @property
    def false_versions(self) -> "tuple[AbstractToleranceClaim, ...]":
        """False theorems nearby: each must come out *fails* on the witness."""
        return ()

    @optional
    def hypotheses(self, experiment: Experiment[N]) -> Iterable[Hypothesis]:
        """None that can be tested without the run: see `conditions`."""
        del experiment
        return ()

    @abc.abstractmethod
    def gap(self, run: Trajectory[N]) -> float:
        """How far the conclusion is from holding: 0 when it does, free of scale."""

    def predicted(self, run: Trajectory[N]) -> float:
        """No gap."""
        del run
        return 0.0

    def measured(self, run: Trajectory[N]) -> float:
        """The gap of this run."""
        return float(self.gap(run))

    def distance(self, predicted: Any, measured: Any, run: Trajectory[N]) -> float:
        """The gap itself."""
        del run
        return abs(float(measured) - float(predicted))

    def budget(self, run: Trajectory[N]) -> Iterable[Term]:
        """The tolerance."""
        del run
        reason = "one number for all runs, chosen on the witness"
        return (Term("tolerance", self.tolerance, reason, "a longer or finer run"),)

    def rivals(self, run: Trajectory[N]) -> Iterable[Rival]:
        """The false versions; each lies as far off as its own gap."""
        true = float(self.gap(run))
        return tuple(
            Rival(_differs(self, other), true - float(other.gap(run)))
            for other in self.false_versions
        )

    @abc.abstractmethod
    def witness(self) -> Experiment[N]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A small experiment that meets every hypothesis."""

    @abc.abstractmethod
    def foil(self) -> Experiment[N]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The witness with a hypothesis broken, so that the conclusion is false."""


def _differs(true: AbstractToleranceClaim, false: AbstractToleranceClaim) -> str:
    """The fields in which a false version differs from the claim, in words."""
    changed = [
        f"{field.name} = {getattr(false, field.name)}"
        for field in dataclasses.fields(false)
        if getattr(false, field.name) != getattr(true, field.name, None)
    ]
    return f"{type(false).__name__} with {', '.join(changed)}"
