"""The separable data on which the alignment study is run, and where training starts."""

import dataclasses
import functools

import numpy as np

from ...claims.witnesses.margins import separable
from ...errors import MissingExtraError
from ...losses import Exponential
from ...networks import DeepLinear
from ...oracles import (
    max_margin,
    MaxMargin,
    residual_direction,
    ResidualDirection,
    Separability,
    separability,
)
from ...problems import load, Problem
from ...risk import Risk


DEPTHS = (1, 2, 3, 4, 6)
WIDTH = 8
"""Of every hidden layer."""

CLOUD = {"n": 40, "d": 6, "margin": 0.12}
"""How the synthetic data are drawn: one shape, so that each depth compiles once."""


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """Two classes with all that is known of them before any training.

    Two subjects are equal only if they are one: a subject may key a cache.
    """

    name: str
    title: str
    problem: Problem

    @functools.cached_property
    def apart(self) -> Separability:
        """Whether a hyperplane separates the classes, with the proof."""
        return separability(self.problem)

    @functools.cached_property
    def best(self) -> MaxMargin:
        """The direction of largest margin."""
        return max_margin(self.problem)

    @functools.cached_property
    def rest(self) -> ResidualDirection:
        """What stays beside that direction."""
        return residual_direction(self.problem)

    @functools.cached_property
    def risk(self) -> Risk:
        """The mean of the exponential loss."""
        return Risk(self.problem, Exponential())

    @property
    def rank(self) -> int:
        """How many dimensions the support vectors span."""
        return int(np.linalg.matrix_rank(np.asarray(self.problem.X)[self.best.support]))

    def power(self, depth: int) -> float:
        """Of the norm, by which the direction error must fall."""
        return -1.0 if self.best.spanning else -1.0 / depth

    def balanced(self, depth: int) -> DeepLinear:
        """Balanced layers of rank one, the same predictor at every depth.

        It is short, random, and turned to the side on which the risk is below that of
        no prediction.
        """
        X, y = np.asarray(self.problem.X), np.asarray(self.problem.targets)
        w = np.random.default_rng(0).standard_normal(self.problem.d)
        w *= 0.2 * np.sign(np.mean(y * (X @ w))) / np.linalg.norm(w)
        return DeepLinear.balanced(w, depth=depth, width=WIDTH)

    def random(self, depth: int) -> DeepLinear:
        """Independent normal layers, the last turned as above."""
        widths = (self.problem.d, *[WIDTH] * (depth - 1), 1)
        drawn = DeepLinear.gaussian(widths, seed=1)
        X, y = np.asarray(self.problem.X), np.asarray(self.problem.targets)
        turn = np.sign(np.mean(y * (X @ np.asarray(drawn.predictor()))))
        return DeepLinear([*drawn.layers[:-1], turn * drawn.layers[-1]])


@functools.cache
def spanning() -> Subject:
    """As many support vectors as features: they span, as Assumption 3 asks."""
    return Subject("spanning", "Synthetic", separable(2017, **CLOUD))


@functools.cache
def short() -> Subject:
    """Another draw of the same, with too few support vectors to span."""
    return Subject("short", "Synthetic, second draw", separable(2006, **CLOUD))


@functools.cache
def real(name: str, *classes: str | int) -> Subject | None:
    """A data set with standardised features and an intercept; None without the extra.

    Where there are more features than samples they are replaced by the principal
    components: the flow from a start in their span never leaves it.
    """
    try:
        problem = load(name, classes=classes or None)
    except MissingExtraError:
        return None
    problem = problem.varying().standardised()
    X = np.asarray(problem.X)
    if problem.d > problem.n:
        U, s, _ = np.linalg.svd(X, full_matrices=False)
        X = (U * s)[:, s > 1e-9 * s[0]]
    X = np.hstack([X, np.ones((len(X), 1))])
    X = X / np.linalg.norm(X, axis=1).max()
    titles = {"breast_cancer": "Breast cancer", "golub": "Golub leukaemia"}
    title = titles.get(name, name.capitalize())
    title += " " + "/".join(map(str, classes)) if classes else ""
    signs = np.asarray(problem.targets)  # names would be compiled in, each pair anew
    return Subject(name, title, Problem(X, signs))
