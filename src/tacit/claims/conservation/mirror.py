"""The motion of the predictor of a diagonal network, whatever the loss."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import coarseness, integration, quadrature, rounding
from ..measures.paths import along, over_time, slopes
from ..papers import ARORA_2018, LABARRIERE, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import definite, FINE, unbalanced


SEED = 1007
"""Its starts are far from where J = 0, so that 400 records resolve the slopes."""


class BalancedSpeed(AbstractClaim[Diagonal]):
    r"""From a balanced start $\dot w_i = -L |w_i|^{2 - 2/L} g_i$, $g$ the slope at $w$.

    $\dot w_i = -g_i \sum_l \prod_{m \ne l} \theta_{m,i}^2$, and balance is kept, so
    each of the $L$ products is $|w_i|^{2(L-1)/L}$. Held against the run as
    $w(t) - w(0) = -\int_0^t L |w|^{2-2/L} g$.
    """

    id: ClassVar[str] = "B4"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "quoted")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 400
    sees: ClassVar[float] = 1e-6

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _followed(run, _balanced_rate(run, run.experiment.network.depth))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return along(run)[1]

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        return _of_path(run, _balanced_rate(run, run.experiment.network.depth))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        more = _balanced_rate(run, run.experiment.network.depth + 1)
        yield Rival("the speed is that of one layer more", _followed(run, more))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return _even(self.depth, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return _uneven(self.depth, seed)


class MirrorFlow(AbstractClaim[Diagonal]):
    r"""From a balanced start $\psi_L(w_i(t)) - \psi_L(w_i(0)) = -\int_0^t g_i$.

    $\psi_1 = w$, $\psi_2 = \tfrac12 \log w$ and $\psi_L = -w^{-(1-2/L)} / (L - 2)$ have
    $\psi_L' = 1 / (L w^{2-2/L})$ for $w > 0$; they are continued as odd functions. So
    $w$ follows a mirror flow, whose potential is the integral of $\psi_L$.
    """

    id: ClassVar[str] = "B5"
    source: ClassVar[Source] = Source(LABARRIERE, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 400
    sees: ClassVar[float] = 1e-6

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield balanced(experiment)

    def conditions(self, run: Trajectory[Diagonal]) -> Iterable[Hypothesis]:
        yield Hypothesis("no weight is zero", bool(np.all(along(run)[1])))

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return self._dual(run, 1.0)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _mirrored(along(run)[1], run.experiment.network.depth)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        times, w = along(run)
        L, g = run.experiment.network.depth, slopes(run.experiment, w)
        pushed, error = over_time(times, g)
        size = np.max(np.abs(self.measured(run)))
        smallest = np.min(np.abs(w)) ** (1 / L)
        travelled = _travelled(times, g) / size
        growth = L * coarseness(run, smallest) * (1 + travelled)
        # Of a logarithm the error is that of the weight, whatever its own size.
        growth *= max(1.0, 1 / size) if L == 2 else 1.0
        yield quadrature(error, np.max(np.abs(pushed)) / size)
        yield integration(run, growth)
        yield rounding(run, growth)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        L, w = run.experiment.network.depth, along(run)[1]
        ratio = (L + 1) / L * np.abs(w) ** (2 / L - 2 / (L + 1))
        yield Rival("the mirror is that of one layer more", self._dual(run, ratio))
        yield Rival("the slope counts twice", self._dual(run, 2.0))

    def _dual(self, run, weight) -> np.ndarray:
        times, w = along(run)
        pushed, _ = over_time(times, weight * slopes(run.experiment, w))
        return self.measured(run)[:1] - pushed

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return _even(self.depth, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        return _uneven(self.depth, seed)


class UnbalancedSpeed(AbstractClaim[Diagonal]):
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
    sees: ClassVar[float] = 1e-6

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _followed(run, _rate(*_squares_apart(run)))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return along(run)[1]

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        return _of_path(run, _rate(*_squares_apart(run)))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        w, c = _squares_apart(run)
        rate, L = _rate(w, c), run.experiment.network.depth
        text = "every layer is counted, and one more"
        yield Rival(text, _followed(run, rate * (L + 1) / L))
        if np.any(c > 1e-6 * np.max(np.abs(w)) ** (2 / L)):
            even = _balanced_rate(run, L)
            yield Rival("the layers are as good as balanced", _followed(run, even))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return _uneven(3, seed)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        decaying = GradientFlow(rtol=1e-12, atol=1e-14, weight_decay=0.1)
        return Experiment(true.network, true.risk, decaying, until=0.5)


def _even(depth: int, seed: int | None) -> Experiment[Diagonal]:
    problem, w0 = definite(seed, own=SEED)
    start = Diagonal.balanced(w0, depth=depth)
    return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)


def _uneven(depth: int, seed: int | None) -> Experiment[Diagonal]:
    problem, _ = definite(seed, own=SEED)
    start = unbalanced(seed, own=SEED, depth=depth)
    return Experiment(start, Risk(problem, Fisher()), FINE, until=0.5)


def _followed(run: Trajectory[Diagonal], rate: np.ndarray) -> np.ndarray:
    """The start less the integral of `rate` times the slope, at every record."""
    times, w = along(run)
    return w[:1] - over_time(times, rate * slopes(run.experiment, w))[0]


def _of_path(run: Trajectory[Diagonal], rate: np.ndarray) -> Iterable[Term]:
    """What the law of a speed may be off by, in units of the largest weight."""
    times, w = along(run)
    velocity, size = rate * slopes(run.experiment, w), np.max(np.abs(w))
    moved, error = over_time(times, velocity)
    # Every layer is followed to rtol, and so is the speed on all of the way.
    growth = run.experiment.network.depth * (1 + _travelled(times, velocity) / size)
    yield quadrature(error, np.max(np.abs(moved)) / size)
    yield integration(run, growth)
    yield rounding(run, growth)


def _travelled(times: np.ndarray, velocity: np.ndarray) -> Any:
    """The longest way of a coordinate, back and forth."""
    return np.max(np.trapezoid(np.abs(velocity), times, axis=0))


def _balanced_rate(run: Trajectory[Diagonal], depth: int) -> np.ndarray:
    """$L |w|^{2 - 2/L}$ at every record."""
    return depth * np.abs(along(run)[1]) ** (2 - 2 / depth)


def _mirrored(w: np.ndarray, depth: int) -> np.ndarray:
    if depth == 1:
        return w
    size = np.maximum(np.abs(w), np.finfo(float).tiny)
    if depth == 2:
        return np.sign(w) * np.log(size) / 2
    return -np.sign(w) * size ** (2 / depth - 1) / (depth - 2)


def _squares_apart(run: Trajectory[Diagonal]) -> tuple[np.ndarray, np.ndarray]:
    """The predictors, and the squares of the layers above the least of them."""
    squares = np.asarray(run.experiment.network.layers) ** 2
    return along(run)[1], squares - squares.min(axis=0)


def _rate(w: np.ndarray, c: np.ndarray) -> np.ndarray:
    """$p'(s)$ where $p(s) = w^2$, by Newton's method.

    From $|w|^{2/L}$, which is above the root, it descends, as $p$ is convex.
    """
    s = np.abs(w) ** (2 / len(c))
    for _ in range(60):
        squares = s + c[:, None]
        value, slope = np.prod(squares, axis=0) - w**2, _others(squares)
        s = np.maximum(s - value / np.where(slope > 0, slope, np.inf), 0)
    return _others(s + c[:, None])


def _others(squares: np.ndarray) -> np.ndarray:
    found = [np.prod(np.delete(squares, i, 0), axis=0) for i in range(len(squares))]
    return np.sum(found, axis=0)
