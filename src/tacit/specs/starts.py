"""Sections for networks at their start."""

import abc
from typing import Annotated, Any, ClassVar, Literal, TYPE_CHECKING

import numpy as np
from pydantic import AfterValidator

from ..errors import OptionError, ShapeError
from ..networks import AbstractNetwork, DeepLinear, Diagonal, TwoSided
from ..problems import Problem
from .members import NETWORKS
from .own import own
from .sections import (
    AbstractSection,
    as_numbers,
    by_key,
    by_kind,
    Count,
    entries,
    Natural,
    placed,
    Positive,
    refuse,
)


WORDS = {
    "signs": lambda problem: np.sign(problem.delta) / problem.d,
    "uniform": lambda problem: np.full(problem.d, 1 / problem.d),
}


def _known_start(start: Any) -> Any:
    if isinstance(start, str) and start not in WORDS:
        refuse(str(OptionError("start", start, [*WORDS, "a list of numbers"])))
    return start if isinstance(start, str) else as_numbers(start)


Start = Annotated[Any, AfterValidator(_known_start)]
"""The predictor at the start: numbers, or a word for what is read off the problem."""


class AbstractStart(AbstractSection):
    """A network that is made for the problem at hand."""

    @abc.abstractmethod
    def build(self, problem: Problem) -> AbstractNetwork:
        """The network, at its start."""


class AbstractAimed(AbstractStart):
    """A network that begins at the predictor `start`."""

    known_as: ClassVar[dict[str, str]] = {"w0": "start", "target": "start"}
    start: Start

    def predictor(self, problem: Problem) -> np.ndarray:
        """The predictor at the start: "signs" is sign(delta) / d, "uniform" 1 / d."""
        with placed("network.start"):
            if isinstance(self.start, str):
                return WORDS[self.start](problem)
            given = np.asarray(self.start)
            if given.shape[-1:] != (problem.d,):
                raise ShapeError(
                    f"start has shape {given.shape}; the problem has {problem.d} "
                    "features.",
                    about="start",
                )
            return given


class BalancedDiagonal(AbstractAimed):
    """`Diagonal.balanced` at `alpha` times the start."""

    kind: Literal["Diagonal"]
    depth: Count
    alpha: Positive = 1.0

    def build(self, problem: Problem) -> Diagonal:
        w0 = self.alpha * self.predictor(problem)
        return Diagonal.balanced(w0, depth=self.depth)


class BalancedSides(AbstractStart):
    """`TwoSided.balanced`: both sides at `alpha`, the predictor at 0."""

    kind: Literal["TwoSided"]
    alpha: Positive
    depth: Count = 2

    def build(self, problem: Problem) -> TwoSided:
        return TwoSided.balanced(problem.d, alpha=self.alpha, depth=self.depth)


class SidesAt(AbstractAimed):
    """`TwoSided.at`: depth 2, the product of the sides at `kappa`."""

    kind: Literal["TwoSided"]
    kappa: Positive

    def build(self, problem: Problem) -> TwoSided:
        return TwoSided.at(self.predictor(problem), kappa=self.kappa)


class BalancedLinear(AbstractAimed):
    """`DeepLinear.balanced` at `alpha` times the start, ``(d,)`` or ``(k, d)``."""

    kind: Literal["DeepLinear"]
    depth: Count
    alpha: Positive = 1.0
    width: Count | None = None

    def build(self, problem: Problem) -> DeepLinear:
        target = self.alpha * self.predictor(problem)
        return DeepLinear.balanced(target, depth=self.depth, width=self.width)


class RandomLinear(AbstractStart):
    """Layers of `widths` outputs each, normal of variance ``alpha² / inputs``."""

    kind: Literal["DeepLinear"]
    widths: Annotated[tuple[Count, ...], entries(1)]
    seed: Natural = 0
    alpha: Positive = 1.0

    def build(self, problem: Problem) -> DeepLinear:
        rng = np.random.default_rng(self.seed)
        pairs = zip(self.widths, (problem.d, *self.widths), strict=False)
        return DeepLinear(
            [self.alpha / n**0.5 * rng.standard_normal((m, n)) for m, n in pairs]
        )


if TYPE_CHECKING:
    Network = AbstractStart
else:
    _WAYS = {
        "Diagonal": {"depth": BalancedDiagonal, "layers": NETWORKS["Diagonal"]},
        "TwoSided": {
            "alpha": BalancedSides, "kappa": SidesAt, "u": NETWORKS["TwoSided"]
        },
        "DeepLinear": {
            "depth": BalancedLinear, "widths": RandomLinear,
            "layers": NETWORKS["DeepLinear"],
        },
    }  # fmt: skip
    _NETWORKS = {kind: by_key(kind, ways) for kind, ways in _WAYS.items()}
    Network = by_kind("network", NETWORKS | _NETWORKS, own=own(AbstractNetwork))
