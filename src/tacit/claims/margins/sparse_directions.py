"""Diagonal and convolutional networks on separable data: margins in other norms."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk
from ...losses import Exponential
from ...networks import ConvLinear, TwoSided
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import fourier_margin, l1_margin, margin_conditions, quasi_margin
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential_tail, separable
from ..papers import GUNASEKAR, Source, YUN
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import few


FLOW = GradientFlow(rtol=1e-8, clock=LogRisk(hand_over=1e12))
"""The flow itself to the end: its limit keeps only what leads."""

FAR = 1e6
"""From this norm on the powers of it are read."""


def _sides(depth: int, until: float = 1e9) -> Experiment[TwoSided]:
    start = TwoSided.balanced(8, alpha=1.0, depth=depth)
    return Experiment(start, Risk(few(), Exponential()), FLOW, until=until)


def _both_sides(run: Trajectory[TwoSided], depth: str, *, met: bool):
    yield separable(run.experiment)
    yield exponential_tail(run.experiment)
    yield is_gradient_flow(run.experiment)
    start, end = run.experiment.network, np.asarray(run.network.predictor())
    yield Hypothesis(f"the depth is {depth}", met)
    both = bool(np.all(start.u > 0) and np.all(start.v > 0))
    yield Hypothesis("both sides start positive", both)
    yield Hypothesis(f"|w| reaches {FAR:g}", bool(np.linalg.norm(end) > FAR))


def _rows(problem: Problem) -> np.ndarray:
    return np.asarray(problem.y)[:, None] * np.asarray(problem.X)


class SparsestMargin(AbstractToleranceClaim[TwoSided]):
    r"""The direction of $w = u^2 - v^2$ tends to that of largest $\ell_1$ margin."""

    id: ClassVar[str] = "J4"
    source: ClassVar[tuple[Source, ...]] = (
        Source(GUNASEKAR, "", "quoted"),
        Source(YUN, "", "quoted"),
    )
    needs: ClassVar[type] = TwoSided
    margin: ClassVar[float] = 10
    tolerance: float = 1e-2
    """The margin's gap is |w| to the power r - 1, with r = 0.7 the pull of the nearest
    idle coordinate: 1e-3 at 1e9."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        depth = run.experiment.network.depth
        yield from _both_sides(run, "2", met=depth == 2)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        problem, w = run.experiment.risk.problem, np.asarray(run.network.predictor())
        reached = (_rows(problem) @ w).min() / np.abs(w).sum()
        return float(1 - reached / l1_margin(problem).margin)

    def witness(self) -> Experiment[TwoSided]:
        return _sides(2)

    def foil(self) -> Experiment[TwoSided]:
        return _sides(1)


class IdleCoordinatesGrow(AbstractToleranceClaim[TwoSided]):
    r"""A coordinate off the support grows like $\|w\|^{r_i}$ with $r_i < 1$ its pull.

    $r = |Z^\top\lambda| / \gamma_1$ for the multipliers $\lambda$ of the $\ell_1$
    margin, since $w = 2\kappa\sinh\phi$ and $\phi$ moves by $r$; the margin's gap
    closes like $\|w\|^{\max r - 1}$.
    """

    id: ClassVar[str] = "J4b"
    source: ClassVar[Source] = Source(GUNASEKAR, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    margin: ClassVar[float] = 4
    tolerance: float = 0.05
    """Where two powers add up they part slowly: twice the largest seen at 1e9."""

    power: float = 1.0
    """That of the pull in the exponent; another than 1 makes it false."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        depth = run.experiment.network.depth
        yield from _both_sides(run, "2", met=depth == 2)
        pull = np.abs(l1_margin(run.experiment.risk.problem).pull)
        idle = pull[pull < 1 - 1e-9]
        apart = bool(len(idle) and np.all((idle > 0.3) & (idle < 0.9)))
        yield Hypothesis("idle coordinates are pulled by 0.3 to 0.9", apart)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        found = l1_margin(run.experiment.risk.problem)
        w = np.asarray(run.seen["LinearPredictor"])
        far = np.abs(w).sum(axis=1)
        late = far > far[-1] / 10
        logs = np.log(np.abs(w[late][:, ~found.support]))
        slopes = np.polyfit(np.log(far[late]), logs, 1)[0]
        told = np.abs(found.pull[~found.support]) ** self.power
        return float(np.abs(slopes - told).max())

    def witness(self) -> Experiment[TwoSided]:
        return _sides(2)

    def foil(self) -> Experiment[TwoSided]:
        return _sides(1)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (IdleCoordinatesGrow(power=2.0),) if self.power == 1 else ()


class StationaryQuasiMargin(AbstractToleranceClaim[TwoSided]):
    r"""At depth $L \ge 3$ the limit is stationary for the $\ell_{2/L}$ margin.

    It need not be the best direction: that one is known here, since all corners of the
    programme are listed.
    """

    id: ClassVar[str] = "J4c"
    source: ClassVar[tuple[Source, ...]] = (
        Source(GUNASEKAR, "", "quoted"),
        Source(YUN, "", "quoted"),
    )
    needs: ClassVar[type] = TwoSided
    margin: ClassVar[float] = 10
    tolerance: float = 1e-2
    """An idle side stays of size 1 and the others are of size |w| to the power 1 / L:
    1e-3 at 1e9 and depth 3."""

    best: bool = False
    """Whether the limit is taken to be the best of all directions, which is false."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        depth = run.experiment.network.depth
        yield from _both_sides(run, "at least 3", met=depth >= 3)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        problem, w = run.experiment.risk.problem, np.asarray(run.network.predictor())
        depth = run.experiment.network.depth
        found = margin_conditions(problem, w, depth)
        if not self.best:
            return found.residual
        return 1 - found.margin / quasi_margin(problem, depth).margin

    def witness(self) -> Experiment[TwoSided]:
        return _sides(3)

    def foil(self) -> Experiment[TwoSided]:
        return _sides(3, until=100.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return () if self.best else (StationaryQuasiMargin(best=True),)


class SparsestSpectrum(AbstractToleranceClaim[ConvLinear]):
    r"""Two full-width convolutions: the largest margin in $\|\hat w\|_1$.

    If both layers start equal in size at a frequency without a phase, the first or the
    middle one, its sign is frozen and the limit may be another.
    """

    id: ClassVar[str] = "J4d"
    source: ClassVar[tuple[Source, ...]] = (
        Source(GUNASEKAR, "", "quoted"),
        Source(YUN, "", "quoted"),
    )
    needs: ClassVar[type] = ConvLinear
    margin: ClassVar[float] = 10
    tolerance: float = 1e-3
    """The gap closes by a power of the norm: seen between 1e-5 and 1e-2 at 1e8."""

    def hypotheses(self, experiment: Experiment[ConvLinear]) -> Iterable[Hypothesis]:
        yield separable(experiment)
        yield exponential_tail(experiment)
        yield is_gradient_flow(experiment)
        layers = np.asarray(experiment.network.layers)
        yield Hypothesis("there are two layers", len(layers) == 2)
        waves = np.fft.rfft(layers, norm="ortho")
        real = waves[:, [0, -1] if layers.shape[1] % 2 == 0 else [0]]
        sizes = np.abs(real[0]) - np.abs(real[-1])
        free = bool(np.all(np.abs(sizes) > 1e-6 * np.abs(waves).max()))
        yield Hypothesis("the layers differ at the frequencies without phase", free)

    def gap(self, run: Trajectory[ConvLinear]) -> float:
        problem, w = run.experiment.risk.problem, np.asarray(run.network.predictor())
        size = np.abs(np.fft.fft(w, norm="ortho")).sum()
        reached = (_rows(problem) @ w).min() / size
        return float(1 - reached / fourier_margin(problem).margin)

    def witness(self) -> Experiment[ConvLinear]:
        start = 0.3 * np.random.default_rng(2).standard_normal((2, 8))
        return self._convolved(2101, ConvLinear(start))

    def foil(self) -> Experiment[ConvLinear]:
        rows = _rows(few(2104))
        start = ConvLinear.balanced(0.1 * rows.sum(axis=0), depth=2)
        return self._convolved(2104, start)

    def _convolved(self, seed, start):
        return Experiment(start, Risk(few(seed), Exponential()), FLOW, until=1e8)
