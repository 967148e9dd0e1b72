"""The next order of the escape law, and the drift of the balance on the way."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...networks import Chain
from ...observables import AbstractObservable, LayerNorms
from ...oracles import escape_time
from ...saddles import pull_of
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    all_small_and_alike,
    classified,
    of_class,
    start_gain,
    to_a_gain,
)
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import even, gaussian, leaving


class NextOrder(AbstractToleranceClaim[Chain]):
    r"""$K\tau = \int y^{-(L-1)}(1 + c\,y^{q-1})\,dy$, at resonance with a logarithm.

    $c = -\frac{a_q}{\alpha}\frac{L+q-1}{L}\frac{\mathbb E[yu^q]}{\mathbb E[yu]}$ where
    all layers are small. At $L = q + 1$ it adds $c\log(\theta/\varepsilon)$. The gap
    is the relative error of what it adds to the leading order.
    """

    id: ClassVar[str] = "S7"
    source: ClassVar[Source] = Source(
        RAWAL, "the resonance; the coefficient derived", "quoted"
    )
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 5.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 0.01
    """The order after next, of relative size θ² at a level of 0.03, ten times."""

    factor: bool = True
    """Whether $(L+q-1)/L$ is there. Without it the theorem is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, factor=False),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield of_class(experiment, "BC")
        yield to_a_gain(experiment)
        yield from all_small_and_alike(experiment)

    def gap(self, run: Trajectory[Chain]) -> float:
        chain, L = run.experiment.network, len(run.experiment.network.weights)
        level = run.experiment.until.level
        alike = even(start_gain(run.experiment), L, chain.activation, width=chain.width)
        law = escape_time(alike, run.experiment.risk, level)
        q = classified(run.experiment).q or 2
        share = 1.0 if self.factor else L / (L + q - 1)
        added = (law.corrected - float(law.value)) * share
        return abs((float(run.times[-1]) - float(law.value)) / added - 1)

    def witness(self) -> Experiment[Chain]:
        return leaving(even(4e-3, 4, "arctan"), gaussian(np.arctan), 0.03)

    def foil(self) -> Experiment[Chain]:
        true = self.witness()
        uneven = Chain(8e-3, [2e-3, 4e-3, 4e-3], "arctan")
        return dataclasses.replace(true, network=uneven)


class DriftOfBalance(AbstractToleranceClaim[Chain]):
    r"""From layers alike, $\Delta_l = C_l X^p/p$ with $p = l(q-1) + 2$.

    $C_l = -2c_q\,\alpha^{q(l-1)-l}\,\mathbb E[yu^q]/\mathbb E[yu]$, $X$ the common
    gain: the balance drifts at a power of the gain that grows with the layer. Held
    against the end of the run; $\Delta_l$ at the start is 0.
    """

    id: ClassVar[str] = "S8"
    source: ClassVar[Source] = Source(
        RAWAL, "the drift of the first pair; constants derived", "quoted"
    )
    needs: ClassVar[type] = Chain
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 5.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 0.02
    """Four times $X^{q-1}$ at the end, the order neglected."""

    pair: int = 1
    """Which pair of layers, 1 the first."""

    signed: bool = True
    """Whether the sign is the true one."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, signed=False),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield of_class(experiment, "BC")
        yield to_a_gain(experiment)
        yield from all_small_and_alike(experiment)

    def gap(self, run: Trajectory[Chain]) -> float:
        chain, risk = run.experiment.network, run.experiment.risk
        kind, pair = classified(run.experiment), self.pair
        q, pull = kind.q or 3, pull_of(risk.loss, risk.problem)[:, 0]
        u = np.asarray(risk.problem.X)[:, 0] / np.sqrt(chain.width)
        moments = (pull @ u**q) / (pull @ u)
        power = kind.alpha ** (q * (pair - 1) - pair)
        C = -2 * (kind.coefficient or 1.0) * power * moments
        p, squares = pair * (q - 1) + 2, np.asarray(run.seen["LayerNorms"])[-1]
        X, begin = run.experiment.until.level, start_gain(run.experiment)
        told = C * (X**p - begin**p) / p * (1 if self.signed else -1)
        return abs((squares[pair] - squares[pair - 1]) / told - 1)

    def witness(self) -> Experiment[Chain]:
        return leaving(even(2e-3, 4, "arctan"), gaussian(np.arctan), 0.06)

    def foil(self) -> Experiment[Chain]:
        return leaving(even(2e-3, 4, "identity"), gaussian(np.arctan), 0.06)
