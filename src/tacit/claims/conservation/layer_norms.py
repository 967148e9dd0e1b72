"""What the gradient flow conserves of the norms of the layers."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import AbstractScatterLoss, Fisher
from ...networks import AbstractLinearNetwork, DeepLinear, Diagonal
from ...observables import AbstractObservable, LayerNorms, Layers, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, scale_free
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import integration, rough, rounding
from ..measures.layers import LayerSums
from ..papers import DU, LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import (
    definite,
    FINE,
    fully_connected,
    three_classes,
    unbalanced,
)


MATRICES = GradientFlow(rtol=1e-11, chart="parameters")


class BalanceConserved(AbstractClaim[Diagonal]):
    r"""Under any loss, $\theta_{l,i}^2 - \theta_{m,i}^2$ never changes.

    $\theta_{l,i} \nabla_{l,i} R = w_i g_i$ is the same number for every layer $l$, so
    the squares of all layers change at the same rate.
    """

    id: ClassVar[str] = "B1"
    source: ClassVar[Source] = Source(DU, "Theorem 2.1", "quoted")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Layers(),)
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        several = experiment.network.depth > 1
        yield Hypothesis("it has two layers or more", several)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        about = "the differences of the squares of neighbouring layers, all along"
        return Forecast(
            np.diff(np.asarray(experiment.network.layers) ** 2, axis=0), about
        )

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return np.diff(np.asarray(run.seen["Layers"]) ** 2, axis=1)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        # In units of the largest square: a balanced start has no difference to keep.
        largest = np.max(np.asarray(run.experiment.network.layers) ** 2)
        return float(np.max(np.abs(measured - predicted)) / largest)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        largest = np.max(np.asarray(run.experiment.network.layers) ** 2)
        grown = float(np.max(np.asarray(run.seen["Layers"]) ** 2) / largest)
        return integration(run, max(1.0, grown)), rounding(run, max(1.0, grown))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        squares = np.asarray(run.seen["Layers"]) ** 2
        start = np.asarray(run.experiment.network.layers) ** 2
        moved = squares[:, 1:] - start[1:]
        yield Rival("only the last layer moves", np.diff(start, axis=0) + moved)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, _ = definite(seed)
        ridged = Risk(problem, Fisher(form="ratio", ridge=0.3))
        return Experiment(unbalanced(seed, depth=3), ridged, FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        return Experiment(true.network, true.risk, Descent(0.02), until=250)


class LayerNormsConserved(AbstractClaim[AbstractLinearNetwork]):
    r"""If the loss is free of scale, no layer of a linear network changes norm.

    Scaling one layer scales the output, so the gradient is orthogonal to every layer:
    $\frac{d}{dt}\|\theta_l\|^2 = -2\langle\theta_l, \nabla_l R\rangle = 0$ from *any*
    start; no balance is needed. A layer is a row of a diagonal network or a matrix of a
    fully connected one.
    """

    id: ClassVar[str] = "B2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(), LayerSums())
    sees: ClassVar[float] = 1e-8

    depth: int = 3

    widths: tuple[int, ...] = ()
    """Of the witness, where it is fully connected."""

    loss: AbstractScatterLoss = Fisher()
    """That of the witness."""

    def hypotheses(
        self, experiment: Experiment[AbstractLinearNetwork]
    ) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)
        factors = isinstance(experiment.network, Diagonal | DeepLinear)
        yield Hypothesis("the layers are the factors of the predictor", factors)

    def forecast(self, experiment: Experiment[AbstractLinearNetwork]) -> Forecast:
        squares = [np.sum(np.asarray(W) ** 2) for W in experiment.network.layers]
        return Forecast(np.array(squares), "the squared norm of every layer, all along")

    def measured(self, run: Trajectory[AbstractLinearNetwork]) -> np.ndarray:
        return np.asarray(run.seen["LayerNorms"])

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[AbstractLinearNetwork]
    ) -> float:
        del run
        return float(np.max(np.abs(measured / predicted - 1)))

    def budget(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Term]:
        return integration(run, rough(run), adding=0.5), rounding(run)

    def rivals(self, run: Trajectory[AbstractLinearNetwork]) -> Iterable[Rival]:
        start = [np.sum(np.abs(W)) for W in run.experiment.network.layers]
        # As long as they are, had they kept the sum of the magnitudes instead.
        sums = np.array(start) / np.asarray(run.seen["LayerSums"])
        squares = np.asarray(run.seen["LayerNorms"]) * sums**2
        yield Rival("the 1-norm of every layer is conserved", squares)

    def witness(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        return self._under(self.loss, 5.0, seed)

    def foil(self, seed: int | None = None) -> Experiment[AbstractLinearNetwork]:
        form = {"form": "ratio"} if isinstance(self.loss, Fisher) else {}
        return self._under(replace(self.loss, ridge=0.3, **form), 1.0, seed)

    def _under(
        self, loss: AbstractScatterLoss, until: float, seed: int | None
    ) -> Experiment[AbstractLinearNetwork]:
        start: AbstractLinearNetwork = unbalanced(seed, depth=self.depth)
        if not self.widths:
            risk = Risk(definite(seed)[0], loss)
            return Experiment(start, risk, FINE, until=until)
        connected: AbstractLinearNetwork = fully_connected(*self.widths, seed=seed)
        risk = Risk(three_classes(seed), loss)
        return Experiment(connected, risk, MATRICES, until=until / 10)


class QuasiNormConserved(AbstractClaim[Diagonal]):
    r"""From a balanced start, $\sum_i |w_i|^{2/L}$ is constant as well.

    Balance is kept, so $|w_i|^{2/L} = \theta_{l,i}^2$: the sum is a layer's norm. Its
    power $L/2$ is the $(2/L)$-quasi-norm of the predictor, a norm only for $L \le 2$.
    """

    id: ClassVar[str] = "B3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-9

    depth: int = 3

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)
        yield balanced(experiment)

    def forecast(self, experiment: Experiment[Diagonal]) -> Forecast:
        w, L = experiment.network.predictor(), experiment.network.depth
        return Forecast(_quasi_norm(w, L), f"the 2/{L}-quasi-norm of w, all along")

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return _quasi_norm(run.seen["LinearPredictor"], run.experiment.network.depth)

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        L = run.experiment.network.depth
        return integration(run, L), rounding(run, L)

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        start, w = run.experiment.network.predictor(), run.seen["LinearPredictor"]
        L = run.experiment.network.depth
        # As it would be at the direction it has, had another norm of w been kept.
        kept = _quasi_norm(start, L + 1) / _quasi_norm(w, L + 1)
        text = f"the 2/{L + 1}-quasi-norm, of one layer more, is conserved"
        yield Rival(text, _quasi_norm(w, L) * kept)

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = definite(seed)
        start = Diagonal.balanced(w0, depth=self.depth)
        return Experiment(start, Risk(problem, Fisher()), FINE, until=5.0)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        true = self.witness(seed)
        lopsided = unbalanced(seed, depth=self.depth)
        return Experiment(lopsided, true.risk, FINE, until=5.0)


def _quasi_norm(w: Any, depth: int) -> np.ndarray:
    r"""$(\sum_i |w_i|^{2/L})^{L/2}$ along the last axis."""
    total = np.sum(np.abs(np.asarray(w)) ** (2 / depth), axis=-1)
    return np.asarray(total ** (depth / 2))
