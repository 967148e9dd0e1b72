"""The motion of the predictor of a diagonal network, whatever the loss."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import balanced
from ..hypotheses.flows import is_gradient_flow, resolved
from ..measures.paths import along, over_time, slopes
from ..papers import ARORA_2018, LABARRIERE, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import definite, FINE, unbalanced


SEED = 1007
"""Its starts are far from where J = 0, so that 200 records resolve the slopes."""


class BalancedSpeed(AbstractToleranceClaim[Diagonal]):
    r"""From a balanced start $\dot w_i = -L |w_i|^{2 - 2/L} g_i$, $g$ the slope at $w$.

    $\dot w_i = -g_i \sum_l \prod_{m \ne l} \theta_{m,i}^2$, and balance is kept, so
    each of the $L$ products is $|w_i|^{2(L-1)/L}$. Held against the run as
    $w(t) - w(0) = -\int_0^t L |w|^{2-2/L} g$.
    """

    id: ClassVar[str] = "B4"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "quoted")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 200
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 3

    shift: int = 0
    """Added to the depth in the formula; another number than 0 makes it false."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield resolved(self._moved(run)[1])

    def gap(self, run: Trajectory[Diagonal]) -> float:
        _, w = along(run)
        return float(np.max(np.abs(w - w[0] + self._moved(run)[0])) / np.max(np.abs(w)))

    def _moved(self, run):
        times, w = along(run)
        L = run.experiment.network.depth + self.shift
        return over_time(
            times, L * np.abs(w) ** (2 - 2 / L) * slopes(run.experiment, w)
        )

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite(own=SEED)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        return Experiment(
            unbalanced(own=SEED, depth=self.depth), true.risk, FINE, until=0.5
        )

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return () if self.shift else (BalancedSpeed(depth=self.depth, shift=1),)


class MirrorFlow(AbstractToleranceClaim[Diagonal]):
    r"""From a balanced start $\psi_L(w_i(t)) - \psi_L(w_i(0)) = -\int_0^t g_i$.

    $\psi_1 = w$, $\psi_2 = \tfrac12 \log w$ and $\psi_L = -w^{-(1-2/L)} / (L - 2)$ have
    $\psi_L' = 1 / (L w^{2-2/L})$ for $w > 0$; they are continued as odd functions. So
    $w$ follows a mirror flow, whose potential is the integral of $\psi_L$.
    """

    id: ClassVar[str] = "B5"
    source: ClassVar[Source] = Source(LABARRIERE, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 200
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    depth: int = 3

    shift: int = 0
    """Added to the depth in the formula; another number than 0 makes it false."""

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run.experiment)
        yield balanced(run.experiment)
        times, w = along(run)
        yield Hypothesis("no weight is zero", bool(np.all(w)))
        yield resolved(over_time(times, slopes(run.experiment, w))[1])

    def gap(self, run: Trajectory[Diagonal]) -> float:
        times, w = along(run)
        moved, _ = over_time(times, slopes(run.experiment, w))
        mirrored = _mirrored(w, run.experiment.network.depth + self.shift)
        stray = mirrored - mirrored[0] + moved
        return float(np.max(np.abs(stray)) / np.max(np.abs(mirrored)))

    def witness(self) -> Experiment[Diagonal]:
        problem, w0 = definite(own=SEED)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        return Experiment(
            unbalanced(own=SEED, depth=self.depth), true.risk, FINE, until=0.5
        )

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return () if self.shift else (MirrorFlow(depth=self.depth, shift=1),)


class UnbalancedSpeed(AbstractToleranceClaim[Diagonal]):
    r"""From any start $\dot w_i = -M_i g_i$, where $M_i$ depends on $w_i$ alone.

    $\theta_{m,i}^2 = s_i + c_{m,i}$ with constant $c$, so $w_i^2 = p_i(s_i)$ with
    $p_i(s) = \prod_m (s + c_{m,i})$ determines $s_i$, and
    $M_i = \sum_l \prod_{m \ne l} (s_i + c_{m,i}) = p_i'(s_i)$.
    """

    id: ClassVar[str] = "B9"
    source: ClassVar[Source] = Source(LABARRIERE, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 200
    tolerance: float = 1e-9
    """The drift of a Runge-Kutta method at rtol 1e-12 over a few hundred steps."""

    offsets: bool = True
    """Whether $c$ is that of the start; without it the layers are taken as balanced."""

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield resolved(self._moved(run)[1])

    def gap(self, run: Trajectory[Diagonal]) -> float:
        _, w = along(run)
        return float(np.max(np.abs(w - w[0] + self._moved(run)[0])) / np.max(np.abs(w)))

    def _moved(self, run):
        times, w = along(run)
        squares = np.asarray(run.experiment.network.layers) ** 2
        c = (squares - squares.min(axis=0)) * self.offsets
        return over_time(times, _rate(w, c) * slopes(run.experiment, w))

    def witness(self) -> Experiment[Diagonal]:
        problem, _ = definite(own=SEED)
        start = unbalanced(own=SEED, depth=3)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)

    def foil(self) -> Experiment[Diagonal]:
        true = self.witness()
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.5)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (UnbalancedSpeed(offsets=False),) if self.offsets else ()


def _mirrored(w, depth):
    if depth == 1:
        return w
    size = np.maximum(np.abs(w), np.finfo(float).tiny)
    if depth == 2:
        return np.sign(w) * np.log(size) / 2
    return -np.sign(w) * size ** (2 / depth - 1) / (depth - 2)


def _rate(w, c):
    """$p'(s)$ where $p(s) = w^2$, by Newton's method.

    From $|w|^{2/L}$, which is above the root, it descends, as $p$ is convex.
    """
    s = np.abs(w) ** (2 / len(c))
    for _ in range(60):
        squares = s + c[:, None]
        value, slope = np.prod(squares, axis=0) - w**2, _others(squares)
        s = np.maximum(s - value / np.where(slope > 0, slope, np.inf), 0)
    return _others(s + c[:, None])


def _others(squares):
    return sum(np.prod(np.delete(squares, i, 0), axis=0) for i in range(len(squares)))
