"""The lazy end of the two-sided network of depth 2."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...events import Reaches
from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal, TwoSided
from ...observables import FisherRatio
from ...oracles import fisher_direction
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import apart, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.two_sided import kappa_of, of_depth_two
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import CLOSE, definite


class LargeSidesAreLazy(AbstractClaim[TwoSided]):
    r"""Two sides much longer than their difference follow the path of one layer.

    Let $\epsilon = \|w_0\| / 2\kappa\sqrt d$ be small, $\kappa = u_i v_i$.
    $\dot w = -4 \sqrt{w^2 + 4\kappa^2}\, g$ has the metric of one layer but for a part
    of order $(w / \kappa)^2$: the distance between the directions, at equal J, is of
    order $\epsilon^2$. To start with $u \approx v$ is lazy, not rich. Held against the
    order in $\epsilon$ from a half of that of the run to a quarter, halfway up in J.
    """

    id: ClassVar[str] = "E1"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = TwoSided
    sees: ClassVar[float] = 2e-2

    def hypotheses(self, experiment: Experiment[TwoSided]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield from of_depth_two(experiment)
        yield Hypothesis("it has two classes", apart(experiment) is not None)
        small = _epsilon(experiment)
        yield Hypothesis("epsilon is at most a third", 0 < small <= 1 / 3)

    def forecast(self, experiment: Experiment[TwoSided]) -> Forecast:
        del experiment
        about = "the order in epsilon of the distance from the path of one layer"
        return Forecast(2.0, about)

    def measured(self, run: Trajectory[TwoSided]) -> float:
        return _orders(_apart(run))[-1]

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[TwoSided]
    ) -> float:
        del run
        return abs(float(measured) - float(predicted))

    def budget(self, run: Trajectory[TwoSided]) -> Iterable[Term]:
        found = _apart(run)
        first, second = _orders(found)
        reason = "what half of epsilon changes in the order"
        yield Term("next order", abs(first - second), reason, "longer sides")
        reason = "a hundred steps at their rtol, over the distance itself"
        size = 100 * CLOSE.rtol / found[-1] / math.log(2)
        yield Term("integration", size, reason, "shorter sides")

    def rivals(self, run: Trajectory[TwoSided]) -> Iterable[Rival]:
        del run
        yield Rival("it is of first order", 1.0)
        yield Rival("it is of third order", 3.0)

    def witness(self, seed: int | None = None) -> Experiment[TwoSided]:
        return self._at(0.1, seed)

    def foil(self, seed: int | None = None) -> Experiment[TwoSided]:
        return self._at(10.0, seed)

    def _at(self, small, seed):
        problem, w0 = definite(seed)
        kappa = float(np.linalg.norm(w0)) / (2 * small * math.sqrt(len(w0)))
        start = TwoSided.at(w0, kappa=kappa)
        return Experiment(start, Risk(problem, Fisher()), CLOSE, until=0.0)


def _epsilon(experiment: Experiment[TwoSided]) -> float:
    w0 = np.asarray(experiment.network.predictor())
    return float(np.linalg.norm(w0) / (2 * kappa_of(experiment) * math.sqrt(len(w0))))


def _apart(run: Trajectory[TwoSided]) -> list[float]:
    """The distance between the directions at epsilon, a half and a quarter of it."""
    true, w0 = run.experiment, np.asarray(run.experiment.network.predictor())
    problem = true.risk.problem
    start = float(-Risk(problem, Fisher(form="ratio")).criterion(jnp.asarray(w0)))
    level = (start + fisher_direction(problem).objective) / 2
    until = Reaches(FisherRatio(), level)

    def direction(network):
        there = train(Experiment(network, true.risk, CLOSE, until=until), records=1)
        if not there.finite:
            raise Unmeasured(f"the way up in J is not followed: {there.reason}")
        w = np.asarray(there.network.predictor())
        return w / np.linalg.norm(w)

    plain, kappa = direction(Diagonal(w0[None])), kappa_of(true)
    sides = [TwoSided.at(w0, kappa=kappa * more) for more in (1, 2, 4)]
    return [float(np.linalg.norm(direction(each) - plain)) for each in sides]


def _orders(found: list[float]) -> list[float]:
    pairs = zip(found, found[1:], strict=False)
    return [math.log2(far / near) for far, near in pairs]
