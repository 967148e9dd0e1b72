"""The two ends of the two-sided network of depth 2: lazy, and feature by feature."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...errors import DataError
from ...events import Reaches
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal, TwoSided
from ...observables import AbstractObservable, FisherRatio, LinearPredictor
from ...oracles import fisher_direction, jump_path, JumpPath
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import apart, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import along
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, definite


def _of_depth_two(experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
    start = experiment.network
    yield Hypothesis("the depth is 2", start.depth == 2)
    products = np.asarray(start.u * start.v)
    even = bool(products.min() > 0 and np.ptp(products) <= 1e-9 * products.max())
    yield Hypothesis("u v is the same number above 0 for every feature", even)


def _kappa(experiment: Experiment[TwoSided]) -> float:
    return float(experiment.network.u[0] * experiment.network.v[0])


class LargeSidesAreLazy(AbstractToleranceClaim[TwoSided]):
    r"""Two sides much longer than their difference follow the path of one layer.

    Let $\epsilon = \|w_0\| / 2\kappa\sqrt d$ be small, $\kappa = u_i v_i$.
    $\dot w = -4 \sqrt{w^2 + 4\kappa^2}\, g$ has the metric of one layer but for a part
    of order $(w / \kappa)^2$: the distance between the directions, at equal J, is of
    order $\epsilon^2$. To start with $u \approx v$ is lazy, not rich. Held against the
    order in $\epsilon$ from that of the run to a tenth of it, halfway up in J.
    """

    id: ClassVar[str] = "E1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = TwoSided
    tolerance: float = 1e-3
    """The next term of the expansion, of relative size epsilon squared."""

    margin: ClassVar[float] = 100.0
    """At epsilon = 1 the order still is within a quarter of 2."""

    order: float = 2.0
    """In epsilon; another number than 2 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (LargeSidesAreLazy(order=1.0),)

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield from _of_depth_two(experiment)
        yield Hypothesis("it has two classes", apart(experiment) is not None)
        w0 = np.asarray(experiment.network.predictor())
        small = np.linalg.norm(w0) / (2 * _kappa(experiment) * math.sqrt(len(w0)))
        yield Hypothesis("epsilon is at most 0.03", bool(0 < small <= 0.0301))

    def gap(self, run: Trajectory[TwoSided]) -> float:
        true, w0 = run.experiment, run.experiment.network.predictor()
        if apart(run.experiment) is None:
            return math.nan
        problem = true.risk.problem
        start = float(-Risk(problem, Fisher(form="ratio")).criterion(w0))
        level = (start + fisher_direction(problem).objective) / 2
        until = Reaches(FisherRatio(), level)

        def direction(network):
            there = train(Experiment(network, true.risk, CLOSE, until=until), records=1)
            w = np.asarray(there.network.predictor())
            return w / np.linalg.norm(w)

        plain, kappa = direction(Diagonal(w0[None])), _kappa(run.experiment)
        sides = [TwoSided.at(w0, kappa=kappa * more) for more in (1, 10)]
        off = [np.linalg.norm(direction(network) - plain) for network in sides]
        return abs(float(np.log10(off[0] / off[1]) - self.order))

    def witness(self) -> Experiment[TwoSided]:
        return self._at(0.03)

    def foil(self) -> Experiment[TwoSided]:
        return self._at(1.0)

    def _at(self, small):
        problem, w0 = definite()
        kappa = float(np.linalg.norm(w0)) / (2 * small * math.sqrt(len(w0)))
        start = TwoSided.at(w0, kappa=kappa)
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=0.0)


class FeaturesJumpIn(AbstractToleranceClaim[TwoSided]):
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
    tolerance: float = 1e-5
    """What the theorem's own error bound may be at the records compared."""

    speed: float = 4.0
    """Of the duals, in units of the slope; another number than 4 makes it false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (FeaturesJumpIn(speed=2.0),)

    def conditions(self, run: Trajectory[TwoSided]) -> Iterable[Hypothesis]:
        yield of_fisher(run.experiment)
        yield is_gradient_flow(run.experiment)
        yield invertible(run.experiment)
        yield from _of_depth_two(run.experiment)
        w0 = np.abs(np.asarray(run.experiment.network.predictor()))
        single = bool(
            abs(w0.max() - 1) < 1e-9 and np.sum(w0 > _kappa(run.experiment)) == 1
        )
        yield Hypothesis("it starts at 1 in one feature and 0 in the others", single)
        path = _path(run.experiment)
        yield Hypothesis("two classes, which differ in that feature", path is not None)
        if path is not None:
            bounds = [bound for *_, bound in self._clear(run, path)]
            clear = len(bounds) == len(path.times) and max(bounds) < self.tolerance
            yield Hypothesis("kappa is so small that plateaus are apart", clear)

    def gap(self, run: Trajectory[TwoSided]) -> float:
        path = _path(run.experiment)
        if path is None:
            return math.nan
        w, clear = along(run)[1], self._clear(run, path)
        return max(float(np.abs(w[i] - path.points[k]).max()) for k, i, _ in clear)

    def _clear(self, run, path):
        """For every plateau the record best clear of the jumps, and its error bound."""
        size = -math.log(_kappa(run.experiment))
        tau = along(run)[0] / size * self.speed / 4
        ends = np.append(path.times[1:], np.inf)
        found = []
        for k, (begin, end) in enumerate(zip(path.times, ends, strict=True)):
            on = np.flatnonzero((tau >= begin) & (tau < end))
            if not len(on):
                continue
            duals = path.duals[k] + np.outer(tau[on] - begin, path.rates[k])
            outside = np.abs(duals[:, ~path.supports[k]]).max(axis=1, initial=-np.inf)
            slowest = _slowest(run.experiment, path.points[k]) * (tau[on] - begin)
            bound = np.exp(-size * (1 - outside)) + np.exp(-size * slowest)
            best = int(np.argmin(bound))
            found.append((k, on[best], 20 * float(bound[best])))
        return found

    def witness(self) -> Experiment[TwoSided]:
        return self._from_one(1e-60)

    def foil(self) -> Experiment[TwoSided]:
        return self._from_one(0.1)

    def _from_one(self, kappa):
        problem, _ = definite(own=1203, d=5)
        path = jump_path(problem)
        start = TwoSided.at(path.points[0], kappa=kappa)
        until = 2.5 * float(path.times[-1]) * math.log(1 / kappa)
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=until)


def _path(experiment: Experiment[TwoSided]) -> JumpPath | None:
    """The path of `tacit.oracles.jump_path` from this start; None if it has none."""
    w0 = np.abs(np.asarray(experiment.network.predictor()))
    try:
        return jump_path(experiment.risk.problem, int(np.argmax(w0)))
    except DataError:
        return None


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
