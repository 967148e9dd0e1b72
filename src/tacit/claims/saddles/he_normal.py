"""Escape from starts drawn at random, far from the symmetric manifold."""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...events import Reaches, RiskBelow
from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks import MLP
from ...networks.activations import values_and_slopes
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    layered,
    nothing_constant,
    plainly_small,
    sloped_at_zero,
    small_of,
    steep_at_zero,
)
from ..measures.budgets import followed
from ..measures.escapes import escapes, leading
from ..papers import RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.saddles import ESCAPE, whitened


HALVES = (16.0, 8.0, 4.0, 2.0, 1.0)
"""What the small layers of the run are multiplied by for the runs beside it."""


def generic(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether the small layers are of full rank, as those drawn at random are."""
    ranks = []
    for i in small_of(experiment):
        W = np.asarray(experiment.network.weights[i])
        ranks.append(np.linalg.matrix_rank(W) == min(W.shape))
    return Hypothesis("the small layers are of full rank", all(ranks))


def faint(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether what the small layers give is small too: large inputs may undo it."""
    network, most = experiment.network, 0.0
    h = np.asarray(experiment.risk.problem.X).T
    for i, W in enumerate(network.weights):
        z = np.asarray(W) @ h
        most = max(most, np.abs(z).max()) if i in small_of(experiment) else most
        h = np.asarray(network.sigma(z))
    return Hypothesis("what the small layers give is small, below 1/2", most < 0.5)


def ends_late(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether the run ends at an event, where the network has left."""
    late = isinstance(experiment.until, RiskBelow | Reaches)
    return Hypothesis("it ends where the risk has fallen, or at a level", late)


class HeNormalExponent(AbstractClaim[MLP]):
    r"""From random weights too the time grows as $\varepsilon^{-(r-2)}$.

    $r$ counts the small layers, whatever the depth; for $r = 2$ it grows as
    $\log 1/\varepsilon$. The exponent is read off the differences of the times at
    $\varepsilon$, $2\varepsilon$ and $4\varepsilon$, which the constant term of the
    law leaves alone. The weights are drawn once and the small layers rescaled, so that
    one draw decides: the law is of every start, and its error is no scatter over draws
    but the next order, which the exponent at $2\varepsilon$ shows.
    """

    id: ClassVar[str] = "S9"
    source: ClassVar[tuple[Source, ...]] = (
        Source(RAWAL, "Theorem 11 of version 1: class B, first layers", "quoted"),
        Source(RAWAL, "other classes and places", "derived"),
    )
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 5e-3

    activation: str = "tanh"
    """That of the witness, as are the next two."""

    widths: tuple[int, ...] = (6, 10, 10, 10, 1)
    small: tuple[int, ...] = (0, 2, 3)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield layered(experiment)
        yield generic(experiment)
        yield ends_late(experiment)
        yield plainly_small(experiment)
        yield Hypothesis("two layers or more are small", len(small_of(experiment)) >= 2)
        yield sloped_at_zero(experiment)
        yield nothing_constant(experiment)
        yield faint(experiment)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        about = "the exponent of the size of the small layers in the time to escape"
        return Forecast(float(2 - len(small_of(experiment))), about)

    def measured(self, run: Trajectory[MLP]) -> float:
        return float(_exponents(escapes(run, HALVES))[-1])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # Exponents have a scale of their own, and that of a logarithm is 0.
        del run
        return float(abs(measured - predicted))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        times = escapes(run, HALVES)
        first, before, last = _exponents(times)
        # Orders of either sign are in it: each falls by half or more as the start is
        # halved, their sum by a quarter or more, which leaves three times the change.
        # A change may pass through 0, two of them do not.
        change = max(abs(last - before), abs(before - first) / 2)
        reason = "three times what halving the start changes in the exponent"
        yield Term("next order", 3 * change, reason, "a smaller start")
        error = 10 * followed(run) * times[-1] / np.min(np.diff(times)[-2:])
        reason = "ten steps at their rtol, in the differences of the times"
        yield Term("integration", 3 * error, reason, "a smaller rtol")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        told, L = self.predicted(run), len(run.experiment.network.weights)
        if 2 - told < L:
            yield Rival("the power counts all layers, not the small ones", 2.0 - L)
        yield Rival("the power is one higher", told - 1)
        yield Rival("the power is one lower", told + 1)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        start = MLP.he_normal(
            self.widths, seed=1001 if seed is None else 2000 + seed, small=self.small,
            eps=0.005, activation=self.activation,
        )  # fmt: skip
        return _falling(start, whitened(seed))

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = whitened(seed)
        X = np.asarray(true.problem.X)
        risk = Risk(Problem(X, X[:, 0] ** 4), true.loss)
        first = 0.05 * np.eye(6)[0]
        start = MLP.symmetric(first, [0.05] * 2, width=3, activation="square")
        return _falling(start, risk)


class TwoLayerPrefactor(AbstractClaim[MLP]):
    r"""With two small layers $d\tau/d\log(1/\varepsilon) = 1/K$.

    $K = \|\mathbb E[y\,h]\|\,\|p\|\,\sigma_1(M)\,\sigma'(0)^n$, $h$ the activity that
    enters the first small layer, $M$ the fixed layers between the two and $p$ those
    above: the top rate of a linear flow. Between layers that touch, $M = 1$. Read off
    the times from $\varepsilon$ and $10\varepsilon$; one draw decides, as its error is
    what is left of slower growth and of the next order, not scatter.
    """

    id: ClassVar[str] = "S10"
    source: ClassVar[Source] = Source(
        RAWAL, "Proposition 23 of version 1; the prefactor", "derived"
    )
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-3

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield layered(experiment)
        yield ends_late(experiment)
        yield plainly_small(experiment)
        yield steep_at_zero(experiment)
        yield nothing_constant(experiment)
        small = small_of(experiment)
        beside = len(small) == 2 and small[1] == small[0] + 1
        yield Hypothesis("two layers are small, one above the other", beside)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        about = "the time that a start smaller by a factor of e takes longer to escape"
        return Forecast(1 / leading(experiment).fastest, about)

    def measured(self, run: Trajectory[MLP]) -> float:
        return float(_waits(run)[-1])

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        before, last = _waits(run)
        sizes = np.linalg.svd(leading(run.experiment).signal, compute_uv=False)
        slower = float(sizes[1] / sizes[0]) if len(sizes) > 1 else 0.0
        # What grows slower falls by this with every ten, as the start does.
        left = max(2.0, 1 / (10 ** (1 - slower) - 1 + 1e-300))
        reason = "what a start ten times as large changes, at the rate it falls by"
        told = float(self.predicted(run))
        yield Term(
            "next order", left * abs(last - before) / told, reason, "a smaller start"
        )
        error = 20 * followed(run) * float(run.times[-1]) / (told * math.log(10))
        reason = "ten steps at their rtol, in the difference of two times"
        yield Term("integration", error, reason, "a smaller rtol")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        told, network = self.predicted(run), run.experiment.network
        yield Rival("the rate is that of one layer, half as large", 2 * told)
        _, slope = values_and_slopes(network.sigma, jnp.zeros(()))
        above = len(network.weights) - 1 - small_of(run.experiment)[0]
        factor = abs(float(slope)) ** above
        if abs(factor - 1) > 1e-3:
            text = "the slope of the activation does not count"
            yield Rival(text, told * factor)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        own = 1001 if seed is None else 2000 + seed
        start = MLP.he_normal(
            (6, 10, 10, 1), seed=own, small=(1, 2), eps=1e-5, activation="gelu"
        )
        return _falling(start, whitened(seed))

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        decaying = GradientFlow(rtol=1e-9, clock="escape", weight_decay=0.003)
        return dataclasses.replace(self.witness(seed), flow=decaying)


def _exponents(times: np.ndarray) -> np.ndarray:
    """The exponents between neighbouring differences, from halved starts."""
    return -np.diff(np.log(np.diff(times))) / math.log(2)


def _waits(run: Trajectory[MLP]) -> np.ndarray:
    """What a factor of e costs, between a hundred, ten and one times the start."""
    return np.diff(escapes(run, (100.0, 10.0, 1.0))) / math.log(10)


def _falling(start: MLP, risk: Risk) -> Experiment[MLP]:
    """Until a tenth of the risk of the zero function is gone."""
    zero = 0.5 * float(np.mean(np.asarray(risk.problem.y) ** 2))
    return Experiment(start, risk, ESCAPE, until=RiskBelow(0.9 * zero))
