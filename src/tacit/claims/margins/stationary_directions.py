"""The parameters themselves point where a margin is stationary."""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np
import scipy.optimize
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk
from ...losses import AbstractMarginLoss, Exponential, PolynomialTail
from ...networks import DeepLinear
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import (
    exponential_tail,
    one_margin,
    separable as is_separable,
    starts_well,
)
from ..measures.alignment import room
from ..measures.budgets import rounding
from ..measures.margins import rows_of, still_to_turn, turn_left
from ..papers import LYU, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.margins import half_normal, separable


FLOW = GradientFlow(rtol=1e-8, clock=LogRisk(hand_over=1e12))
NEAR = 1e-2
"""The samples whose margins exceed the least by this part of it may take part."""


class ParametersAreStationary(AbstractClaim[DeepLinear]):
    r"""The direction of the parameters meets the conditions of the widest margin.

    $\theta$ tends to the cone of the slopes of the smallest margins: the conditions of
    Karush, Kuhn and Tucker of $\min \|\theta\|^2$ with all margins at least 1. The
    direction of $\theta$ is held against the point of the cone that is nearest to it.
    """

    id: ClassVar[str] = "J1b"
    source: ClassVar[Source] = Source(LYU, "Theorem 4.4", "quoted")
    needs: ClassVar[type] = DeepLinear
    sees: ClassVar[float] = 1e-3

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield one_margin(experiment)
        yield is_separable(experiment)
        yield exponential_tail(experiment)
        yield is_gradient_flow(experiment)
        yield from starts_well(experiment)

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        at = _margins(run)
        # Those with a share of 1e-6 in the slope as well, while margins are small.
        least = at.margins.min()
        near = at.margins < least + max(NEAR * abs(least), 14.0)
        return _mixture(at.slopes[near], at.direction)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return _margins(run).direction

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run  # the direction is of length 1
        return float(np.linalg.norm(measured - predicted))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        squares = np.array([np.sum(np.asarray(W) ** 2) for W in run.network.layers])
        left = room(run, squares)
        # Off rank one, off their neighbours, and not of the same length.
        rest = np.sqrt(np.sum(2 * left.ratios) + 2 * np.sum(left.angles))
        uneven = float(np.ptp(squares) / np.sum(squares))
        reason = "Lemma 2 of Ji and Telgarsky, at the norms of the layers in the end"
        yield Term("what layers lack", float(rest + uneven), reason, "a longer run")
        yield still_to_turn(turn_left(run))
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        at, start = _margins(run), ravel_pytree(run.experiment.network)[0]
        text = "all samples hold it, alike"
        mean = np.mean(at.slopes, axis=0)
        yield Rival(text, mean / np.linalg.norm(mean))
        yield Rival("it stays in the direction of the start", _unit(np.asarray(start)))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _grown(Exponential(), seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _grown(PolynomialTail(2.0), seed)


class _At(NamedTuple):
    """The direction of the parameters, the margins, and their slopes in them."""

    direction: np.ndarray
    slopes: np.ndarray
    margins: np.ndarray


def _margins(run: Trajectory[DeepLinear]) -> _At:
    theta, shaped = ravel_pytree(run.network)
    rows, mass = rows_of(run.experiment)
    rows = rows[mass > 0]
    slopes = rows @ np.asarray(jax.jacrev(lambda t: shaped(t).predictor())(theta))
    at = np.asarray(theta), slopes, rows @ np.asarray(run.network.predictor())
    return _At(_unit(at[0]), *at[1:])


def _mixture(slopes: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The point of the cone of the slopes that is nearest to the direction."""
    columns = (slopes / np.linalg.norm(slopes, axis=1)[:, None]).T
    return columns @ scipy.optimize.nnls(columns, direction)[0]


def _unit(theta: np.ndarray) -> np.ndarray:
    return theta / np.linalg.norm(theta)


def _grown(loss: AbstractMarginLoss, seed: int | None) -> Experiment[DeepLinear]:
    problem = separable(seed=seed)
    start = DeepLinear.gaussian([3, 5, 1], seed=2001, scale=0.5)
    if seed is not None:
        start = half_normal(problem, 5, seed=seed)
    return Experiment(start, Risk(problem, loss), FLOW, until=1e9)
