"""How fast layers align, and how fast the risk falls: sharper than the paper."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, LogRisk
from ...oracles import max_margin, separability
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..hypotheses.margins import exponential, exponential_tail, reaches, separable
from ..measures.spectra import spectra
from ..papers import JI, LYU, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import half_normal, rank_one, separable as separable_data


class AlignmentRates(AbstractToleranceClaim[DeepLinear]):
    r"""Layers lose rank like $\|W\|_F^{-2}$ and their angles close like $\|W\|_F^{-2}$.

    $\|W_k\|_F^2 - \|W_k\|_2^2$ tends to a positive constant, so what a layer lacks of
    rank one falls exactly as fast as Lemma 2 of the paper allows; but
    $1 - \langle v_{k+1}, u_k\rangle^2$ falls like $\|W_{k+1}\|_F^{-4}$, one power of
    $\|W\|^2$ faster than its bound. Slopes on the last two decades of $\|w\|$.
    """

    id: ClassVar[str] = "I2"
    source: ClassVar[Source] = Source(JI, "Lemma 2", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    margin: ClassVar[float] = 10.0
    """Exponents differ by whole numbers."""

    tolerance: float = 0.02
    """The next order, 1/|W|^2 of the first, bends the lines by less than a hundredth
    between the norms 1e4 and 1e6."""

    power: float = 2.0
    """That of $\\|W\\|_F^{-2}$ with which the angles' squared sines fall; the bound of
    the paper has 1."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (AlignmentRates(power=1.0),) if self.power == 2 else ()

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run.experiment)
        yield exponential_tail(run.experiment)
        yield separable(run.experiment)
        yield reaches(run, 1e6)
        left = spectra(run)
        some = left.misalignment.min(initial=1.0) > 1e-24
        yield Hypothesis(
            "the start is not balanced and of rank one: nothing would be left to fall",
            bool(some and self._several(run)),
        )

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        seen = spectra(run)
        late = seen.norm >= 1e-2 * seen.norm[-1]
        sizes = np.log(seen.squares[late])
        thick = [k for k, W in enumerate(run.network.layers) if min(W.shape) > 1]
        slopes = [self._slope(sizes[:, k], seen.excess[late, k]) + 1 for k in thick]
        slopes += [
            self._slope(sizes[:, k + 1], column) + self.power
            for k, column in enumerate(seen.misalignment[late].T)
        ]
        return float(np.max(np.abs(slopes), initial=0.0))

    def _several(self, run):
        return any(min(W.shape) > 1 for W in run.network.layers)

    def _slope(self, x, values):
        return np.polyfit(x, np.log(np.maximum(values, 1e-300)), 1)[0]

    def witness(self) -> Experiment[DeepLinear]:
        problem, flow = separable_data(), GradientFlow(1e-7, clock="log-risk")
        start = half_normal(problem, 5, 4)
        return Experiment(start, Risk(problem, Exponential()), flow, until=1e6)

    def foil(self) -> Experiment[DeepLinear]:
        problem, true = separable_data(2003), self.witness()
        start = rank_one(problem, 3)
        return Experiment(start, Risk(problem, Exponential()), true.flow, until=1e6)


class RiskTimesTime(AbstractToleranceClaim[DeepLinear]):
    r"""$R\,t\,L\gamma^2\|w\|^{2-2/L} = 1 + (2-2/L)/(\gamma\|w\|) + O(\|w\|^{-2})$.

    For the exponential loss and a balanced start, with $\gamma$ the margin: the
    constant in $R = \Theta(1/(t (\log t)^{2-2/L}))$, and the next order. The gap is in
    units of $1/(\gamma\|w\|)$, at all norms from 3e3 to 3e4.
    """

    id: ClassVar[str] = "I2a"
    source: ClassVar[Source] = Source(LYU, "Theorem 4.3", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), LogRisk())
    margin: ClassVar[float] = 10.0
    """The next order of an unbalanced start is as large again, not a thousand times."""

    tolerance: float = 0.02
    """The order after it, a part of 1e-2 at the least of these norms."""

    depth: int = 3

    copies: int | None = None
    """The $L$ in the constant; another than the depth makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if self.copies is not None or self.depth == 1:
            return ()
        return (dataclasses.replace(self, copies=1),)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield exponential(experiment)
        yield separable(experiment)
        yield matched_layers(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield reaches(run, 3e4)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem = run.experiment.risk.problem
        if not separability(problem).separable or run.log_time is None:
            return math.inf
        L, gamma = len(run.network.layers), max_margin(problem).margin
        norm = spectra(run).norm
        late = (norm >= 3e3) & (norm <= 3.1e4)
        logs = np.asarray(run.seen["LogRisk"]) + np.asarray(run.log_time)
        logs = logs + np.log((self.copies or L) * gamma**2)
        logs = (logs + (2 - 2 / L) * np.log(norm))[late]
        unit = 1 / (gamma * norm[late])
        told = (2 - 2 / L) * unit
        return float(np.max(np.abs(np.expm1(logs) - told) / unit))

    def witness(self) -> Experiment[DeepLinear]:
        problem = separable_data(2003)
        start = rank_one(problem, self.depth)
        return self._experiment(problem, start)

    def foil(self) -> Experiment[DeepLinear]:
        problem = separable_data()
        start = half_normal(problem, 5, 4, scale=3.0)
        return self._experiment(problem, start)

    def _experiment(self, problem, start):
        flow = GradientFlow(1e-9, clock="log-risk")
        return Experiment(start, Risk(problem, Exponential()), flow, until=3e4)
