"""What the ridge of the Deep LDA objective does to the layers of a network."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import GradientFlow
from ...losses import Dorfer
from ...networks import AbstractNetwork, MLP
from ...observables import AbstractObservable, LayerNorms
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.objectives import homogeneous, of_dorfer, without_biases
from ..measures.budgets import cancellation, integration, quadrature, rounding
from ..measures.layers import LayerSums, Pairings, Sizes
from ..measures.paths import over_time
from ..measures.ridge import likeness, pull
from ..papers import DORFER, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import rectified, three_classes


COARSE = GradientFlow(rtol=1e-6, atol=1e-9, solver="explicit")
"""At every kink of the activation the step is cut; finer only takes longer."""


class RidgePull(AbstractObservable[AbstractNetwork]):
    """The slope of the objective along its outputs: 0 without a ridge."""

    def measure(self, at: Snapshot) -> Float[Array, ""]:
        return pull(at.risk, at.network)


class LayersPulledAlike(AbstractClaim[MLP]):
    r"""The ridge pulls every layer outwards by the same amount.

    Scaling any layer of a homogeneous network scales its outputs, so
    $\langle W_l, \nabla_l\rangle = -\frac{2\lambda}{q}\sum_j v_j\|e_j\|^2$ for all $l$.
    With biases $\langle W_l, \nabla_l\rangle + \sum_{m\ge l}\langle b_m,\nabla\rangle$
    takes its place: what comes later must be scaled along. Held against the networks
    that a run has recorded.
    """

    id: ClassVar[str] = "G2"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        Pairings(),
        Sizes(),
        RidgePull(),
    )
    records: ClassVar[int] = 10
    sees: ClassVar[float] = 1e-8

    ridge: float = 0.1
    """That of the witness; at 0 the numbers vanish and the norms are conserved."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_dorfer(experiment)
        yield homogeneous(experiment)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        drawn = np.asarray(run.seen["RidgePull"])[:, None]
        return np.repeat(drawn, len(run.experiment.network.weights), axis=1)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.sum(np.asarray(run.seen["Pairings"]), axis=1)

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # In units of the whole slope: without a ridge there is none along the layers.
        return float(np.max(np.abs(measured - predicted)) / np.max(_sizes(run)))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        ridge = run.experiment.risk.loss.ridge
        return (cancellation(run, likeness(run, ridge)),)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        law, sizes = self.predicted(run), _sizes(run)
        later = np.asarray(run.seen["Pairings"])[:, 1]
        yield Rival("a hundredth of every slope is along its layer", law + sizes / 100)
        if np.any(later):
            yield Rival("later biases need not be scaled along", law + later)
        if np.any(law):
            yield Rival("the factor 2 is missing", law / 2)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return _dorfer(rectified(seed=seed, biases=True), self.ridge, seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        bent = rectified(seed=seed, activation="tanh", biases=True)
        return _dorfer(bent, self.ridge, seed)


class NormsGrowAlike(AbstractClaim[MLP]):
    r"""Without biases all layers gain $\frac{4\lambda}{q}\int\sum_j v_j\|e_j\|^2 dt$.

    So the differences of their squared norms stay and their sizes grow together: with a
    ridge the objective is not free of scale, and the norms are driven.
    """

    id: ClassVar[str] = "G1"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        LayerNorms(),
        RidgePull(),
        LayerSums(),
    )
    records: ClassVar[int] = 200
    sees: ClassVar[float] = 1e-4

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_dorfer(experiment)
        yield homogeneous(experiment)
        yield without_biases(experiment)
        yield is_gradient_flow(experiment)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return _squares(run.experiment) + self._gained(run)[0]

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.asarray(run.seen["LayerNorms"])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # Of the squared norms: without a ridge nothing is gained to compare with.
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        gained, error = self._gained(run)
        growth = 1 + np.max(np.abs(gained)) / np.min(_squares(run.experiment))
        yield quadrature(error, growth - 1)
        yield integration(run, float(growth))
        yield rounding(run, float(growth))

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        before, (gained, _) = _squares(run.experiment), self._gained(run)
        start = [np.sum(np.abs(W)) for W in run.experiment.network.weights]
        sums = np.array(start) / np.asarray(run.seen["LayerSums"])
        squares = np.asarray(run.seen["LayerNorms"]) * sums**2
        yield Rival("the 1-norm of every layer grows instead", squares + gained)
        if np.any(gained):
            yield Rival("the ridge does not drive the norms", before + 0 * gained)
            yield Rival("the factor 2 is missing", before + gained / 2)

    def _gained(self, run: Trajectory[MLP]) -> tuple[np.ndarray, float]:
        """What every layer has gained at every record, ``(t, 1)``, and how surely."""
        times, drawn = np.asarray(run.times), np.asarray(run.seen["RidgePull"])
        if times[0] == 0:
            total, error = over_time(times, drawn)
            return -2 * total[:, None], error
        first = pull(run.experiment.risk, run.experiment.network)
        times, drawn = np.append(0.0, times), np.append(np.asarray(first), drawn)
        total, error = over_time(times, drawn)
        return -2 * total[1:, None], error

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return _dorfer(rectified(seed=seed), 0.1, seed, until=0.3)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return _dorfer(rectified(seed=seed, activation="tanh"), 0.1, seed, until=0.3)


def _squares(experiment: Experiment[MLP]) -> np.ndarray:
    return np.array([np.sum(np.asarray(W) ** 2) for W in experiment.network.weights])


def _sizes(run: Trajectory[MLP]) -> np.ndarray:
    """Of every weight matrix its norm times that of its slope, ``(t, L)``."""
    return np.asarray(run.seen["Sizes"])[:, : len(run.experiment.network.weights)]


def _dorfer(
    start: MLP, ridge: float, seed: int | None, until: float = 0.0
) -> Experiment[MLP]:
    risk = Risk(three_classes(seed), Dorfer(ridge=ridge))
    return Experiment(start, risk, COARSE, until=until)
