"""The data on which the Deep LDA study is run, and where training starts."""

import dataclasses
import functools

import numpy as np

from ...errors import MissingExtraError
from ...losses import Fisher
from ...networks import Diagonal
from ...problems import load, Problem, strong_weak_noise
from ...risk import Risk


DEPTHS = (1, 2, 3, 4, 6, 8)


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """A two-class problem with standardised features, and its start `w0` ``(d,)``.

    Every feature starts at ``1 / d`` with the sign of its own difference of means, so
    that before any training each votes the way its class means say. Two subjects are
    equal only if they are one: a subject may key a cache.
    """

    name: str
    title: str
    problem: Problem

    @functools.cached_property
    def w0(self) -> np.ndarray:
        """The start."""
        delta = np.asarray(self.problem.delta)
        return np.where(delta < 0, -1.0, 1.0) / len(delta)

    @functools.cached_property
    def risk(self) -> Risk:
        r"""The risk $-\log J$."""
        return Risk(self.problem, Fisher())

    @functools.cached_property
    def groups(self) -> tuple[str, ...]:
        """What each feature is: strong, weak or noise by design, or else by thirds.

        The thirds order the features by the J that each reaches alone.
        """
        names = self.problem.features or ()
        kinds = tuple(name.split("_")[0] for name in names)
        if set(kinds) == {"strong", "weak", "noise"}:
            return kinds
        delta = np.asarray(self.problem.delta)
        alone = delta**2 / np.diag(np.asarray(self.problem.within))
        place = np.argsort(np.argsort(-alone))
        third = len(delta) // 3
        return tuple(
            "strong" if p < third else "weak" if p >= len(delta) - third else "middle"
            for p in place
        )

    def members(self, group: str) -> tuple[int, ...]:
        """The features of a group."""
        return tuple(i for i, kind in enumerate(self.groups) if kind == group)

    def network(self, depth: int) -> Diagonal:
        """The balanced network of this depth at the start."""
        return Diagonal.balanced(self.w0, depth=depth)


STRONG, WEAK, NOISE = 2, 4, 14
"""The synthetic design: features of large, small and no mean difference."""


@functools.cache
def synthetic() -> Subject:
    """Strong, weak and noise features, 400 samples, the paper's kind of design."""
    problem = strong_weak_noise(0, 400, STRONG, WEAK, NOISE).standardised()
    return Subject("synthetic", "Synthetic", problem)


@functools.cache
def real() -> tuple[Subject, ...]:
    """Two-class problems from scikit-learn, every feature standardised."""
    wine = load("wine", classes=("class_0", "class_1"))
    digits = load("digits", classes=(3, 8)).varying()
    return (
        Subject("breast_cancer", "Breast cancer", load("breast_cancer").standardised()),
        Subject("wine", "Wine 0/1", wine.varying().standardised()),
        Subject("digits", "Digits 3/8", digits.standardised()),
    )


@functools.cache
def golub() -> Subject | None:
    """Leukaemia, 38 samples: more genes than samples. None without the extra."""
    try:
        problem = load("golub")
    except MissingExtraError:
        return None
    return Subject("golub", "Golub leukaemia", problem.varying().standardised())
