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
from ..measures.escapes import (
    BENT,
    bent,
    gain_where_bent,
    leading,
    left_over,
    next_order,
    plain,
)
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
        end = self._held(experiment)[1]
        size = self._late(experiment, end) + self._early(experiment)
        return Forecast(float(law.value), about, size)

    def measured(self, run: Trajectory[Chain]) -> float:
        return float(run.times[-1])

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        experiment, end = run.experiment, self._held(run.experiment)[1]
        late, early = self._late(experiment, end), self._early(experiment)
        yield next_order(late if late < math.inf else self._followed(experiment, end))
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

    def _at(self, experiment, gain):
        """The chain when all but the read-out have this gain."""
        chain, r = experiment.network, len(experiment.network.weights)
        first = gain * chain.first / np.linalg.norm(chain.first)
        last = self._held(experiment)[0] * gain ** (r - 1)
        gains = np.append(np.full(r - 2, gain), last)
        return Chain(first, gains, chain.activation, chain.width)

    def _bend(self, experiment, gain):
        there = plain(self._at(experiment, gain))
        return bent(experiment.risk, there, range(len(there.weights)))

    def _late(self, experiment, end):
        """What the next order makes of the time until the others' gain is `end`."""
        low, p = start_gain(experiment), 2 * len(experiment.network.weights) - 4
        first, last = (self._bend(experiment, gain) for gain in (low, end))
        if not last < BENT:
            return math.inf
        m = float(np.clip(np.log(last / first) / np.log(end / low), 0.5, 12))
        return last * share(low, end, p, m)

    def _early(self, experiment):
        """What the start of the read-out makes of it."""
        chain, r = experiment.network, len(experiment.network.weights)
        a = leading(experiment).along() or math.nan
        rate = chain.width * float(chain.sigma(0.0)) ** 2
        return (2 * r - 4) * a * start_gain(experiment) ** (r - 2) / rate

    def _followed(self, experiment, end):
        """`_late` where the bend grows too large: the rest of the way is followed."""
        low, p = start_gain(experiment), 2 * len(experiment.network.weights) - 4
        middle = gain_where_bent(lambda g: self._bend(experiment, g), low, end)
        if middle is None:
            return math.inf
        whole, early = span(low, end, p), span(low, middle, p)
        level = level_of(experiment) or math.nan
        law = escape_time(experiment.network, experiment.risk, level)
        told = float(law.value) * (1 - early / whole)
        rest = left_over(experiment, self._at(experiment, middle), told)
        return self._late(experiment, middle) * early / whole + rest / float(law.value)

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
