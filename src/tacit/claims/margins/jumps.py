"""Least squares from a vanishing start: one coordinate after another jumps."""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Squared
from ...networks import TwoSided
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import least_squares_path, LeastSquaresPath as Plateaus
from ...oracles.samples import regression
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.two_sided import of_one_size
from ..measures.budgets import integration
from ..measures.paths import along
from ..papers import PESME, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import planted


LAG = 0.25
"""The most that the dual of a coordinate is taken to lag behind by."""


class PlateausOfLeastSquares(AbstractClaim[TwoSided]):
    r"""From $u = v = \alpha \to 0$ the flow of $w = u^2 - v^2$ goes by plateaus.

    With $\kappa = \alpha^2$ and $\Lambda = \log(1 / \kappa)$ it is on plateau $k$ of a
    path found by algebra for times between $\Lambda\tau_k / 4$ and
    $\Lambda\tau_{k+1} / 4$. A plateau fits the data on its support under signs that the
    duals fix; a coordinate may leave again. The last has least $\ell_1$ norm. Held
    against the record of each plateau that is best clear of the jumps.
    """

    id: ClassVar[str] = "J7"
    source: ClassVar[Source] = Source(PESME, "", "quoted")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 600
    sees: ClassVar[float] = 1e-5

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is 2", experiment.network.depth == 2)
        squared = isinstance(experiment.risk.loss, Squared)
        yield Hypothesis("the loss is squared", squared)
        yield of_one_size(experiment)
        small = bool(np.mean(np.asarray(experiment.network.u)) < 1)
        yield Hypothesis("alpha is below 1", small)
        known = _path(experiment) is not None
        yield Hypothesis("real targets, and features that do not tie", known)

    def predicted(self, run: Trajectory[TwoSided]) -> np.ndarray:
        path, clear = _clear(run)
        return np.stack([path.points[each.plateau] for each in clear])

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        w = along(run)[1]
        return np.stack([w[each.record] for each in _clear(run)[1]])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        size = np.max(np.abs(_clear(run)[0].points))
        return float(np.max(np.abs(measured - predicted)) / size)

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        size = max(each.bound for each in _clear(run)[1])
        reason = "the coordinates still idle, and the plateau still being reached"
        yield Term("distance from the jumps", size, reason, "a smaller alpha")
        yield integration(run, 100)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        path, clear = _clear(run)
        for speed, text in ((0.5, "half"), (2.0, "twice")):
            there = [
                path.times.searchsorted(speed * each.tau, "right") for each in clear
            ]
            points = np.stack([path.points[max(k - 1, 0)] for k in there])
            yield Rival(f"the jumps come at {text} that speed", points)
        told = self.predicted(run)
        yield Rival("all coordinates come in at once", 0 * told + path.points[-1])
        grown = _grown(run.experiment, path)[[each.plateau for each in clear]]
        if np.any(np.abs(grown - told) > 0.1 * np.abs(told).max()):
            yield Rival("supports only grow, and none ever leaves", grown)

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return _shrunk(TwoSided.balanced(9, alpha=1e-40), seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        tilt = np.geomspace(1e-20, 1e20, 9)
        return _shrunk(TwoSided(1e-40 * tilt, 1e-40 / tilt), seed)


class Clear(NamedTuple):
    """The record of a plateau that is best clear of the jumps, and its error bound."""

    plateau: int
    record: int
    tau: float
    bound: float


def _path(experiment: Experiment[TwoSided]) -> Plateaus | None:
    try:
        return least_squares_path(experiment.risk.problem)
    except DataError:
        return None


def _log(experiment: Experiment[TwoSided]) -> float:
    start = experiment.network
    return float(-np.mean(np.log(np.asarray(start.u)) + np.log(np.asarray(start.v))))


def _clear(run: Trajectory[TwoSided]) -> tuple[Plateaus, list[Clear]]:
    """The path, and a record of each of its plateaus that the run is clear on."""
    path, size = _path(run.experiment), _log(run.experiment)
    if path is None:
        raise Unmeasured("it is about real targets")
    X, _, mass = regression(run.experiment.risk.problem, "this claim")
    rows = np.sqrt(mass)[:, None] * X
    times, w = along(run)
    tau, found = times * 4 / size, []
    ends = np.append(path.times[1:], np.inf)
    largest = np.abs(path.points).max()
    for k, (begin, end) in enumerate(zip(path.times, ends, strict=True)):
        on = np.flatnonzero((tau >= begin) & (tau < end))
        if not len(on):
            continue
        # An idle coordinate is as large as its dual is near ±1, on the path or, every
        # jump being late by 1 / size times a constant of the data, on the run; one more
        # than LAG off is on no path of this kind. The others settle at the pace of the
        # curvature of the risk in the logarithms of u and v.
        held, waited = path.supports[k], tau[on] - begin
        duals = path.duals[k] + np.outer(waited, path.rates[k])
        with np.errstate(divide="ignore"):
            late = np.logaddexp(0, np.log(np.abs(w[on])) + size) / size
        now = np.minimum(late, np.abs(duals) + LAG)
        idle = np.maximum(np.abs(duals), now)[:, ~held].max(axis=1, initial=-np.inf)
        pace = np.inf
        if held.any():
            scaled = rows[:, held] * np.sqrt(np.abs(path.points[k][held]))
            pace = np.linalg.svd(scaled, compute_uv=False)[-1] ** 2
        with np.errstate(invalid="ignore"):
            settled = np.where(waited > 0, np.exp(-size * pace * waited), 1.0)
        small = np.exp(-size * (1 - idle)) / min(largest, 1.0)
        bound = 20 * (small + (settled if held.any() else 0.0))
        best = int(np.argmin(bound))
        found.append(Clear(k, int(on[best]), float(tau[on[best]]), float(bound[best])))
    clear = [each for each in found if each.bound < 0.02]
    if len(clear) < 2:
        raise Unmeasured(
            "it needs two plateaus that are apart: a smaller alpha, a longer run or "
            "more records"
        )
    return path, clear


def _shrunk(start: TwoSided, seed: int | None) -> Experiment[TwoSided]:
    problem = planted(2203, 6, 9, (1.0, 0.7, -0.5), seed=seed)
    flow = GradientFlow(rtol=1e-9, solver="explicit")
    risk = Risk(problem, Squared())
    bare = Experiment(start, risk, flow, until=0.0)
    end = 1.5 * float(least_squares_path(problem).times[-1]) * _log(bare) / 4
    return Experiment(start, risk, flow, until=end)


def _grown(experiment: Experiment[TwoSided], path: Plateaus) -> np.ndarray:
    """What the plateaus were if every coordinate stayed once it is in."""
    X, y, mass = regression(experiment.risk.problem, "this claim")
    root = np.sqrt(mass)
    found = np.zeros_like(path.points)
    for k in range(len(found)):
        held = path.supports[: k + 1].any(axis=0)
        if held.any():
            rows = root[:, None] * X[:, held]
            found[k, held] = np.linalg.lstsq(rows, root * y, rcond=None)[0]
    return found
