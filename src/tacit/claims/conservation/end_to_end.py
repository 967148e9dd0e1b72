"""How the product of a fully connected linear network moves."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractLoss, AbstractScatterLoss, LogDet, TraceRatio
from ...networks import DeepLinear
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import basis_free
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..measures.budgets import integration, rough, rounding
from ..measures.paths import slopes
from ..measures.products import (
    along_axes,
    product,
    products,
    tied,
    Velocity,
    velocity_terms,
)
from ..papers import ARORA_2018, ARORA_2019, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import fully_connected, matched, three_classes


FLOW = GradientFlow(rtol=1e-11, chart="parameters")


def _trained(
    start: DeepLinear, loss: AbstractLoss, seed: int | None
) -> Experiment[DeepLinear]:
    return Experiment(start, Risk(three_classes(seed), loss), FLOW, until=0.5)


def _outputs(loss: AbstractLoss) -> int:
    """Directions between three classes, or an output for each of them."""
    return 2 if isinstance(loss, AbstractScatterLoss) else 3


class OutputGramConserved(AbstractClaim[DeepLinear]):
    r"""From a balanced start $E E^\top$ is constant, if the basis of outputs is free.

    Then $\nabla E^\top = 0$ leaves $\dot E = -(E E^\top)^{(L-1)/L}\nabla$: one layer,
    preconditioned by a matrix that depth and the start fix for ever.
    """

    id: ClassVar[str] = "H7"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    sees: ClassVar[float] = 1e-8

    depth: int = 3

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)
        yield matched_layers(experiment)

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        E = np.asarray(product(experiment.network))
        return Forecast(E @ E.T, "the Gram matrix of the predictor, all along")

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        E = products(run)
        return E @ np.swapaxes(E, 1, 2)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        E = np.asarray(product(run.experiment.network))
        # The slopes along a small row of E are as much larger.
        L, condition = run.experiment.network.depth, float(np.linalg.cond(E))
        return integration(run, L * rough(run)), rounding(run, L * condition)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        start, E = np.asarray(product(run.experiment.network)), products(run)
        inner = np.swapaxes(E, 1, 2) @ E
        moved = np.linalg.norm(inner - start.T @ start, axis=(1, 2))
        share = moved / np.linalg.norm(start.T @ start)
        text = "it moves by as much as the Gram matrix of the features"
        yield Rival(text, (start @ start.T) * (1 + share[:, None, None]))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _trained(matched(self.depth, seed=seed), LogDet(), seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        return _trained(matched(self.depth, seed=seed), TraceRatio(), seed)


class EndToEnd(AbstractClaim[DeepLinear]):
    r"""From a balanced start the product moves by itself, under any loss.

    $\dot E = -\sum_{j=1}^{L} (E E^\top)^{(j-1)/L}\,\nabla\,(E^\top E)^{(L-j)/L}$: the
    layers enter through $E$ alone.
    """

    id: ClassVar[str] = "H8"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(), Velocity())
    sees: ClassVar[float] = 1e-7

    loss: AbstractLoss = eqx.field(default_factory=TraceRatio)
    """That of the witness, on three classes."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield matched_layers(experiment)

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        L = run.experiment.network.depth
        return sum(velocity_terms(run, L), np.zeros(()))

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return np.asarray(run.seen["Velocity"])

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        return tied(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        L = run.experiment.network.depth
        yield Rival("the layers count as one more", sum(velocity_terms(run, L + 1)))
        if L > 1:
            *_, last = velocity_terms(run, L)
            text = "only the term j = L counts, as if the basis of outputs were free"
            yield Rival(text, last)

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        k = _outputs(self.loss)
        return _trained(matched(3, k, seed=seed), self.loss, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        k = _outputs(self.loss)
        return _trained(fully_connected(8, k, k, k, seed=seed), self.loss, seed)


class SingularValuesMove(AbstractClaim[DeepLinear]):
    r"""From a balanced start $\dot\sigma_r = -L\sigma_r^{2-2/L}\,u_r^\top\nabla v_r$.

    A large singular value is fast and a small one slow, the more so the deeper.
    """

    id: ClassVar[str] = "H9"
    source: ClassVar[Source] = Source(ARORA_2019, "Theorem 3", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(), Velocity())
    sees: ClassVar[float] = 1e-7

    loss: AbstractLoss = eqx.field(default_factory=TraceRatio)
    """That of the witness, on three classes."""

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield matched_layers(experiment)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        sizes = np.linalg.svd(products(run), compute_uv=False)
        apart = np.min(-np.diff(sizes, axis=1), axis=1, initial=np.inf) / sizes[:, 0]
        yield Hypothesis("the singular values differ", bool(np.all(apart > 1e-3)))

    def predicted(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return self._law(run, run.experiment.network.depth)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return along_axes(products(run), np.asarray(run.seen["Velocity"]))

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        # Where the basis of the outputs is free they stay: against all of the motion.
        size = np.max(np.linalg.norm(np.asarray(run.seen["Velocity"]), axis=(1, 2)))
        return float(np.max(np.abs(predicted - measured)) / size)

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        return tied(run)

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        L = run.experiment.network.depth
        yield Rival("the layers count as one more", self._law(run, L + 1))

    def _law(self, run, L: int) -> np.ndarray:
        E = products(run)
        sizes = np.linalg.svd(E, compute_uv=False)
        return -L * sizes ** (2 - 2 / L) * along_axes(E, slopes(run.experiment, E))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        k = _outputs(self.loss)
        return _trained(matched(3, k, seed=seed), self.loss, seed)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        k = _outputs(self.loss)
        return _trained(fully_connected(8, k, k, k, seed=seed), self.loss, seed)
