"""How long a network with small layers waits at the saddle: the law, its constant."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...experiment import Experiment
from ...networks import AbstractNetwork, Chain, MLP
from ...networks.activations import ACTIVATIONS
from ...oracles import activation_class, escape_time
from ...saddles import Leading, pull_of, span
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    ahead,
    all_small_and_alike,
    layered,
    level_of,
    small_of,
    squared_loss,
    start_gain,
    steep_at_zero,
    to_a_gain,
    zero_at_zero,
)
from ..measures.budgets import integration, rounding
from ..measures.escapes import first_order, next_order, orders, plain
from ..papers import RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.saddles import drawn_gain, even, gaussian, leaving, taught


NOTICED = 0.02
"""By how much layers below the small ones must bend to be told from linear ones."""


class EscapeLaw(AbstractClaim[AbstractNetwork]):
    r"""With $r$ small layers the time to escape grows as $\varepsilon^{-(r-2)}$.

    With its prefactor: $K\tau = (\varepsilon^{2-r} - \theta^{2-r})/(r-2)$ from aligned
    layers, where $K = \mathbb E[y\,S(u)]\,\sigma'(0)^n\prod c$, $S$ the layers below
    the first small one, $n$ the activations above it and $c$ the fixed gains there; as
    `tacit.oracles.escape_time` has it. For any place of the small layers.
    """

    id: ClassVar[str] = "S6"
    source: ClassVar[tuple[Source, ...]] = (
        Source(RAWAL, "Theorem 6 and Proposition 23 of version 1", "quoted"),
        Source(RAWAL, "K for small layers above others", "corrected"),
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-3

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield layered(experiment)
        if not layered(experiment).met:
            return
        yield is_gradient_flow(experiment)
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield from to_a_gain(experiment)

    def forecast(self, experiment: Experiment) -> Forecast:
        level, small = level_of(experiment) or math.nan, small_of(experiment)
        law = escape_time(experiment.network, experiment.risk, level, small=small)
        about = f"when the geometric mean of the small layers is {level:g}"
        size = float(orders(experiment, level, len(small) - 2)[0])
        return Forecast(float(law.value), about, size)

    def measured(self, run: Trajectory) -> float:
        return float(run.times[-1])

    def budget(self, run: Trajectory) -> Iterable[Term]:
        level, r = level_of(run.experiment) or math.nan, len(small_of(run.experiment))
        yield next_order(first_order(run.experiment, level, r - 2))
        yield integration(run, r)
        yield rounding(run)

    def rivals(self, run: Trajectory) -> Iterable[Rival]:
        experiment = run.experiment
        low, level = start_gain(experiment), level_of(experiment) or math.nan
        network, small = plain(experiment.network), small_of(experiment)
        told, r, L = self.predicted(run), len(small), len(network.weights)
        usual = span(low, level, r - 2)
        yield Rival("the power is one higher", told * span(low, level, r - 1) / usual)
        if r < L:
            text = "the power counts all layers, not the small ones"
            yield Rival(text, told * span(low, level, L - 2) / usual)
        if small[0] > 0:
            text = "K is that of the origin, whatever the place (Theorem 6 as printed)"
            false = _at_the_origin(experiment, network, level)
            if abs(false / told - 1) > NOTICED:  # else those below are linear as well
                yield Rival(text, false)

    def witness(self, seed: int | None = None) -> Experiment:
        start = Chain(drawn_gain(seed, 0.8, 0.5, 1.2), [2e-3] * 3, "arctan")
        return leaving(start, gaussian(taught(np.arctan, seed)), 0.05)

    def foil(self, seed: int | None = None) -> Experiment:
        start = Chain(drawn_gain(seed, 0.8, 0.5, 1.2), [2e-3] * 3, "softplus")
        risk = gaussian(taught(np.arctan, seed))
        return leaving(start, risk, 0.05, small=(1, 2, 3))


def _at_the_origin(experiment: Experiment, network: MLP, level: float) -> float:
    """The time, were the layers below the small ones linear like those above."""
    risk, linear = experiment.risk, MLP(network.weights, "identity")
    law = Leading.of(linear, risk.loss, risk.problem, small_of(experiment))
    slope = activation_class(network.activation).alpha
    return law.time(level) / slope ** (len(network.weights) - 1)


class HermitePrefactor(AbstractClaim[Chain]):
    r"""For $y = \beta\sigma(u)$ the constant is $\beta h\,\sigma'(0)^{L-1}/\sqrt N$.

    In the normalisation of $N$ parallel chains with read-out $1/\sqrt N$ and time in
    units of $N$; $h = \mathbb E[u\,\sigma(u)]$ is the first Hermite coefficient, 1/2
    for SiLU by symmetry. It is not the leading coefficient of $z\sigma' - \sigma$, for
    which the law would never end in class A. Read off the time of the whole way.
    """

    id: ClassVar[str] = "S4"
    source: ClassVar[Source] = Source(
        RAWAL, "equations 3, 4 and 7 of version 1", "corrected"
    )
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-2

    activation: str = "arctan"
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield squared_loss(experiment)
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield from to_a_gain(experiment)
        yield from all_small_and_alike(experiment)
        yield ahead(experiment)

    def forecast(self, experiment: Experiment[Chain]) -> Forecast:
        chain, level = experiment.network, level_of(experiment) or math.nan
        L, kind = len(chain.weights), activation_class(chain.activation)
        K = _hermite(experiment) * kind.alpha ** (L - 1) / math.sqrt(chain.width)
        size = float(orders(experiment, level, L - 2)[0])
        return Forecast(K, "the constant of the escape, in units of N", size)

    def measured(self, run: Trajectory[Chain]) -> float:
        chain, level = run.experiment.network, level_of(run.experiment) or math.nan
        p, low = len(chain.weights) - 2, start_gain(run.experiment)
        return span(low, level, p) / (chain.width * float(run.times[-1]))

    def budget(self, run: Trajectory[Chain]) -> Iterable[Term]:
        level = level_of(run.experiment) or math.nan
        L = len(run.experiment.network.weights)
        yield next_order(first_order(run.experiment, level, L - 2))
        yield integration(run, L)
        yield rounding(run)

    def rivals(self, run: Trajectory[Chain]) -> Iterable[Rival]:
        told, chain = self.predicted(run), run.experiment.network
        if (kind := activation_class(chain.activation)).q is not None:
            text = "h is the leading coefficient of φ (the write-up's footnote)"
            yield Rival(text, told * kind.coefficient / _hermite(run.experiment))
        if chain.width > 1:
            text = "K is √N βhα^(L-1) (equations 3 and 4 as printed)"
            yield Rival(text, told * chain.width)
        yield Rival(
            "every layer drives itself, not the others: twice as fast", 2 * told
        )

    def witness(self, seed: int | None = None) -> Experiment[Chain]:
        start = even(4e-3, 4, self.activation, width=25)
        sigma = ACTIVATIONS[self.activation]
        teacher = taught(lambda u: np.asarray(sigma(u)), seed)
        return leaving(start, gaussian(teacher, scale=5.0), 0.1)

    def foil(self, seed: int | None = None) -> Experiment[Chain]:
        true = self.witness(seed)
        chain = true.network
        uneven = Chain(chain.first * 3, chain.gains, chain.activation, chain.width)
        return dataclasses.replace(true, network=uneven)


def _hermite(experiment: Experiment[Chain]) -> float:
    r"""$\mathbb E[y\,u]$, with $u$ what the first layer sees: βh of the teacher."""
    chain, risk = experiment.network, experiment.risk
    first = np.asarray(chain.first)
    u = np.asarray(risk.problem.X) @ first / np.linalg.norm(first)
    pull = pull_of(risk.loss, risk.problem)[:, 0]
    # The chain sees u times the root of N.
    return float(pull @ u) / math.sqrt(chain.width)
