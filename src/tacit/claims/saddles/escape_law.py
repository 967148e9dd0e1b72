"""How long a network with small layers waits at the saddle: the law, its constant."""

import dataclasses
import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...errors import DataError
from ...experiment import Experiment
from ...networks import AbstractNetwork, Chain, MLP
from ...networks.activations import ACTIVATIONS
from ...oracles import activation_class, escape_time
from ...risk import Risk
from ...saddles import Leading
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import (
    all_small_and_alike,
    small_of,
    squared_loss,
    start_gain,
    steep_at_zero,
    to_a_gain,
    zero_at_zero,
)
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import even, gaussian, leaving


class EscapeLaw(AbstractToleranceClaim[AbstractNetwork]):
    r"""With $r$ small layers the time to escape grows as $\varepsilon^{-(r-2)}$.

    With its prefactor: $K\tau = (\varepsilon^{2-r} - \theta^{2-r})/(r-2)$ from aligned
    layers, where $K = \mathbb E[y\,S(u)]\,\sigma'(0)^n\prod c$, $S$ the layers below
    the first small one, $n$ the activations above it and $c$ the fixed gains there; as
    `tacit.oracles.escape_time` has it. For any place of the small layers.
    """

    id: ClassVar[str] = "S6"
    source: ClassVar[Source] = Source(
        RAWAL, "the escape law; the prefactor derived", "quoted"
    )
    needs: ClassVar[type] = AbstractNetwork
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 2e-3
    """The next order, of relative size θ² at a level of 0.05."""

    version: str = "true"
    """"depth" counts all layers instead of the small ones; "place" takes the small
    layers for the first ones: both false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return tuple(EscapeLaw(version=v) for v in ("depth", "place"))

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield to_a_gain(experiment)
        yield Hypothesis(
            "the small layers are below 0.01", start_gain(experiment) < 0.01
        )
        low = experiment.until.level <= 0.05
        yield Hypothesis("the level is 0.05 or lower", low)

    def gap(self, run: Trajectory) -> float:
        network, level = run.experiment.network, run.experiment.until.level
        if self.version == "place":
            network = _moved_down(network)
        try:
            told = float(escape_time(network, run.experiment.risk, level).value)
        except DataError:  # outside the law: what it would say if it were not
            told = _linear(
                network, run.experiment.risk, small_of(run.experiment), level
            )
        if self.version == "depth":
            eps, extra = (
                start_gain(run.experiment),
                len(network.weights) - len(small_of(run.experiment)),
            )
            told *= eps**-extra
        return abs(float(run.times[-1]) / told - 1)

    def witness(self) -> Experiment:
        start = Chain(0.8, [2e-3] * 3, "arctan")
        return leaving(start, gaussian(np.arctan), 0.05)

    def foil(self) -> Experiment:
        start = Chain(0.8, [2e-3] * 3, "softplus")
        return leaving(start, gaussian(np.arctan), 0.05, small=(1, 2, 3))


def _linear(network: Chain, risk: Risk, small: tuple[int, ...], level: float) -> float:
    """The time of the leading order, every activation above taken for a line."""
    alike = MLP.symmetric(
        np.asarray(network.first), np.asarray(network.gains),
        width=network.width, activation=network.activation,
    )  # fmt: skip
    return Leading.of(alike, risk.loss, risk.problem, small).time(level)


def _moved_down(chain: Chain) -> Chain:
    """The same gains, the fixed one last."""
    gains = np.append(np.asarray(chain.gains), np.asarray(chain.first)[0])
    return Chain(gains[0], gains[1:], chain.activation, chain.width)


class HermitePrefactor(AbstractToleranceClaim[Chain]):
    r"""For $y = \beta\sigma(u)$ the constant is $\beta h\,\sigma'(0)^{L-1}/\sqrt N$.

    In the normalisation of $N$ parallel chains with read-out $1/\sqrt N$ and time in
    units of $N$; $h = \mathbb E[u\,\sigma(u)]$ is the first Hermite coefficient, 1/2
    for SiLU by symmetry. It is not the leading coefficient of $z\sigma' - \sigma$, for
    which the law would never end in class A.
    """

    id: ClassVar[str] = "S4"
    source: ClassVar[Source] = Source(
        RAWAL, "the symmetric experiment; the constant derived", "quoted"
    )
    needs: ClassVar[type] = Chain
    records: ClassVar[int] = 1
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 0.01
    """The next order at a gain of 0.01 and a level of 0.4."""

    activation: str = "arctan"

    hermite: bool = True
    """Whether the constant is the Hermite coefficient; the leading one is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, hermite=False),)

    def hypotheses(self, experiment: Experiment[Chain]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield squared_loss(experiment)
        yield steep_at_zero(experiment)
        yield zero_at_zero(experiment)
        yield to_a_gain(experiment)
        yield from all_small_and_alike(experiment)

    def gap(self, run: Trajectory[Chain]) -> float:
        chain, problem = run.experiment.network, run.experiment.risk.problem
        N, L = chain.width, len(chain.weights)
        mass = np.asarray(problem.weights)
        # The chain sees u times the root of N.
        u = np.asarray(problem.X)[:, 0] / math.sqrt(N)
        kind = activation_class(chain.activation)
        h = mass @ (u * np.asarray(problem.y)) / mass.sum()
        h = h if self.hermite else kind.coefficient
        told = h * kind.alpha ** (L - 1) / math.sqrt(N)
        eps, level = start_gain(run.experiment), run.experiment.until.level
        span = (eps ** (2 - L) - level ** (2 - L)) / (L - 2)
        return abs(told * N * float(run.times[-1]) / span - 1)

    def witness(self) -> Experiment[Chain]:
        return self._with(lambda u: np.asarray(ACTIVATIONS[self.activation](u)))

    def foil(self) -> Experiment[Chain]:
        true = self._with(lambda u: np.asarray(ACTIVATIONS[self.activation](u)))
        chain = true.network
        uneven = Chain(chain.first * 3, chain.gains, chain.activation, chain.width)
        return dataclasses.replace(true, network=uneven)

    def _with(self, teacher):
        start = even(0.01, 4, self.activation, width=25)
        return leaving(start, gaussian(teacher, scale=5.0), 0.4)
