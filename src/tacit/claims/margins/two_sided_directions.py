"""What the coordinates of a two-sided network do on the way to its margin."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...losses import PolynomialTail
from ...networks import TwoSided
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import l1_margin, L1Margin, margin_conditions, quasi_margin
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential_tail, margin_of, one_margin, separable
from ..hypotheses.two_sided import both_positive
from ..measures.budgets import EPS, rounding
from ..measures.margins import in_time, rows_of, shares
from ..papers import GUNASEKAR, Source, YUN
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import two_sides


SPAN = float(np.log(10.0))
"""The least interval of the logarithm of the norm over which a pace is taken."""


NEAR = 1e-2
"""The samples whose margins exceed the least by this part of it may take part."""


class IdleCoordinatesGrow(AbstractClaim[TwoSided]):
    r"""A coordinate off the support grows like $\|w\|^{r_i}$ with $r_i < 1$ its pull.

    $r = Z^\top\lambda / \gamma_1$ for the multipliers $\lambda$ of the $\ell_1$ margin,
    since $w = 2\kappa\sinh\phi$ and $\phi$ moves by $r$; the margin's gap closes like
    $\|w\|^{\max r - 1}$. Measured is the pace of $\phi_i$ against $\log\|w\|_1$ over
    a decade of the norm or more. The pace of the support, which is 1 in the end, tells
    the shares of the samples then, and they tell how far off the others are.
    """

    id: ClassVar[str] = "J4b"
    source: ClassVar[Source] = Source(GUNASEKAR, "", "derived")
    needs: ClassVar[type] = TwoSided
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    records: ClassVar[int] = 100
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield one_margin(experiment)
        yield separable(experiment)
        yield exponential_tail(experiment)
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is 2", experiment.network.depth == 2)
        yield both_positive(experiment)
        idle = _idle(experiment)
        some = idle is not None and bool(np.any(idle))
        yield Hypothesis("some coordinate is off the support", some)
        strict = some and bool(np.all(np.abs(_best(experiment).pull[idle]) < 1 - 1e-6))
        yield Hypothesis("every coordinate off the support is pulled less", strict)

    def forecast(self, experiment: Experiment[TwoSided]) -> Forecast:
        found = l1_margin(experiment.risk.problem)
        about = "the power of |w|, with its sign, like which each idle coordinate grows"
        return Forecast(found.pull[~found.support], about, found.residual)

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return _paces(run).idle

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        del run  # the power of the support is 1
        return float(np.max(np.abs(measured - predicted)))

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        paces = _paces(run)
        reason = "how far the support is from growing like |w|, and samples off it"
        yield Term("what is left of the way", paces.left, reason, "more decades of |w|")
        known = "ten steps at their rtol, over the interval"
        yield Term("integration", paces.blurred, known, "a smaller rtol")

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        told = self.forecast(run.experiment).value
        yield Rival("like the square of that power", told * np.abs(told))
        yield Rival("idle coordinates stay", 0 * told)
        yield Rival("they grow like |w| itself", np.sign(told))

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return two_sides(2, seed, until=1e10)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        return two_sides(1, seed)


class StationaryQuasiMargin(AbstractClaim[TwoSided]):
    r"""At depth $L \ge 3$ the limit is stationary for the $\ell_{2/L}$ margin.

    A layer, $\operatorname{sign}(w_i)|w_i|^{1/L}$, is held against $|w_i|^{1-1/L}$
    times the nearest mixture of the samples close to the margin. It need not be the
    best direction: where that one is known and is another, it is a rival.

    The nearest mixture is no further off than that in the slope, which the budget
    takes, so that another limit of an exponential tail would come out undecided; by any
    other tail the claim fails (the foil, off 0.7 of 4e-3).
    """

    id: ClassVar[str] = "J4c"
    source: ClassVar[tuple[Source, ...]] = (
        Source(GUNASEKAR, "", "quoted"),
        Source(YUN, "", "quoted"),
    )
    needs: ClassVar[type] = TwoSided
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield one_margin(experiment)
        yield separable(experiment)
        yield exponential_tail(experiment)
        yield is_gradient_flow(experiment)
        yield Hypothesis("the depth is at least 3", experiment.network.depth >= 3)
        yield both_positive(experiment)

    def predicted(self, run: Trajectory[TwoSided]) -> np.ndarray:
        depth = run.experiment.network.depth
        found = margin_conditions(
            run.experiment.risk.problem, _end(run), depth, near=NEAR
        )
        weight = np.abs(found.value) ** (1 - 1 / depth)
        return weight * (found.multipliers @ rows_of(run.experiment)[0])

    def measured(self, run: Trajectory[TwoSided]) -> np.ndarray:
        return _layer(_end(run), run.experiment.network.depth)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        del run  # the layer is of length 1
        return float(np.linalg.norm(measured - predicted))

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        depth, w = run.experiment.network.depth, _end(run)
        layer, p = _layer(w, depth), shares(run.experiment.risk, w)
        (rows, mass), weight = rows_of(run.experiment), np.abs(layer) ** (depth - 1)
        moves = weight * (p @ rows)
        unit = moves / np.linalg.norm(moves)
        size = float(np.linalg.norm(layer - (layer @ unit) * unit))
        reason = "the sine of the angle between a layer and how it moves in the end"
        yield Term("what is left of the way", size, reason, "a longer run")
        held = rows @ w
        tail = np.exp(held.min() - held) * mass  # the shares, of an exponential tail
        tail[held <= held.min() + NEAR * abs(held.min())] = 0.0
        other = weight * (tail / np.exp(held.min() - held).dot(mass) @ rows)
        rest = np.linalg.norm(other) / np.linalg.norm(moves)
        reason = "how much samples farther from the margin still move a layer"
        yield Term("other samples", float(rest), reason, "a longer run")
        yield rounding(run)

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        depth, found = run.experiment.network.depth, margin_of(run.experiment)
        rows, mass = rows_of(run.experiment)
        text = "it goes in the direction of the mean sample"
        yield Rival(text, _layer(mass @ rows, depth))
        if found is not None:
            text = "it goes in the direction of the largest margin in the 2-norm"
            yield Rival(text, _layer(found.value, depth))
        yield from self._best_of_all(run)

    def _best_of_all(self, run: Trajectory[TwoSided]) -> Iterator[Rival]:
        """That the limit is the best of all directions, where it is seen not to be."""
        depth, problem = run.experiment.network.depth, run.experiment.risk.problem
        try:
            best = quasi_margin(problem, depth)
        except DataError:
            return
        other = np.linalg.norm(_layer(best.value, depth) - self.measured(run))
        if other > 0.1:
            yield Rival("it is the best of all", _layer(best.value, depth))

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return two_sides(3, seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        true = self.witness(seed)
        risk = Risk(true.risk.problem, PolynomialTail(2.0))
        return Experiment(true.network, risk, true.flow, until=true.until)


class Paces(NamedTuple):
    """How fast the angles of the idle coordinates move with the norm's logarithm."""

    idle: np.ndarray
    left: float
    blurred: float


def _paces(run: Trajectory[TwoSided]) -> Paces:
    """Between the last record and the one that tells most, a decade before or more."""
    on, start, found = in_time(run), run.experiment.network, _best(run.experiment)
    w = np.asarray(run.seen["LinearPredictor"])[on]
    kappa, rows = np.asarray(start.u * start.v), rows_of(run.experiment)[0]
    logs, angles = np.log(np.abs(w).sum(axis=1)), np.arcsinh(w / (2 * kappa))
    early = np.flatnonzero(np.isfinite(logs) & (logs <= logs[-1:] - SPAN))
    if not len(early):
        raise Unmeasured("it needs records over a decade of |w|")
    span = (logs[-1] - logs[early])[:, None]
    paces = (angles[-1] - angles[early]) / span
    held, kept = found.multipliers > 0, found.support
    # The mixture of the samples held is known from what it is on the support.
    solve = np.linalg.pinv(rows[np.ix_(held, kept)].T, rcond=1e-12)
    told = rows[np.ix_(held, ~kept)].T @ solve
    ahead = np.abs(paces[:, kept] - np.sign(found.value[kept])) @ np.abs(told).T
    others = np.sum(shares(run.experiment.risk, w[early])[:, ~held], axis=1)
    reach = np.abs(rows).max() / found.margin * (1 + np.abs(told).sum(axis=1).max())
    left = ahead.max(axis=1) + others * reach
    steps = 10 * run.experiment.flow.rtol + 64 * EPS
    blurred = 2 * steps * (1 + np.abs(told).sum(axis=1).max()) / span[:, 0]
    i = int(np.argmin(left + blurred))
    return Paces(paces[i, ~kept], float(left[i]), float(blurred[i]))


def _best(experiment: Experiment[TwoSided]) -> L1Margin:
    return l1_margin(experiment.risk.problem)


def _idle(experiment: Experiment[TwoSided]) -> np.ndarray | None:
    """The coordinates off the support of the largest margin; None if there is none."""
    try:
        return ~_best(experiment).support
    except DataError:
        return None


def _end(run: Trajectory[TwoSided]) -> np.ndarray:
    w = np.asarray(run.network.predictor())
    if not np.any(w):
        raise Unmeasured("the predictor is still 0")
    return w


def _layer(w: np.ndarray, depth: int) -> np.ndarray:
    """A side of the smallest network with this direction, of length 1."""
    side = np.sign(w) * np.abs(w) ** (1 / depth)
    return side / np.linalg.norm(side)
