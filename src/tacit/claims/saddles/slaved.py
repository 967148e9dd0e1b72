"""A read-out that follows the constant feature, and how long it keeps the others."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks import Chain
from ...oracles import escape_time
from ...risk import Risk
from ...saddles import pull_of, share, span
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    ahead,
    all_small_and_alike,
    classified,
    level_of,
    of_class,
    squared_loss,
    start_gain,
    to_a_gain,
)
from ..measures.budgets import integration, rounding
from ..measures.escapes import bent, leading, next_order, plain
from ..papers import RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.saddles import even, gaussian, leaving, taught


STIFF = GradientFlow(rtol=1e-8, clock="escape")
"""The read-out relaxes far faster than the rest moves; finer costs more steps."""


class SlavedReadOut(AbstractClaim[Chain]):
    r"""Where $\sigma(0) \ne 0$ and the targets are centred, the power is $2r - 4$.

    The read-out follows the constant feature at once and is held at
    $\sigma'(0)^{L-1}hP/\sigma(0)^2$, $P$ the product of the other gains: what drives
    the rest is smaller, and the plateau of a `Chain` longer than $r - 2$ says. The
    paper's reduction of class D to the centred case is true of random starts only.
    """

    id: ClassVar[str] = "S11"
    source: ClassVar[Source] = Source(RAWAL, "Theorem 6 of version 1", "corrected")
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield squared_loss(experiment)
        yield of_class(experiment, "D")
        steep = classified(experiment).alpha != 0
        yield Hypothesis("the activation has a slope at 0", steep)
        yield from to_a_gain(experiment)
        yield from all_small_and_alike(experiment)
        deep = len(experiment.network.weights) > 2
        yield Hypothesis("it has three layers or more", deep)
        yield ahead(experiment)
        pull = pull_of(experiment.risk.loss, experiment.risk.problem)
        centred = abs(pull.sum()) < 1e-9 * np.abs(pull).sum()
        yield Hypothesis("the targets have mean 0", bool(centred))

    def forecast(self, experiment: Experiment[Chain]) -> Forecast:
        level = level_of(experiment) or math.nan
        law = escape_time(experiment.network, experiment.risk, level)
        about = f"when the geometric mean of all layers is {level:g}"
        return Forecast(float(law.value), about, sum(self._left(experiment)))

    def measured(self, run: Trajectory[Chain]) -> float:
        return float(run.times[-1])

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        late, early = self._left(run.experiment)
        yield next_order(late)
        reason = "what the read-out drives before it is held, in a time of 1/Nσ(0)²"
        yield Term("the start of the read-out", early, reason, "a smaller start")
        yield integration(run, 2 * len(run.experiment.network.weights))
        yield rounding(run)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        experiment = run.experiment
        level, L = level_of(experiment) or math.nan, len(experiment.network.weights)
        low, a = start_gain(experiment), leading(experiment).along() or math.nan
        text = "class D reduces to the centred case: the power is r - 2 (as printed)"
        yield Rival(text, span(low, level, L - 2) / a)
        told, end = float(self.predicted(run)), self._held(experiment)[1]
        further = span(low, end, 2 * L - 3) / span(low, end, 2 * L - 4)
        yield Rival("the power is 2r - 3", told * further)

    def _held(self, experiment):
        """The read-out over the product of the rest, and the gain at the level."""
        chain, level = experiment.network, level_of(experiment) or math.nan
        value, r = float(chain.sigma(0.0)), len(chain.weights)
        a = leading(experiment).along() or math.nan
        held = a / (chain.width * value**2)
        return held, (level**r / held) ** (1 / (2 * r - 2))

    def _left(self, experiment):
        """What the next order and the start of the read-out make of the time."""
        chain, r = experiment.network, len(experiment.network.weights)
        held, end = self._held(experiment)
        low, unit = start_gain(experiment), chain.first / np.linalg.norm(chain.first)
        bends = []
        for gain in (low, end):
            gains = np.append(np.full(r - 2, gain), held * gain ** (r - 1))
            at = Chain(gain * unit, gains, chain.activation, chain.width)
            bends.append(bent(experiment.risk, plain(at), range(r)))
        m = float(np.clip(np.log(bends[1] / bends[0]) / np.log(end / low), 0.5, 12))
        p, value = 2 * r - 4, float(chain.sigma(0.0))
        late = bends[1] * share(low, end, p, m) if bends[1] < 0.5 else math.inf
        a = leading(experiment).along() or math.nan
        moved = a * low ** (r - 2) / (chain.width * value**2)
        return late, p * moved

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        return leaving(even(3e-3, 3, "softplus"), _centred(seed), 0.03, flow=STIFF)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        return leaving(even(3e-3, 3, "tanh"), _centred(seed), 0.03, flow=STIFF)


def _centred(seed: int | None) -> Risk:
    teacher = taught(lambda u: np.logaddexp(0, u), seed)
    risk = gaussian(teacher)
    mean = np.average(
        np.asarray(risk.problem.y), weights=np.asarray(risk.problem.weights)
    )
    return gaussian(lambda u: teacher(u) - mean)
