"""Least squares from a vanishing start: one coordinate after another jumps."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Squared
from ...networks import TwoSided
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import least_squares_path, LeastSquaresPath as Plateaus
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..papers import PESME, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import planted


FLAT = 1e-5
"""How close to a plateau the flow must be in its middle for the plateau to count."""


class PlateausOfLeastSquares(AbstractToleranceClaim[TwoSided]):
    r"""From $u = v = \alpha \to 0$ the flow of $w = u^2 - v^2$ goes by plateaus.

    With $\kappa = \alpha^2$ and $\Lambda = \log(1 / \kappa)$ it is on plateau $k$ of a
    path found by algebra for times between $\Lambda\tau_k / 4$ and
    $\Lambda\tau_{k+1} / 4$. A plateau fits the data on its support under signs that the
    duals fix; a coordinate may leave again. The last has least $\ell_1$ norm.
    """

    id: ClassVar[str] = "J7"
    source: ClassVar[Source] = Source(PESME, "", "quoted")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 600
    margin: ClassVar[float] = 10
    tolerance: float = 1e-3
    """A hundred times what is left in the middle of a plateau that counts as flat: the
    path is known up to times of order one, and records are not quite in the middle."""

    growing: bool = False
    """Whether supports are taken to grow only, each plateau a fit on all so far."""

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        start, risk = run.experiment.network, run.experiment.risk
        yield is_gradient_flow(run.experiment)
        yield Hypothesis("the depth is 2", start.depth == 2)
        yield Hypothesis("the loss is squared", isinstance(risk.loss, Squared))
        u, v = np.asarray(start.u), np.asarray(start.v)
        even = bool(np.all(u == v) and np.ptp(u) == 0 and u[0] > 0)
        yield Hypothesis("it starts at u = v = alpha > 0 in every coordinate", even)
        path = least_squares_path(risk.problem)
        flat = _flat(run.experiment, path)
        yield Hypothesis("most plateaus are flat at this alpha", flat.mean() > 0.5)
        end = float(run.times[-1]) * 4 / _log(run.experiment)
        yield Hypothesis("the last plateau is reached", end > path.times[-1])

    def gap(self, run: Trajectory[TwoSided]) -> float:
        problem = run.experiment.risk.problem
        path = least_squares_path(problem)
        points = _grown(problem, path) if self.growing else path.points
        times = np.asarray(run.times) * 4 / _log(run.experiment)
        w = np.asarray(run.seen["LinearPredictor"])
        near = [int(np.argmin(np.abs(times - t))) for t in _middles(path)]
        flat = _flat(run.experiment, path)
        judged = flat if flat.mean() > 0.5 else np.ones(len(flat), bool)
        stray = np.abs(w[near] - points)[judged]
        return float(stray.max() / np.abs(points).max())

    def witness(self) -> Experiment[TwoSided]:
        return self._shrunk(1e-40)

    def foil(self) -> Experiment[TwoSided]:
        return self._shrunk(0.1)

    def _shrunk(self, alpha):
        problem = planted(2203, 6, 9, (1.0, 0.7, -0.5))
        end = _middles(least_squares_path(problem))[-1]
        until = float(end * -2 * np.log(alpha) / 4)
        flow = GradientFlow(rtol=1e-9, solver="explicit")
        start = TwoSided.balanced(9, alpha=alpha)
        return Experiment(start, Risk(problem, Squared()), flow, until=until)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return () if self.growing else (PlateausOfLeastSquares(growing=True),)


def _log(experiment: Experiment[TwoSided]) -> float:
    start = experiment.network
    return float(-np.log(np.mean(np.asarray(start.u * start.v))))


def _middles(path: Plateaus) -> np.ndarray:
    """When to look at each plateau; the last goes on for ever."""
    inner = (path.times[:-1] + path.times[1:]) / 2
    return np.append(inner, path.times[-1] * 1.5)


def _flat(experiment: Experiment[TwoSided], path: Plateaus) -> np.ndarray:
    """On which plateaus the flow must be close to them in the middle."""
    # An idle coordinate is as large as its dual is near ±1; the others settle at the
    # pace of the curvature of the risk in the logarithms of u and v.
    X = np.asarray(experiment.risk.problem.X)
    after = _middles(path) - path.times
    duals, flat = path.duals + after[:, None] * path.rates, []
    for w, s, wait in zip(path.points, duals, after, strict=True):
        held, pace = w != 0, np.inf
        if held.any():
            scaled = X[:, held] * np.sqrt(np.abs(w[held])) / np.sqrt(len(X))
            pace = np.linalg.svd(scaled, compute_uv=False)[-1] ** 2
        idle = 1 - np.abs(s[~held]).max(initial=0.0)
        flat.append(np.exp(-_log(experiment) * min(idle, pace * wait)) < FLAT)
    return np.array(flat)


def _grown(problem, path: Plateaus) -> np.ndarray:
    X, y = np.asarray(problem.X), np.asarray(problem.y)
    found = np.zeros_like(path.points)
    for k in range(len(found)):
        held = path.supports[: k + 1].any(axis=0)
        if held.any():
            found[k, held] = np.linalg.lstsq(X[:, held], y, rcond=None)[0]
    return found
