"""What the predictor keeps beside its direction, in and outside the support's span."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import Exponential
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights
from ...oracles import max_margin, residual_direction, separability
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..hypotheses.margins import (
    exponential_tail,
    held_firmly,
    reaches,
    separable,
    spanned,
)
from ..measures.spectra import layers_along, spectra
from ..papers import JI, SOUDRY, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import (
    fewer_than_features,
    half_normal,
    rank_one,
    separable as separable_data,
)


FLOW = GradientFlow(rtol=1e-9, clock="log-risk")


class ResidualIgnoresDepth(AbstractToleranceClaim[DeepLinear]):
    r"""The part of $w$ across $\bar u$ tends to the same $\rho_\infty$ at every depth.

    $\rho_\infty$ minimises $\sum_S e^{-\langle\rho, z_i\rangle}$ across $\bar u$, so
    the angle to the margin is $\|\rho_\infty\|/\|w\|$. Depth shows in the next order
    alone: from a balanced start $\rho - \rho_\infty = (L-1)\gamma
    H^{-1}\rho_\infty/\|w\|$, with $H$ the curvature of the sum's logarithm. The gap is
    that of this order.
    """

    id: ClassVar[str] = "I3"
    source: ClassVar[tuple[Source, ...]] = (
        Source(SOUDRY, "", "derived"),
        Source(JI, "Theorem 2", "derived"),
    )
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    margin: ClassVar[float] = 5.0
    """Depth is a whole number."""

    tolerance: float = 0.01
    """The order after it over this one, 1e-3 at the norm of 3e4, and the error of rtol
    1e-9 in a difference of 1e-4."""

    depth: int = 3

    shift: float = -1.0
    """What is added to $L$ in the next order; another than -1 is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, shift=0.0),) if self.shift else ()

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield exponential_tail(experiment)
        yield separable(experiment)
        yield spanned(experiment)
        yield held_firmly(experiment)
        yield matched_layers(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield reaches(run, 3e4)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem, w = run.experiment.risk.problem, spectra(run).predictor[-1]
        if not held_firmly(run.experiment).met:
            return math.inf
        found, depth = residual_direction(problem), len(run.network.layers)
        unit = found.margin.value
        across = w - (w @ unit) * unit
        next_order = (across - found.value) * np.linalg.norm(w)
        told = (depth + self.shift) * found.drift
        size = np.linalg.norm(found.drift) * max(depth - 1, 1)
        return float(np.linalg.norm(next_order - told) / size)

    def witness(self) -> Experiment[DeepLinear]:
        problem = separable_data(2003)
        start = rank_one(problem, self.depth)
        return Experiment(start, Risk(problem, Exponential()), FLOW, until=3e4)

    def foil(self) -> Experiment[DeepLinear]:
        problem = separable_data()
        start = half_normal(problem, 5, 4, scale=3.0)
        return Experiment(start, Risk(problem, Exponential()), FLOW, until=3e4)


class DeeperIsSlowerOutside(AbstractToleranceClaim[DeepLinear]):
    r"""Outside the span of the support vectors the error falls like $\|w\|^{-1/L}$.

    Inside it falls like $1/\|w\|$, at every depth. Nothing pulls on the part outside
    but its own layers, and it grows like $\|w\|^{1-1/L}$: without Assumption 3 of the
    paper the limit is still the margin's, and the deeper the network the later it is
    seen. Slopes on the last two decades of $\|w\|$.
    """

    id: ClassVar[str] = "I3a"
    source: ClassVar[Source] = Source(JI, "Assumption 3", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    margin: ClassVar[float] = 20.0
    """Exponents of neighbouring depths differ by a sixth or more."""

    tolerance: float = 0.002
    """The next order bends the lines by a part of |W|^-2, 1e-4 and less there."""

    depth: int = 3

    alike: bool = False
    """Whether the error is said to fall like $1/\\|w\\|$ outside too. Wrong."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if self.alike or self.depth == 1:
            return ()
        return (dataclasses.replace(self, alike=True),)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run.experiment)
        yield exponential_tail(run.experiment)
        yield separable(run.experiment)
        less = not spanned(run.experiment).met
        yield Hypothesis("the support vectors do not span all directions", less)
        yield reaches(run, 1e6)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        problem, w = run.experiment.risk.problem, spectra(run).predictor
        if not separability(problem).separable:
            return math.inf
        inside, across = _split(problem)
        late = np.linalg.norm(w, axis=1) >= 1e-2 * np.linalg.norm(w[-1])
        w = w[late]
        length = np.linalg.norm(w, axis=1)
        outer = np.linalg.norm(w - w @ inside.T @ inside, axis=1)
        if np.all(outer <= 1e-12 * length):
            return math.inf
        depth = len(run.network.layers)
        power = 1.0 if self.alike else 1 / depth
        off = [_slope(length, outer / length) + power]
        if len(across):
            inner = np.linalg.norm(w @ across.T, axis=1)
            off += [_slope(length, inner / length) + 1]
        return float(np.max(np.abs(off)))

    def witness(self) -> Experiment[DeepLinear]:
        return _short(self.depth)

    def foil(self) -> Experiment[DeepLinear]:
        problem = separable_data()
        start = half_normal(problem, 5, 4)
        return Experiment(start, Risk(problem, Exponential()), FLOW, until=1e6)


class FrozenOutsideData(AbstractToleranceClaim[DeepLinear]):
    r"""The first layer does not move outside the span of the samples.

    $W_1 P$ is constant for the projection $P$ off that span, under any loss: the
    gradient of $W_1$ has its rows in the span.
    """

    id: ClassVar[str] = "I3b"
    source: ClassVar[Source] = Source(JI, "Assumption 3", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    tolerance: float = 1e-12
    """Rounding of a first layer that grows a hundredfold."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        flow = experiment.flow
        plain = isinstance(flow, GradientFlow | Descent) and not flow.weight_decay
        yield Hypothesis("it is the gradient flow or descent, without decay", plain)
        none = _off(np.asarray(experiment.risk.problem.X)).size == 0
        yield Hypothesis("the samples do not span all directions", not none)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        off = _off(np.asarray(run.experiment.risk.problem.X))
        start = np.asarray(run.experiment.network.layers[0]) @ off.T
        drifts = [np.abs(W[0] @ off.T - start).max() for W in layers_along(run)]
        return float(max(drifts) / np.abs(start).max())

    def witness(self) -> Experiment[DeepLinear]:
        return _short(3)

    def foil(self) -> Experiment[DeepLinear]:
        flow, until = Descent(0.1, weight_decay=0.1), 100
        return eqx.tree_at(lambda e: (e.flow, e.until), self.witness(), (flow, until))


def _short(depth):
    problem = fewer_than_features()
    start = half_normal(problem, *[4] * (depth - 1), seed=2012)
    flow = GradientFlow(rtol=1e-7, clock="log-risk")
    return Experiment(start, Risk(problem, Exponential()), flow, until=1e6)


def _split(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """A basis of the span of the support vectors, and of it across the margin."""
    found = max_margin(problem)
    inside = _span(np.asarray(problem.X)[found.support])
    along = inside @ found.value
    across = np.linalg.svd(along[None])[2][1:] @ inside
    return inside, across


def _span(rows):
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    return axes[sizes > 1e-10 * sizes[0]]


def _off(rows):
    """A basis of the complement of the span of the rows."""
    rank = len(_span(rows))
    return np.linalg.svd(rows)[2][rank:]


def _slope(x, y):
    return np.polyfit(np.log(x), np.log(np.maximum(y, 1e-300)), 1)[0]
