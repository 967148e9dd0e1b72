"""Escape from starts drawn at random, far from the symmetric manifold."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...events import RiskBelow
from ...experiment import Experiment
from ...fits import fit_exponent
from ...networks import MLP
from ...networks.activations import values_and_slopes
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    nothing_constant,
    signal,
    sloped_at_zero,
    small_of,
    start_gain,
    steep_at_zero,
)
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import ESCAPE, escapes, whitened


HALVES = (4.0, 2.0, 1.0)
"""What the small layers of the run are multiplied by for the runs beside it."""


def generic(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether the small layers are of full rank, as those drawn at random are."""
    ranks = []
    for i in small_of(experiment):
        W = np.asarray(experiment.network.weights[i])
        ranks.append(np.linalg.matrix_rank(W) == min(W.shape))
    return Hypothesis("the small layers are of full rank", all(ranks))


class HeNormalExponent(AbstractToleranceClaim[MLP]):
    r"""From random weights too the time grows as $\varepsilon^{-(r-2)}$.

    $r$ counts the small layers, whatever the depth; for $r = 2$ it grows as
    $\log 1/\varepsilon$. The exponent is read off the differences of the times at
    $\varepsilon$, $2\varepsilon$ and $4\varepsilon$, which the constant term of the
    law leaves alone. The weights are drawn once and the small layers rescaled.
    """

    id: ClassVar[str] = "S9"
    source: ClassVar[Source] = Source(
        RAWAL, "the escape law for He-normal networks", "quoted"
    )
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 0.02
    """The next order over a factor of four in ε at three small layers."""

    activation: str = "tanh"
    widths: tuple[int, ...] = (6, 10, 10, 10, 1)
    small: tuple[int, ...] = (0, 2, 3)
    seed: int = 1001

    depth: bool = False
    """Whether the power is said to be $L - 2$, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if len(self.small) == len(self.widths) - 1:
            return ()
        return (dataclasses.replace(self, depth=True),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield generic(experiment)
        fallen = isinstance(experiment.until, RiskBelow)
        yield Hypothesis("it ends where the risk has fallen", fallen)
        yield Hypothesis("two layers or more are small", len(small_of(experiment)) >= 2)
        yield sloped_at_zero(experiment)
        yield nothing_constant(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        times = np.append(escapes(run.experiment, HALVES[:-1]), float(run.times[-1]))
        layers = run.experiment.network.weights
        counted = len(layers) if self.depth else len(small_of(run.experiment))
        return abs(fit_exponent(np.array(HALVES), times).value + (counted - 2))

    def witness(self) -> Experiment[MLP]:
        start = MLP.he_normal(
            self.widths, seed=self.seed, small=self.small, eps=0.01,
            activation=self.activation,
        )  # fmt: skip
        return _falling(start)

    def foil(self) -> Experiment[MLP]:
        true = whitened()
        X = np.asarray(true.problem.X)
        risk = Risk(Problem(X, X[:, 0] ** 4), true.loss)
        first = 0.05 * np.eye(6)[0]
        start = MLP.symmetric(first, [0.05] * 2, width=3, activation="square")
        return _falling(start, risk)


class TwoLayerPrefactor(AbstractToleranceClaim[MLP]):
    r"""With two small layers $d\tau/d\log(1/\varepsilon) = 1/K$.

    $K = \|\mathbb E[y\,h]\|\,\|p\|\,\sigma_1(M)\,\sigma'(0)^n$, $h$ the activity that
    enters the first small layer, $M$ the fixed layers between the two and $p$ those
    above: the top rate of a linear flow. Between layers that touch, $M = 1$.
    """

    id: ClassVar[str] = "S10"
    source: ClassVar[Source] = Source(RAWAL, "the logarithmic case", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 2e-3
    """What is left of slower growth and of the next order at ε from 1e-3 to 1e-4."""

    linear: bool = True
    """Whether the slope of the activation counts; leaving it out is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, linear=False),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield steep_at_zero(experiment)
        yield nothing_constant(experiment)
        small = small_of(experiment)
        beside = len(small) == 2 and small[1] == small[0] + 1
        yield Hypothesis("two layers are small, one above the other", beside)
        yield Hypothesis("they are below 1e-3", start_gain(experiment) < 1e-3)

    def gap(self, run: Trajectory[MLP]) -> float:
        before = escapes(run.experiment, (10.0,))[0]
        network, small = run.experiment.network, small_of(run.experiment)
        rate = signal(network, run.experiment.risk).fastest
        if not self.linear:
            _, slope = values_and_slopes(network.sigma, jnp.zeros(()))
            rate /= float(slope) ** (len(network.weights) - 1 - small[0])
        slope = (float(run.times[-1]) - before) / math.log(10)
        return abs(slope * rate - 1)

    def witness(self) -> Experiment[MLP]:
        return _falling(_gelu((1, 2)))

    def foil(self) -> Experiment[MLP]:
        return _falling(_gelu((0, 1, 2)))


def _gelu(small: tuple[int, ...]) -> MLP:
    return MLP.he_normal(
        (6, 10, 10, 1), seed=1001, small=small, eps=1e-4, activation="gelu"
    )


def _falling(start: MLP, risk: Risk | None = None) -> Experiment[MLP]:
    """Until a tenth of the risk of the zero function is gone."""
    risk = whitened() if risk is None else risk
    zero = 0.5 * float(np.mean(np.asarray(risk.problem.y) ** 2))
    return Experiment(start, risk, ESCAPE, until=RiskBelow(0.9 * zero))
