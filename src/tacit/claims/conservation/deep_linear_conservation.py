"""What the gradient flow of a fully connected linear network conserves."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ...experiment import Experiment
from ...flows import Descent, GradientFlow
from ...losses import AbstractScatterLoss, LogDet, RatioTrace, TraceRatio
from ...networks import DeepLinear
from ...observables import AbstractObservable, Imbalance, LayerNorms, TopGram
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import basis_free, scale_free
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import gradient
from ..papers import ARORA_2018, LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import fully_connected, three_classes


FLOW = GradientFlow(rtol=1e-11, chart="parameters")


def _trained(loss, widths: tuple[int, ...]) -> Experiment[DeepLinear]:
    start = fully_connected(*widths)
    return Experiment(start, Risk(three_classes(), loss), FLOW, until=0.5)


class GramDifferencesConserved(AbstractToleranceClaim[DeepLinear]):
    r"""Under any loss, $W_{l+1}^\top W_{l+1} - W_l W_l^\top$ does not change.

    Turning the units between two layers changes nothing, so both Gram matrices move by
    $-(W_{l+1}^\top \nabla_{l+1} + \nabla_{l+1}^\top W_{l+1})$.
    """

    id: ClassVar[str] = "H1"
    source: ClassVar[Source] = Source(ARORA_2018, "proof of Theorem 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Imbalance(),)
    tolerance: float = 1e-8
    """The drift of a Runge-Kutta method at rtol 1e-11 over some hundred steps."""

    loss: AbstractScatterLoss = TraceRatio()
    widths: tuple[int, ...] = (8, 6, 4, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        layers = run.experiment.network.layers
        pairs = zip(layers, layers[1:], strict=False)
        start = jnp.concatenate([jnp.ravel(V.T @ V - W @ W.T) for W, V in pairs])
        drift = jnp.max(jnp.abs(run.seen["Imbalance"] - start[None]))
        return float(drift / jnp.max(jnp.abs(start)))

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(self.loss, self.widths)

    def foil(self) -> Experiment[DeepLinear]:
        true = self.witness()
        return Experiment(true.network, true.risk, Descent(0.01), until=50)


class FrobeniusNormsConserved(AbstractToleranceClaim[DeepLinear]):
    r"""If the loss is free of scale, no layer of a linear network changes norm.

    Scaling one layer scales the outputs, so $\langle W_l, \nabla_l\rangle = 0$.
    """

    id: ClassVar[str] = "H2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(),)
    tolerance: float = 1e-8
    """The drift of a Runge-Kutta method at rtol 1e-11 over some hundred steps."""

    loss: AbstractScatterLoss = TraceRatio()
    widths: tuple[int, ...] = (8, 6, 4, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        before = jnp.stack([jnp.sum(W**2) for W in run.experiment.network.layers])
        return float(jnp.max(jnp.abs(run.seen["LayerNorms"] / before[None] - 1)))

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(self.loss, self.widths)

    def foil(self) -> Experiment[DeepLinear]:
        return _trained(dataclasses.replace(self.loss, ridge=0.2), self.widths)


class TopGramConserved(AbstractToleranceClaim[DeepLinear]):
    r"""If the loss is free of the basis of the outputs, $W_L W_L^\top$ is constant.

    Mixing the outputs mixes the rows of the last layer, so $\nabla_L W_L^\top = 0$:
    not one number is conserved but a matrix. A loss that only ignores rotations, such
    as the trace ratio, does not do it.
    """

    id: ClassVar[str] = "H3"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (TopGram(),)
    tolerance: float = 1e-8
    """The drift of a Runge-Kutta method at rtol 1e-11 over some hundred steps."""

    loss: AbstractScatterLoss = RatioTrace()
    widths: tuple[int, ...] = (8, 6, 4, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        W = run.experiment.network.layers[-1]
        drift = jnp.max(jnp.abs(run.seen["TopGram"] - (W @ W.T)[None]))
        return float(drift / jnp.sum(W**2))

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(self.loss, self.widths)

    def foil(self) -> Experiment[DeepLinear]:
        return _trained(TraceRatio(), self.widths)


class SquareTopFrozen(AbstractToleranceClaim[DeepLinear]):
    r"""Square invertible layers at the top of a network never move.

    With $W_L$ square and invertible, $\nabla_L W_L^\top = 0$ gives $\nabla_L = 0$, and
    so on downwards: for a loss free of the basis of the outputs such layers are a
    change of basis, and add nothing but arithmetic.
    """

    id: ClassVar[str] = "H4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    tolerance: float = 1e-8
    """Rounding of a gradient that is 0, 1e-15 of a term of it, kept up for the run."""

    loss: AbstractScatterLoss = LogDet()
    widths: tuple[int, ...] = (8, 5, 2, 2)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)
        top = _square(experiment.network.layers)
        yield Hypothesis("the last layer is square", bool(top))
        regular = all(np.linalg.cond(np.asarray(W)) < 1e6 for W in top)
        yield Hypothesis("the square layers at the top are invertible", regular)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        risk, start = run.experiment.risk, run.experiment.network
        slopes = gradient(risk, run.network).layers
        # Against the slope at the start: where a run has converged all is rounding.
        before = gradient(risk, start).layers
        size = jnp.sqrt(jnp.sum(jnp.stack([jnp.sum(g**2) for g in before])))
        stray = [
            jnp.maximum(jnp.linalg.norm(V - W) / jnp.linalg.norm(W), _norm(g) / size)
            for W, V, g in zip(
                _square(start.layers), run.network.layers[::-1], slopes[::-1],
                strict=False,
            )
        ]  # fmt: skip
        return float(jnp.max(jnp.stack(stray))) if stray else np.inf

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(self.loss, self.widths)

    def foil(self) -> Experiment[DeepLinear]:
        return _trained(TraceRatio(), self.widths)


def _square(layers: list[Array]) -> list[Array]:
    """The square layers at the top, the last one first."""
    found = []
    for W in layers[:0:-1]:
        if W.shape[0] != W.shape[1]:
            break
        found.append(W)
    return found


def _norm(x: Array) -> Array:
    return jnp.sqrt(jnp.sum(x**2))
