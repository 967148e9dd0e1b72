"""What the gradient flow of a fully connected linear network conserves."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import AbstractScatterLoss, LogDet, RatioTrace, TraceRatio
from ...networks import DeepLinear
from ...observables import (
    AbstractObservable,
    FlatWeights,
    Imbalance,
    LinearPredictor,
    TopGram,
)
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import basis_free, deep
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import integration, rough, rounding
from ..measures.paths import along
from ..measures.spectra import imbalances, Layers, layers_along
from ..papers import ARORA_2018, JI, LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import fully_connected, three_classes


FLOW = GradientFlow(rtol=1e-11, chart="parameters")


def trained(
    loss: AbstractScatterLoss, widths: tuple[int, ...], seed: int | None
) -> Experiment[DeepLinear]:
    """A fully connected witness on three classes."""
    start = fully_connected(*widths, seed=seed)
    return Experiment(start, Risk(three_classes(seed), loss), FLOW, until=0.5)


class GramDifferencesConserved(AbstractClaim[DeepLinear]):
    r"""Under any loss, $W_{l+1}^\top W_{l+1} - W_l W_l^\top$ does not change.

    Turning the units between two layers changes nothing, so both Gram matrices move by
    $-(W_{l+1}^\top \nabla_{l+1} + \nabla_{l+1}^\top W_{l+1})$.
    """

    id: ClassVar[str] = "H1"
    source: ClassVar[tuple[Source, ...]] = (
        Source(ARORA_2018, "proof of Theorem 1", "quoted"),
        Source(JI, "proof of Lemma 2", "quoted"),
    )
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        Imbalance(),
        FlatWeights(),
    )
    sees: ClassVar[float] = 1e-8

    loss: AbstractScatterLoss = TraceRatio()
    widths: tuple[int, ...] = (8, 6, 4, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield deep(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        about = "the differences of the Gram matrices of neighbours, all along"
        return Forecast(_flat(imbalances(_layers(experiment.network))), about)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return np.asarray(run.seen["Imbalance"])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        # In units of the largest layer: a balanced start has no difference to keep.
        off = np.max(np.abs(np.asarray(measured) - predicted), initial=0.0)
        return float(off / _largest(_layers(run.experiment.network)))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        growth = _grown(run)
        return integration(run, growth * rough(run)), rounding(run, growth)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        start, found = _layers(run.experiment.network), layers_along(run)
        # The one that moves most: of a layer that rests it would be no other claim.
        pairs = zip(found[-1], start, strict=True)
        k = int(np.argmax([np.abs(now - before).max() for now, before in pairs]))
        alone = [_flat(imbalances([*start[:k], W[k], *start[k + 1 :]])) for W in found]
        yield Rival("only one layer moves", np.stack(alone))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return trained(self.loss, self.widths, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(0.01), until=50)


class TopGramConserved(AbstractClaim[DeepLinear]):
    r"""If the loss is free of the basis of the outputs, $W_L W_L^\top$ is constant.

    Mixing the outputs mixes the rows of the last layer, so $\nabla_L W_L^\top = 0$:
    not one number is conserved but a matrix. A loss that only ignores rotations, such
    as the trace ratio, does not do it.
    """

    id: ClassVar[str] = "H3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (TopGram(), LinearPredictor())
    sees: ClassVar[float] = 1e-8

    loss: AbstractScatterLoss = RatioTrace()
    widths: tuple[int, ...] = (8, 6, 4, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        W = _layers(experiment.network)[-1]
        return Forecast(W @ W.T, "the Gram matrix of the last layer, all along")

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return np.asarray(run.seen["TopGram"])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        return integration(run, rough(run)), rounding(run, _slope_of_top(run))

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        W = _layers(run.experiment.network)[-1]
        moved = _moved(run)[-len(run.seen["TopGram"]) :]
        text = "it moves by as much as the product of all layers"
        yield Rival(text, (W @ W.T) * (1 + moved[:, None, None]))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return trained(self.loss, self.widths, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return trained(TraceRatio(), self.widths, seed)


class SquareTopFrozen(AbstractClaim[DeepLinear]):
    r"""Square invertible layers at the top of a network never move.

    With $W_L$ square and invertible, $\nabla_L W_L^\top = 0$ gives $\nabla_L = 0$, and
    so on downwards: for a loss free of the basis of the outputs such layers are a
    change of basis, and add nothing but arithmetic.
    """

    id: ClassVar[str] = "H4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (
        FlatWeights(),
        LinearPredictor(),
    )
    sees: ClassVar[float] = 1e-8

    loss: AbstractScatterLoss = LogDet()
    widths: tuple[int, ...] = (8, 5, 2, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)
        top = _square(_layers(experiment.network))
        yield Hypothesis("the last layer is square", bool(top))
        regular = all(np.linalg.cond(W) < 1e6 for W in top)
        yield Hypothesis("the square layers at the top are invertible", regular)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        top = _square(_layers(experiment.network))
        return Forecast(_flat(top), "the square layers at the top, all along")

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return np.stack([_flat(_square(layers)) for layers in layers_along(run)])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        top = _square(_layers(run.experiment.network))
        # What is 0 only after a division by the layer is off by its condition.
        condition = float(np.prod([np.linalg.cond(W) for W in top]))
        return (
            integration(run, condition * rough(run)),
            rounding(run, condition * _slope_of_top(run)),
        )

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        start = _flat(_square(_layers(run.experiment.network)))
        moved = _moved(run)[-len(run.seen["FlatWeights"]) :]
        text = "they move by as much as the product of all layers"
        yield Rival(text, start * (1 + moved[:, None]))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return trained(self.loss, self.widths, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return trained(TraceRatio(), self.widths, seed)


def _layers(network: DeepLinear) -> Layers:
    return [np.asarray(W) for W in network.layers]


def _flat(matrices: Layers) -> np.ndarray:
    return np.concatenate([np.ravel(B) for B in matrices])


def _largest(layers: Layers) -> np.float64:
    """The largest squared norm of a layer."""
    return np.max([np.sum(W**2) for W in layers])


def _grown(run: Trajectory[DeepLinear]) -> float:
    """How often the largest layer at the start goes into the largest of the run."""
    largest = max(map(_largest, layers_along(run)))
    return max(1.0, float(largest / _largest(_layers(run.experiment.network))))


def _moved(run: Trajectory[DeepLinear]) -> np.ndarray:
    """How far the product has moved at every record, relative to its start."""
    _, E = along(run)
    apart = (E - E[:1]).reshape(len(E), -1)
    return np.linalg.norm(apart, axis=1) / np.linalg.norm(E[0])


def _slope_of_top(run: Trajectory[DeepLinear]) -> float:
    """How much larger the terms are that cancel in the slope of the last layer.

    The product may be small although no layer is: its slope is as much larger.
    """
    layers = _layers(run.experiment.network)
    sizes = np.prod([np.linalg.norm(W, 2) for W in layers])
    E = np.atleast_2d(np.asarray(run.experiment.network.predictor()))
    return float(sizes / np.min(np.linalg.svd(E, compute_uv=False)))


def _square(layers: Layers) -> Layers:
    """The square layers at the top, the last one first."""
    found = []
    for W in layers[:0:-1]:
        if W.shape[0] != W.shape[1]:
            break
        found.append(W)
    return found
