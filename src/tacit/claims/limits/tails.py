"""How fast a diagonal network gets to where it ends."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import OrthantLimit
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import (
    balanced,
    invertible,
    of_fisher,
    orthant_end,
    pushes,
)
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import slope_of_log
from ..measures.budgets import EPS, integration
from ..measures.paths import along
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import definite, LONG
from ..witnesses.draws import redrawn


class Tail(NamedTuple):
    """The weights that the limit pushes to 0, late on the run.

    `spans` ``(t,)`` are times since the first of these records, `sizes` ``(t, m)`` the
    magnitudes at them, `push` ``(m,)`` the slopes that shrink them in the limit, and
    `strayed` by how much those on the way differ from these at most, relative.
    """

    spans: np.ndarray
    sizes: np.ndarray
    push: np.ndarray
    strayed: float


def _about_tails(experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
    yield of_fisher(experiment)
    # Times count in those of -log J; the other forms have other clocks.
    form = experiment.risk.loss.form
    yield Hypothesis("the loss is -log J", form == "neglog")
    yield is_gradient_flow(experiment)
    yield invertible(experiment)
    yield balanced(experiment)
    some = _pushes_some(experiment)
    yield Hypothesis("the limit pushes some weight to 0", some)


def _pushes_some(experiment: Experiment[Diagonal]) -> bool:
    limit = orthant_end(experiment)
    return limit is not None and bool(_eliminated(experiment, limit).any())


def _eliminated(experiment: Experiment, limit: OrthantLimit) -> np.ndarray:
    """Which weights the limit pushes to 0, not merely leaves there."""
    push = pushes(experiment, limit)
    return ~limit.support & (push > 1e-3 * np.abs(limit.slope).max())


def _tail(run: Trajectory[Diagonal], since: float) -> Tail:
    """The tail from this share of the run on, up to where a weight underflows."""
    limit = orthant_end(run.experiment)
    if limit is None:
        raise Unmeasured("it is about the limit of two classes that w0 tells apart")
    times, w = along(run)
    off = _eliminated(run.experiment, limit)
    there = np.all(np.abs(w[:, off]) > 1e-290, axis=1)
    late = there & (times >= since * times[there][-1])
    if np.sum(late) < 2:
        raise Unmeasured("it needs two records before the first weight underflows")
    times, w = times[late], w[late]
    push = pushes(run.experiment, limit)[off]
    now = (limit.signs * slope_of_log(run.experiment, w))[:, off]
    stray = float(np.max(np.abs(now / push - 1)))
    return Tail(times - times[0], np.abs(w[:, off]), push, stray)


def _drawn(depth: int, until: float, seed: int | None) -> Experiment[Diagonal]:
    problem, w0 = definite(seed, own=1003)
    start = Diagonal.balanced(w0, depth=depth)
    return Experiment(start, Risk(problem, Fisher()), LONG, until=until)


class PowerLawTails(AbstractClaim[Diagonal]):
    r"""For $L \ge 3$ a weight is eliminated as $((L - 2) g_i t)^{-L/(L-2)}$: slowly.

    $\frac{d}{dt} w^{-(1-2/L)} = (L - 2) g_i$, and $g_i > 0$ settles at its value in the
    limit. Held against the last nine tenths of the run, from where it is at their
    beginning.
    """

    id: ClassVar[str] = "C3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 2e-2

    depth: int = 4

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from _about_tails(experiment)
        deeper = experiment.network.depth > 2
        yield Hypothesis("it has three layers or more", deeper)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _by_depth(_tail(run, 0.1), run.experiment.network.depth)

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _tail(run, 0.1).sizes

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        # Each weight against itself: they differ by decades.
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        L, stray = run.experiment.network.depth, _tail(run, 0.1).strayed
        power = L / (L - 2)
        size = (1 - min(stray, 1.0)) ** -power - 1 if stray < 1 else np.inf
        reason = "the slope on the way against that in the limit, to the law's power"
        yield Term("what is left of the way", float(size), reason, "a longer run")
        yield integration(run, L)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        L, tail = run.experiment.network.depth, _tail(run, 0.1)
        yield Rival("as a network of one layer more", _by_depth(tail, L + 1))
        if L > 3:
            yield Rival("as a network of one layer less", _by_depth(tail, L - 1))
        slower = tail._replace(push=tail.push / 2)
        yield Rival("at half the speed", _by_depth(slower, L))

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        until = {3: 1e5, 4: 1e6}.get(self.depth, 1e7)
        return redrawn(seed, partial(_drawn, self.depth, until), _pushes_some)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        other = Risk(true.risk.problem, Fisher(form="ratio"))
        return Experiment(true.network, other, LONG, until=true.until)


def _by_depth(tail: Tail, L: int) -> np.ndarray:
    """The law of depth `L` from the first record of the tail on."""
    begin = tail.sizes[0] ** -(1 - 2 / L)
    return (begin + (L - 2) * np.outer(tail.spans, tail.push)) ** (-L / (L - 2))


class ExponentialTails(AbstractClaim[Diagonal]):
    r"""At depth 2 a weight is eliminated as $e^{-2 g_i t}$.

    $\frac{d}{dt} \log w_i = -2 g_i$, and $g_i > 0$ settles at its value in the limit.
    Held against the fall of $\log w_i$ over the last quarter of the run.
    """

    id: ClassVar[str] = "C3c"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-4

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield from _about_tails(experiment)
        yield Hypothesis("it has two layers", experiment.network.depth == 2)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        tail = _tail(run, 0.75)
        return 2 * tail.push * tail.spans[-1]

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        sizes = _tail(run, 0.75).sizes
        return np.log(sizes[0] / sizes[-1])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        tail = _tail(run, 0.75)
        reason = "the slope on the way against that in the limit"
        yield Term("what is left of the way", tail.strayed, reason, "a longer run")
        least = float(np.min(tail.push) * 2 * tail.spans[-1])
        whole = float(np.max(np.abs(np.log(tail.sizes))))
        within = integration(run, (1 + whole) / least)
        yield within
        small = 8 * EPS * (1 + whole) / least
        yield Term("rounding", small, "float64 in a logarithm", "a longer run")

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        told = self.predicted(run)
        yield Rival("at the slope itself, as if one layer fell", told / 2)
        yield Rival("at four times the slope", 2 * told)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        return redrawn(seed, partial(_drawn, 2, 90.0), _pushes_some)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        other = Risk(true.risk.problem, Fisher(form="ratio"))
        return Experiment(true.network, other, LONG, until=true.until)
