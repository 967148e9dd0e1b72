"""The two-sided network of depth 2 from one feature: the others jump in."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import TwoSided
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import jump_path, JumpPath
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import apart, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.two_sided import kappa_of, of_depth_two
from ..measures.budgets import integration
from ..measures.paths import along
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, definite


class FeaturesJumpIn(AbstractClaim[TwoSided]):
    r"""As $\kappa = u v \to 0$, from one feature, the others come in one by one.

    In time over $\Lambda = \log(1/\kappa)$ the predictor rests on plateaus: on each it
    is J's maximiser over the features whose dual $\mathrm{arcsinh}(w / 2\kappa) /
    \Lambda$ is at $\pm 1$, while the other duals move at speed $-4 g$; when one arrives
    the next plateau begins. The last is Fisher's direction. Held against the record of
    each plateau that is best clear of the jumps.
    """

    id: ClassVar[str] = "E2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 400
    sees: ClassVar[float] = 1e-3

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        form = experiment.risk.loss.form
        yield Hypothesis("the loss is -log J", form == "neglog")
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield from of_depth_two(experiment)
        w0 = np.abs(np.asarray(experiment.network.predictor()))
        single = bool(
            abs(w0.max() - 1) < 1e-9 and np.sum(w0 > kappa_of(experiment)) == 1
        )
        yield Hypothesis("it starts at 1 in one feature and 0 in the others", single)
        known = _path(experiment) is not None
        yield Hypothesis("two classes, which differ in that feature", known)

    def predicted(self, run: Trajectory[TwoSided]) -> np.ndarray:
        path, clear = _clear(run)
        return np.stack([path.points[each.plateau] for each in clear])

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        w = along(run)[1]
        return np.stack([w[each.record] for each in _clear(run)[1]])

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        path, clear = _clear(run)
        largest = float(np.abs(path.points).max())
        size = max(each.bound for each in clear) / largest
        reason = "the features still outside, and the plateau still being reached"
        yield Term("distance from the jumps", size, reason, "a smaller kappa")
        yield integration(run, 100)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        path, clear = _clear(run)
        for speed, text in ((0.5, "half"), (2.0, "twice")):
            there = [
                path.times.searchsorted(speed * each.tau, "right") for each in clear
            ]
            points = np.stack([path.points[max(k - 1, 0)] for k in there])
            yield Rival(f"the duals move at {text} that speed", points)
        yield Rival("all features come in at once", 0 * points + path.points[-1])

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return _from_one(1e-60, seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        true = _from_one(1e-60, seed)
        ridged = Risk(true.risk.problem, Fisher(input_ridge=0.3))
        return Experiment(true.network, ridged, true.flow, until=true.until)


class Clear(NamedTuple):
    """The record of a plateau that is best clear of the jumps, and its error bound."""

    plateau: int
    record: int
    tau: float
    bound: float


def _clear(run: Trajectory[TwoSided]) -> tuple[JumpPath, list[Clear]]:
    """The path, and a record of each of its plateaus that the run is clear on."""
    path, size = _path(run.experiment), -math.log(kappa_of(run.experiment))
    if path is None or size <= 0:
        raise Unmeasured("it is about small kappa, from a feature that tells apart")
    tau, found = along(run)[0] / size, []
    ends = np.append(path.times[1:], np.inf)
    for k, (begin, end) in enumerate(zip(path.times, ends, strict=True)):
        on = np.flatnonzero((tau >= begin) & (tau < end))
        if not len(on):
            continue
        duals = path.duals[k] + np.outer(tau[on] - begin, path.rates[k])
        outside = np.abs(duals[:, ~path.supports[k]]).max(axis=1, initial=-np.inf)
        slowest = _slowest(run.experiment, path.points[k]) * (tau[on] - begin)
        bound = np.exp(-size * (1 - outside)) + np.exp(-size * slowest)
        best = int(np.argmin(bound))
        found.append(Clear(k, int(on[best]), float(tau[on[best]]), 20 * bound[best]))
    clear = [each for each in found if each.bound < 0.01]
    if len(clear) < 2:
        raise Unmeasured(
            "it needs two plateaus that are apart: a smaller kappa, a longer run or "
            "more records"
        )
    return path, clear


def _from_one(kappa: float, seed: int | None) -> Experiment[TwoSided]:
    problem, _ = definite(seed, own=1203, d=5)
    path = jump_path(problem)
    start = TwoSided.at(path.points[0], kappa=kappa)
    until = 2.5 * float(path.times[-1]) * math.log(1 / kappa)
    return Experiment(start, Risk(problem, Fisher()), CLOSE, until=until)


def _path(experiment: Experiment[TwoSided]) -> JumpPath | None:
    """The path of `tacit.oracles.jump_path` from this start; None if it has none."""
    w0 = np.asarray(experiment.network.predictor())
    try:
        path = jump_path(experiment.risk.problem, int(np.argmax(np.abs(w0))))
    except DataError:
        return None
    # From the other end of the feature everything comes with the other sign.
    same = float(np.sign(w0 @ path.points[0]))
    turned = [same * each for each in (path.points, path.duals, path.rates)]
    names = ("points", "duals", "rates")
    return dataclasses.replace(path, **dict(zip(names, turned, strict=True)))


def _slowest(experiment: Experiment[TwoSided], w: np.ndarray) -> float:
    r"""The slowest rate at which a plateau is reached, in the metric $4 |w|$."""
    on, contrast = w != 0, apart(experiment)
    if contrast is None or np.sum(on) < 2:
        return 1e9  # nothing moves but the scale: at once
    S, c, w = np.asarray(experiment.risk.problem.within), contrast[on], w[on]
    S = S[np.ix_(on, on)]
    H = 2 * (S / (w @ S @ w) - np.outer(c, c) / (c @ w) ** 2)
    root = 2 * np.sqrt(np.abs(w))
    return float(np.linalg.eigvalsh(H * np.outer(root, root))[1])
