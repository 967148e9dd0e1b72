"""Where a fully connected linear network goes: where one layer would have gone."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import AbstractLinearNetwork, DeepLinear, Diagonal
from ...observables import AbstractObservable, LinearPredictor
from ...oracles import fisher_direction
from ...risk import Risk
from ...training import train, Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import (
    apart,
    invertible,
    of_fisher,
    orthant_end,
    scale_free,
)
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..measures.arrival import direction, of_network, rounded, strayed, unmoved
from ..measures.budgets import integration, rounding
from ..measures.paths import along
from ..papers import ARORA_2018, LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import definite, FINE, fully_connected


LONG = GradientFlow(rtol=1e-11, atol=1e-13)


def _connected(experiment: Experiment) -> Hypothesis:
    connected = isinstance(experiment.network, DeepLinear)
    return Hypothesis("the network is fully connected", connected)


def _one_output(experiment: Experiment) -> Hypothesis:
    alone = experiment.network.predictor().ndim == 1
    return Hypothesis("it has one output", alone)


class DepthIsAClock(AbstractClaim[AbstractLinearNetwork]):
    r"""With one output and a balanced start, depth changes the speed and nothing else.

    Then $\dot w = -\|w\|^{2-2/L} g$ once $\langle w, g\rangle = 0$, and $\|w\|$ is
    constant: at time $t$ the network is where one layer is at $\|w_0\|^{2-2/L} t$.
    """

    id: ClassVar[str] = "H6"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-9

    def hypotheses(
        self, experiment: Experiment[AbstractLinearNetwork]
    ) -> Iterable[Hypothesis]:
        yield _connected(experiment)
        yield _one_output(experiment)
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)
        if isinstance(experiment.network, DeepLinear):
            several = experiment.network.depth > 1
            yield Hypothesis("it has two layers or more", several)
            yield matched_layers(experiment)

    def predicted(self, run: Trajectory[AbstractLinearNetwork]) -> np.ndarray:
        start = np.asarray(run.experiment.network.predictor())
        depth = run.experiment.network.depth
        return self._alone(run, float(np.linalg.norm(start) ** (2 - 2 / depth)))

    def measured(self, run: Trajectory[AbstractLinearNetwork]) -> np.ndarray:
        return along(run)[1]

    def budget(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Term]:
        depth = run.experiment.network.depth
        yield integration(run, depth)
        other = "three steps of the flow of one layer, at their rtol"
        yield Term("integration of one layer", 3 * FINE.rtol, other, "nothing")
        yield rounding(run, depth)

    def rivals(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Rival]:
        start = np.asarray(run.experiment.network.predictor())
        size = float(np.linalg.norm(start))
        depth = run.experiment.network.depth
        yield Rival("at the speed of one layer", self._alone(run, 1.0))
        more = size ** (2 - 2 / (depth + 1))
        yield Rival("at the speed of one layer more", self._alone(run, more))

    def _alone(self, run, speed):
        """One layer at `speed` times the times of the run."""
        times, w = along(run)
        risk, start = run.experiment.risk, DeepLinear([w[:1]])
        plain = Experiment(start, risk, FINE, until=speed * float(times[-1]))
        alone = train(plain, self.observes, records=speed * times)
        if not alone.finite:
            raise Unmeasured(f"one layer stops early: {alone.reason}")
        return np.asarray(alone.seen["LinearPredictor"])

    def witness(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        problem, w0 = definite(seed)
        start = DeepLinear.balanced(w0, depth=3, width=4)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=3)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)


class FullyConnectedLimit(AbstractClaim[AbstractLinearNetwork]):
    r"""A fully connected network with one output ends at $\pm S_w^{-1}\delta$.

    From any layers whatever, balanced or not: no sign is locked and nothing is sparse.
    """

    id: ClassVar[str] = "H6b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    sees: ClassVar[float] = 1e-6

    def hypotheses(
        self, experiment: Experiment[AbstractLinearNetwork]
    ) -> Iterable[Hypothesis]:
        yield _connected(experiment)
        yield _one_output(experiment)
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield Hypothesis("it has two classes", apart(experiment) is not None)
        some = bool(np.any(np.asarray(experiment.network.predictor()) != 0))
        yield Hypothesis("the start is not 0", some)

    def forecast(self, experiment: Experiment[AbstractLinearNetwork]) -> Forecast:
        limit = fisher_direction(experiment.risk.problem)
        about = "the direction of w in the end, up to its sign"
        return Forecast(limit.value, about, limit.residual)

    def measured(self, run: Trajectory[AbstractLinearNetwork]) -> np.ndarray:
        w = direction(run)
        return w * np.sign(np.asarray(apart(run.experiment)) @ w)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[AbstractLinearNetwork]
    ) -> float:
        return strayed(run.experiment, predicted, measured)

    def budget(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Term]:
        return of_network(run), rounded(run)

    def rivals(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Rival]:
        limit = orthant_end(run.experiment)
        if limit is not None:
            yield Rival("it ends where a diagonal network would", limit.value)
        yield Rival("it ends at the difference of the means", apart(run.experiment))
        yield unmoved(run)

    def witness(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        start = fully_connected(7, 4, 4, 1, seed=seed)
        risk = Risk(definite(seed)[0], Fisher())
        return Experiment(start, risk, LONG, until=60.0)

    def foil(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=3)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e6)
