"""The lazy end of the two-sided network of depth 2."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal, TwoSided
from ...observables import FisherRatio
from ...oracles import fisher_direction
from ...risk import Risk
from ...training import train, Trajectory
from ..hypotheses.discriminants import apart, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.two_sided import kappa_of, of_depth_two
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import CLOSE, definite


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
        yield from of_depth_two(experiment)
        yield Hypothesis("it has two classes", apart(experiment) is not None)
        w0 = np.asarray(experiment.network.predictor())
        small = np.linalg.norm(w0) / (2 * kappa_of(experiment) * math.sqrt(len(w0)))
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

        plain, kappa = direction(Diagonal(w0[None])), kappa_of(run.experiment)
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
