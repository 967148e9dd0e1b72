"""The next order of the escape law, and the drift of the balance on the way."""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...networks import Chain
from ...observables import AbstractObservable, LayerNorms
from ...oracles import escape_time
from ...oracles.escape import EscapeTime
from ...saddles import pull_of, span
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
    steep_at_zero,
    to_a_gain,
)
from ..measures.budgets import integration, rounding
from ..measures.escapes import arrived, bent, next_order, orders
from ..papers import RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.saddles import even, gaussian, leaving, taught


class NextOrder(AbstractClaim[Chain]):
    r"""$K\tau = \int y^{-(L-1)}(1 + c\,y^{q-1} + d\,y^L)\,dy$.

    A logarithm at resonance: at $L = q + 1$ it adds $c\log(\theta/\varepsilon)$. Here
    $c = -\frac{a_q}{\alpha}\frac{L+q-1}{L}\frac{\mathbb E[yu^q]}{\mathbb E[yu]}$ where
    all layers are small, and $d$ is that of the squared loss,
    $\sqrt N\alpha^{L-1}\mathbb E[u^2]/\mathbb E[yu]$, which is the next order for
    $q > L + 1$. Compared is what the time exceeds the leading order by.
    """

    id: ClassVar[str] = "S7"
    source: ClassVar[tuple[Source, ...]] = (
        Source(RAWAL, "Theorem 5 and Corollary 7 of version 1", "corrected"),
        Source(RAWAL, "the order of the loss", "derived"),
    )
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-2

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield squared_loss(experiment)
        yield of_class(experiment, "ABC")
        yield steep_at_zero(experiment)
        yield from to_a_gain(experiment)
        yield from all_small_and_alike(experiment)
        yield ahead(experiment)
        if (classified(experiment).q or math.inf) <= len(experiment.network.weights):
            yield _asked_for(experiment)  # beyond, the order of the loss is there too

    def forecast(self, experiment: Experiment[Chain]) -> Forecast:
        law, about = _law(experiment), "what the time exceeds the leading order by"
        added = law.corrected - float(law.value)
        return Forecast(added, about, self._left(experiment))

    def measured(self, run: Trajectory[Chain]) -> float:
        return float(run.times[-1]) - float(_law(run.experiment).value)

    def distance(self, predicted: Any, measured: Any, run: Trajectory[Chain]) -> float:
        # In units of what the order adds: a rival adds nothing.
        return float(abs(measured - predicted) / abs(self.predicted(run)))

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        law = _law(run.experiment)
        whole = abs(float(law.value) / (law.corrected - float(law.value)))
        term = next_order(self._left(run.experiment))
        yield term._replace(name="order after next")
        L = len(run.experiment.network.weights)
        yield integration(run, L * whole)
        yield rounding(run, whole)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        experiment, law = run.experiment, _law(run.experiment)
        kind, L = classified(experiment), len(experiment.network.weights)
        told = law.corrected - float(law.value)
        yield Rival("the leading order is all there is", 0.0)
        if kind.q is None:
            yield Rival("the order of the loss counts twice", 2 * told)
            return
        low, level = start_gain(experiment), level_of(experiment) or math.nan
        c = _coefficient(experiment)
        unit = span(low, level, L - 1 - kind.q) / law.rate
        yield Rival(
            "without (L + q - 1)/L", told - c * unit * (1 - L / (L + kind.q - 1))
        )
        yield Rival("of the other sign (Theorem 5 as printed)", told - 2 * c * unit)
        if kind.q == 2:
            bend = 2 * float(kind.taylor[2])
            printed = 3 * bend**2 / (2 * kind.alpha * _signal(experiment))
            text = "the coefficient of class C is 3σ''(0)²/(2αh) (as printed)"
            yield Rival(text, told - (c + printed) * unit)
        if kind.q > L - 1:
            # What it adds then is a constant: relative to the time ε^(L-2), at L > 2.
            text = "it is of relative order ε^(q-1) (Corollary 7 as printed)"
            lost = float(law.value) * abs(c) * low ** (kind.q - 1)
            yield Rival(text, math.copysign(lost, told))

    def _left(self, experiment):
        """The order after next, relative to what the next one adds."""
        law, level = _law(experiment), level_of(experiment) or math.nan
        added = abs(law.corrected - float(law.value))
        second = orders(experiment, level, len(law.small) - 2)[1]
        return float(second * float(law.value) / added)

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        risk = gaussian(taught(np.arctan, seed))
        return leaving(even(4e-3, 4, "arctan"), risk, 0.03)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        true = self.witness(seed)
        uneven = Chain(8e-3, [2e-3, 4e-3, 4e-3], "arctan")
        return dataclasses.replace(true, network=uneven)


class DriftOfBalance(AbstractClaim[Chain]):
    r"""From layers alike, $\Delta_l = C_l X^p/p$ with $p = l(q-1) + 2$.

    $C_l = -2c_q\,\alpha^{q(l-1)-l}\,\mathbb E[yu^q]/\mathbb E[yu]$, $X$ the common
    gain: the balance drifts at a power of the gain that grows with the layer. Held
    against the end of the run; $\Delta_l$ at the start is 0.
    """

    id: ClassVar[str] = "S8"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = Chain
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 5e-3

    pair: int = 1
    """Which pair of layers, 1 the first."""

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield of_class(experiment, "BC")
        yield steep_at_zero(experiment)
        yield from to_a_gain(experiment)
        yield from all_small_and_alike(experiment)
        yield ahead(experiment)
        yield _asked_for(experiment)
        has = len(experiment.network.weights) > self.pair
        yield Hypothesis(f"it has more than {self.pair} layers", has)

    def forecast(self, experiment: Experiment[Chain]) -> Forecast:
        told = self._drift(experiment, self._power(experiment))
        about = f"the imbalance of pair {self.pair} when the gain has come to its level"
        return Forecast(told, about, self._left(experiment))

    def measured(self, run: Trajectory[Chain]) -> float:
        squares = np.asarray(run.seen["LayerNorms"])[-1]
        return float(squares[self.pair] - squares[self.pair - 1])

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        yield next_order(self._left(run.experiment))
        level = level_of(run.experiment) or math.nan
        lost = level**2 / abs(float(self.predicted(run)))
        yield integration(run, lost)
        yield rounding(run, lost)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        told, p = float(self.predicted(run)), self._power(run.experiment)
        yield Rival("it drifts the other way", -told)
        further = self._drift(run.experiment, p + 1)
        yield Rival("the power of the gain is one higher", further)
        yield Rival("the factor 2 is missing", told / 2)

    def _power(self, experiment):
        return self.pair * ((classified(experiment).q or 2) - 1) + 2

    def _drift(self, experiment, p):
        kind, pair, q = classified(experiment), self.pair, classified(experiment).q or 2
        moment = _moment(experiment, q) / _signal(experiment)
        C = -2 * kind.coefficient * kind.alpha ** (q * (pair - 1) - pair) * moment
        level, begin = level_of(experiment) or math.nan, start_gain(experiment)
        return C * (level**p - begin**p) / p

    def _left(self, experiment):
        """The bend at the level, over how far the moment of the order cancels."""
        level, q = level_of(experiment) or math.nan, classified(experiment).q or 2
        network = arrived(experiment, level)
        every = tuple(range(len(network.weights)))
        kept = abs(_moment(experiment, q)) / _moment(experiment, q, size=True)
        return bent(experiment.risk, network, every) / kept

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        risk = gaussian(taught(np.arctan, seed))
        return leaving(even(1e-3, 4, "arctan"), risk, 0.02)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        risk = gaussian(taught(np.arctan, seed))
        return leaving(even(1e-3, 4, "identity"), risk, 0.02)


def _law(experiment: Experiment[Chain]) -> EscapeTime:
    level, L = level_of(experiment) or math.nan, len(experiment.network.weights)
    return escape_time(experiment.network, experiment.risk, level, small=range(L))


def _asked_for(experiment: Experiment[Chain]) -> Hypothesis:
    """Whether the targets have a part that the first bend of the activation gives.

    An odd teacher of a symmetric sample has none of an even order: all of it cancels.
    """
    q = classified(experiment).q or 2
    part, whole = (_moment(experiment, q, size=size) for size in (False, True))
    text = "the order of the activation is in the targets: E[y u^q] is not 0"
    return Hypothesis(text, abs(part) > 1e-9 * whole)


def _moment(experiment: Experiment[Chain], q: int, *, size: bool = False) -> float:
    r"""$\mathbb E[y\,u^q]$, $u$ what the first layer sees; or that of magnitudes."""
    chain, risk = experiment.network, experiment.risk
    first, pull = np.asarray(chain.first), pull_of(risk.loss, risk.problem)[:, 0]
    u = np.asarray(risk.problem.X) @ first / np.linalg.norm(first)
    u = u / math.sqrt(chain.width)
    return float(np.abs(pull) @ np.abs(u) ** q if size else pull @ u**q)


def _signal(experiment: Experiment[Chain]) -> float:
    return _moment(experiment, 1)


def _coefficient(experiment: Experiment[Chain]) -> float:
    """The $c$ of the activation."""
    kind, L = classified(experiment), len(experiment.network.weights)
    q = kind.q or 2
    part = kind.taylor[q] / kind.alpha * (L + q - 1) / L
    return float(-part * _moment(experiment, q) / _signal(experiment))
