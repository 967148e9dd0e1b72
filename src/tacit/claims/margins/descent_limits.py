"""Where descent by prescribed steps goes: the theorems on descent."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Descent, PrescribedSteps
from ...losses import Logistic
from ...networks import DeepLinear
from ...observables import AbstractObservable, FlatWeights, LogRisk
from ...oracles import max_margin
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.margins import (
    held_firmly,
    logistic,
    of_margins,
    one_margin,
    prescribed,
    separable,
    spanned,
    starts_well,
)
from ..measures.alignment import aligned, left_over, room, unaligned
from ..measures.budgets import rounding
from ..measures.margins import rows_of, still_to_fall
from ..measures.residual import across
from ..measures.spectra import layers_along, spectra
from ..papers import JI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import (
    all_held,
    half_normal,
    mislabelled,
    rank_one,
    separable as separable_data,
)


class DescentAligns(AbstractClaim[DeepLinear]):
    r"""By prescribed steps, too, layers go to rank one and neighbours align.

    The conclusions of Theorem 1 for descent, under Assumptions 1, 2, 4 and 5. What is
    left of the way is what Lemma 2 leaves by the differences of the layers' squares,
    which descent keeps up to $2R(0)$. Layers grow like a power of the logarithm of the
    number of steps, and what it sees falls as slowly.
    """

    id: ClassVar[str] = "I6b"
    source: ClassVar[Source] = Source(JI, "Theorem 3", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), LogRisk())
    sees: ClassVar[float] = 6e-2

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield of_margins(experiment)
        yield one_margin(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)
        yield prescribed(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = (
            "in the end: the ratios of the norms of the layers, the cosines of "
            "neighbours and of w with the first layer, the part of the risk that is "
            "gone"
        )
        return Forecast(np.ones(2 * experiment.network.depth + 1), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return aligned(run)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        yield left_over(room(run, spectra(run).squares[-1], layers_along(run)[-1]))
        yield still_to_fall(run)
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        return unaligned(run)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = separable_data(2002, seed=seed)
        start = half_normal(problem, 5, 4, scale=0.1, seed=seed)
        flow = Descent(PrescribedSteps())
        return Experiment(start, Risk(problem, Logistic()), flow, until=300_000)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true = self.witness(seed)
        risk = Risk(mislabelled(seed), Logistic())
        return Experiment(true.network, risk, true.flow, until=true.until)


class DescentFindsTheMargin(AbstractClaim[DeepLinear]):
    r"""By prescribed steps $w/\|w\|$ and $v_1$ tend to the direction of the margin.

    For the logistic loss, under Assumptions 2, 3 and 5. The direction itself is far off
    after a million steps, since $\|w\|$ grows like the logarithm of their number. As
    $w = \|w\|\bar u$ up to a residual that converges, the direction in which $w$ has
    gone since it was half as long is held against $\bar u$; that of $\|w\|v_1$ too.
    What it sees is what the residual still moves over how far $w$ has gone, and falls
    as slowly. That is bounded by the slopes of the run at hand, so it tells $\bar u$
    from other fixed directions and little else: $(1 + m)^{-2}$, whose limit is not
    $\bar u$, is after 1e5 steps within the budget still (off 0.06 of 0.08). On the
    foil nothing is left to measure: its first step is past all slopes.
    """

    id: ClassVar[str] = "I6c"
    source: ClassVar[Source] = Source(JI, "Theorem 4", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    sees: ClassVar[float] = 5e-2

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield logistic(experiment)
        yield one_margin(experiment)
        yield separable(experiment)
        yield from starts_well(experiment)
        yield spanned(experiment)
        yield held_firmly(experiment)
        yield prescribed(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        found = max_margin(experiment.risk.problem)
        size = np.linalg.norm(rows_of(experiment)[0], axis=1).max()
        about = "the direction of w in the end, and of v_1: that of the largest margin"
        return Forecast(found.value, about, float(found.residual * size / found.margin))

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        seen, (i, _) = spectra(run), _since(run)
        grown = seen.norm[-1] - seen.norm[i]
        top = seen.top * seen.norm[:, None]
        gone = seen.predictor[-1] - seen.predictor[i]
        return np.stack([gone, top[-1] - top[i]]) / grown

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run
        return float(np.max(np.linalg.norm(measured - predicted, axis=-1)))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        seen, (i, size) = spectra(run), _since(run)
        reason = "by how much the residual still moves, and the next order"
        yield Term("what is left of the way", size, reason, "a longer run")
        layers, grown = layers_along(run), seen.norm[-1] - seen.norm[i]
        turns = [
            seen.norm[k] * room(run, seen.squares[k], layers[k]).turn for k in (i, -1)
        ]
        text = "Lemma 2, by the layers where it is looked at"
        yield Term("what layers lack", float(sum(turns) / grown), text, "a longer run")
        yield rounding(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        rows, mass = rows_of(run.experiment)
        mean, start = mass @ rows, np.asarray(run.experiment.network.predictor())
        yield Rival("in that of the mean sample", mean / np.linalg.norm(mean))
        yield Rival("in that of the start", start / np.linalg.norm(start))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        # All samples are at the margin: others would still be felt at this norm.
        problem = all_held(seed=seed)
        start, flow = rank_one(problem, 2, seed=seed), Descent(PrescribedSteps())
        return Experiment(start, Risk(problem, Logistic()), flow, until=300_000)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        # Steps so long that the first one throws it to where all slopes have vanished.
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(1e3), until=300)


def _since(run: Trajectory[DeepLinear]) -> tuple[int, float]:
    """The record since which the way to the end is clearest, and by how much it is off.

    The residuals at both ends differ by what draws them, to first order, and by what is
    left of either; the norm exceeds the part along the margin by their squares.
    """
    norm, at = spectra(run).norm, across(run, spectra(run).predictor)
    drawn = np.linalg.norm(at.drawn - at.drawn[-1], axis=1)
    grown = norm[-1] - norm
    squares = np.sum(at.value**2, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (drawn + at.left + at.left[-1]) / grown
        off = off + np.abs(squares / norm - squares[-1] / norm[-1]) / (2 * grown)
    off = np.where(grown > 0, off, np.inf)
    i = int(np.argmin(off))
    if not np.isfinite(off[i]):
        raise Unmeasured("it needs the predictor to grow: more steps")
    return i, float(off[i])
