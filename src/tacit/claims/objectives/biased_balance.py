"""The balance of a homogeneous network with biases, under any loss."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractLoss, Squared
from ...networks import MLP
from ...observables import AbstractObservable, LayerNorms
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import deep
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.objectives import homogeneous
from ..measures.budgets import integration, rounding
from ..measures.layers import BiasNorms
from ..papers import DU, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import rectified, three_classes


COARSE = GradientFlow(rtol=1e-6, atol=1e-9, solver="explicit")
"""At every kink of the activation the step is cut; finer only takes longer."""


class BiasedBalance(AbstractClaim[MLP]):
    r"""Under any loss $\|W_l\|^2 + \|b_l\|^2 - \|W_{l+1}\|^2$ is constant.

    The scale of a layer and its bias can be handed to the next one, so
    $\langle W_l,\nabla\rangle+\langle b_l,\nabla\rangle=\langle W_{l+1},\nabla\rangle$.
    """

    id: ClassVar[str] = "G2b"
    source: ClassVar[Source] = Source(DU, "Theorem 2.1", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(), BiasNorms())
    sees: ClassVar[float] = 1e-4

    loss: AbstractLoss = Squared()
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield homogeneous(experiment)
        yield deep(experiment)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        about = "the squared norms of a layer and its bias less the next, all along"
        return Forecast(_apart(*_at_start(experiment)), about)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return _apart(*_seen(run))

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # In units of the largest layer: a balanced start has no difference to keep.
        largest = np.max(_at_start(run.experiment)[0])
        return float(np.max(np.abs(measured - predicted)) / largest)

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        sizes, largest = _seen(run), np.max(_at_start(run.experiment)[0])
        growth = max(1.0, float(np.max(sizes) / largest))
        return integration(run, growth), rounding(run, growth)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        weights, biases = _at_start(run.experiment)
        moved = np.tile(weights, (len(run.times), 1))
        moved[:, -1] = _seen(run)[0][:, -1]
        yield Rival("only the last layer moves", _apart(moved, biases + 0 * moved))
        if run.experiment.network.biases is not None:
            kept = _apart(weights, 0 * biases) + _seen(run)[1][:, :-1]
            yield Rival("a bias does not count with its layer", kept)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return self._of("relu", seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return self._of("tanh", seed)

    def _of(self, activation: str, seed: int | None) -> Experiment[MLP]:
        start = rectified(seed=seed, activation=activation, biases=True, outputs=3)
        risk = Risk(three_classes(seed), self.loss)
        return Experiment(start, risk, COARSE, until=0.3)


def _at_start(experiment: Experiment[MLP]) -> tuple[np.ndarray, np.ndarray]:
    """The squared norms of weights and of biases, ``(L,)`` each."""
    network = experiment.network
    weights = np.array([np.sum(np.asarray(W) ** 2) for W in network.weights])
    if network.biases is None:
        return weights, np.zeros(len(weights))
    return weights, np.array([np.sum(np.asarray(b) ** 2) for b in network.biases])


def _seen(run: Trajectory[MLP]) -> tuple[np.ndarray, np.ndarray]:
    """The same at every record, ``(t, L)`` each."""
    return np.asarray(run.seen["LayerNorms"]), np.asarray(run.seen["BiasNorms"])


def _apart(weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    whole = weights + biases
    return whole[..., :-1] - weights[..., 1:]
