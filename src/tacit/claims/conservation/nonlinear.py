r"""Nonlinear networks under losses free of scale: what is left of conservation.

Any activation $s$ that has a slope almost everywhere, a linear last layer, no biases.
"""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import RatioTrace, TraceRatio
from ...networks import MLP
from ...observables import AbstractObservable, FlatWeights, LayerNorms
from ...risk import Risk
from ...saddles.backpropagation import leftover, signals
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import basis_free, scale_free
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.objectives import without_biases
from ..measures.budgets import EPS, integration, rounding
from ..measures.paths import gradient
from ..measures.spectra import layers_along
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import rectified, three_classes


FLOW = GradientFlow(rtol=1e-10, atol=1e-12, max_steps=8_000)
"""A start near 0 leaves by thousands of steps, or by more than are worth it."""


def _followed(run: Trajectory[MLP]) -> tuple[Term, Term]:
    """What integration and rounding leave of the last layer, over a long run the more.

    A start near 0 needs thousands of steps, no few of which contract: the errors of ten
    add up in every 500.
    """
    return integration(run, max(1.0, run.steps / 500)), rounding(run)


class TopNormConserved(AbstractClaim[MLP]):
    r"""If the loss is free of scale, the last layer keeps its norm at any activation.

    Scaling $W_L$ scales the outputs, so $\langle W_L, \nabla_L R\rangle = 0$: nothing
    below the last layer enters. The layers below keep theirs where the activation is
    homogeneous, and only there (see `LowerNormsMove`).
    """

    id: ClassVar[str] = "K1"
    source: ClassVar[Source] = Source(LI, "open question on nonlinear nets", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    records: ClassVar[int] = 20
    sees: ClassVar[float] = 1e-7

    activation: str = "tanh"

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield is_gradient_flow(experiment)
        yield without_biases(experiment)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        about = "the squared norm of the last layer, all along"
        return Forecast(np.sum(np.asarray(experiment.network.layers[-1]) ** 2), about)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.array([np.sum(W[-1] ** 2) for W in layers_along(run)])

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        return _followed(run)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        start, found = np.asarray(run.experiment.network.layers[-1]), layers_along(run)
        now = [layers[-1] for layers in found]
        # As long as it is, had it kept the sum of its magnitudes instead.
        kept = [
            np.sum(W**2) * (np.abs(start).sum() / np.abs(W).sum()) ** 2 for W in now
        ]
        yield Rival("the last layer keeps its 1-norm", np.array(kept))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        start = rectified(seed=seed, activation=self.activation, outputs=2)
        return Experiment(
            start, Risk(three_classes(seed), RatioTrace()), FLOW, until=0.01
        )

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, RatioTrace(ridge=0.3))
        return Experiment(true.network, ridged, FLOW, until=0.01)


class LowerNormsMove(AbstractClaim[MLP]):
    r"""Below it a norm moves by what the activations above leave of homogeneity.

    $\frac{d}{dt}\|W_l\|^2 = -2\sum_{m=l}^{L-1}\langle\bar d_m, \varphi_s(z_m)\rangle$.

    Here $\varphi_s(z) = z s'(z) - s(z)$, 0 where the activation is homogeneous, and
    $z_m$ is what enters the activation of layer $m$ and $\bar d_m$ the slope of the
    loss in what leaves it. The top norm is fixed by the scale of the loss, and the
    identity of the imbalance carries it down. Tested at the end of the run.
    """

    id: ClassVar[str] = "K1b"
    source: ClassVar[Source] = Source(LI, "open question on nonlinear nets", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-7

    activation: str = "tanh"

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield without_biases(experiment)
        several = experiment.network.depth > 1
        yield Hypothesis("it has two layers or more", several)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        added = np.asarray(_added(run.network, run.experiment.risk.nameless))
        return -2 * np.cumsum(added[::-1])[::-1]

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return self._products(run)[0]

    def distance(self, predicted, measured, run: Trajectory[MLP]) -> float:  # noqa: ANN001
        # In units of what the products are made of: they vanish where $s$ is linear.
        return float(np.max(np.abs(measured - predicted)) / self._products(run)[1])

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        del run
        size = 1e4 * EPS
        yield Term(
            "rounding", size, "two sums over samples and layers", "fewer samples"
        )

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        true = np.asarray(self.predicted(run))
        yield Rival("only the activation just above moves a layer", _differences(true))
        yield Rival("the rate is that of ‖W‖, without the factor 2", true / 2)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        start = rectified(seed=seed, activation=self.activation, outputs=2)
        return Experiment(start, Risk(three_classes(seed), RatioTrace()), FLOW, until=0)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = self.witness(seed)
        ridged = Risk(true.risk.problem, RatioTrace(ridge=0.3))
        return Experiment(true.network, ridged, FLOW, until=0)

    def _products(self, run: Trajectory[MLP]) -> tuple[np.ndarray, float]:
        r"""$-2\langle W_l, \nabla_l R\rangle$ below the last layer, and its scale."""
        slope = gradient(run.experiment.risk, run.network)
        pairs = [
            (np.asarray(W), np.asarray(G))
            for W, G in zip(run.network.layers, slope.layers, strict=True)
        ]
        found = np.array([-2 * np.sum(W * G) for W, G in pairs[:-1]])
        sizes = [2 * np.linalg.norm(W) * np.linalg.norm(G) for W, G in pairs]
        return found, float(max(sizes)) or 1.0


class TopGramOfNetworks(AbstractClaim[MLP]):
    r"""If the loss is free of the basis of its outputs, $W_L W_L^\top$ never changes.

    Any activation below: the loss does not see $A$ in $A W_L$, so the whole matrix
    $\nabla_L W_L^\top$ is 0. For linear networks it is `TopGramConserved`.
    """

    id: ClassVar[str] = "K3"
    source: ClassVar[Source] = Source(LI, "open question on nonlinear nets", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(), LayerNorms())
    records: ClassVar[int] = 20
    sees: ClassVar[float] = 1e-7

    activation: str = "gelu"

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)
        yield without_biases(experiment)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        top = np.asarray(experiment.network.layers[-1])
        return Forecast(top @ top.T, "the Gram matrix of the last layer, all along")

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.stack([W[-1] @ W[-1].T for W in layers_along(run)])

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        return _followed(run)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        start, grams = np.asarray(run.experiment.network.layers[-1]), self.measured(run)
        sums = np.array([np.abs(W[-1]).sum() for W in layers_along(run)])
        kept = (np.abs(start).sum() / sums) ** 2
        yield Rival("the last layer keeps its 1-norm", grams * kept[:, None, None])

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        start = rectified(seed=seed, activation=self.activation, outputs=2)
        return Experiment(
            start, Risk(three_classes(seed), RatioTrace()), FLOW, until=0.01
        )

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = self.witness(seed)
        plain = Risk(true.risk.problem, TraceRatio())
        return Experiment(true.network, plain, FLOW, until=0.01)


@eqx.filter_jit
def _added(network: MLP, risk: Risk) -> Float[Array, " layers"]:
    r"""$\langle\bar d_m, \varphi_s(z_m)\rangle$ of every layer below the last."""
    found = signals(network, risk.loss, risk.problem)
    pairs = zip(found.returned(network), found.before, strict=False)
    return jnp.stack([jnp.sum(d * leftover(network, z)) for d, z in pairs])


def _differences(sums: np.ndarray) -> np.ndarray:
    """What is summed from the top down: the terms themselves."""
    return sums - np.append(sums[1:], 0.0)
