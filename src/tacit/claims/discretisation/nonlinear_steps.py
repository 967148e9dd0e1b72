"""What steps of descent add to the last layer of a network with activations."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent, Stochastic
from ...losses import RatioTrace
from ...networks import MLP
from ...observables import AbstractObservable, FlatWeights
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import scale_free
from ..hypotheses.objectives import without_biases
from ..measures.budgets import EPS
from ..measures.drifts import EVERY, every_step, is_descent, rates
from ..measures.spectra import layers_along
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import rectified, three_classes


class TopLayerGrows(AbstractClaim[MLP]):
    r"""At any activation a step adds $\eta^2\|\nabla_L R\|^2$ to $\|W_L\|^2$.

    A step of descent, that is. If the loss is free of scale its slope in the last layer
    is orthogonal to it, on every mini-batch as well, so nothing of first order is left:
    the norm can only grow, and a schedule of steps bounds by how much:
    $\|W_L\|^2_T = \|W_L\|^2_0 + \sum_t \eta_t^2\|\nabla_L R_t\|^2$.
    """

    id: ClassVar[str] = "K2"
    source: ClassVar[Source] = Source(LI, "open question on schedules", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (FlatWeights(),)
    records: ClassVar[int] = EVERY
    sees: ClassVar[float] = 1e-6

    batches: bool = False
    """Whether the witness trains on mini-batches."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield scale_free(experiment)
        yield without_biases(experiment)
        yield from is_descent(experiment, schedule=True, batches=True)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        yield every_step(run)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return _added(run)[:, -1]

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.diff(_squares(run)[:, -1])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        norms = _squares(run)[:, -1]
        off = np.abs(measured - predicted) / np.maximum(norms[1:], norms[:-1])
        return float(np.max(off, initial=0.0))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        # The angle of the slope, a sum over the sample that cancels, counts as the
        # step is long against the layer.
        turns = np.sqrt(_added(run)[:, -1] / _squares(run)[:-1, -1])
        n = run.experiment.risk.problem.n
        size = 64 * EPS * (1 + float(np.max(turns, initial=0.0)) * math.sqrt(n))
        yield Term("rounding", size, "float64 in one step", "longer steps")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        told = self.predicted(run)
        yield Rival("the norm is conserved, as by the flow", 0 * told)
        yield Rival("it grows by half of that", told / 2)
        if run.experiment.network.depth > 1:
            below = np.diff(_squares(run)[:, -2])
            yield Rival("it grows as the layer below does", below)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        flow: Any = Descent(1e-3)
        if self.batches:
            flow = Stochastic(1e-3, 75, balanced=True)
        start = rectified(seed=seed, activation="tanh", outputs=2)
        risk = Risk(three_classes(seed), RatioTrace())
        return Experiment(start, risk, flow, until=100, seed=seed or 0)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        true = self.witness(seed)
        decays = eqx.tree_at(lambda f: f.weight_decay, true.flow, 0.1)
        return Experiment(true.network, true.risk, decays, until=100, seed=true.seed)


def _stacked(run: Trajectory[MLP]) -> MLP:
    """The network at the start and after every step, with a leading axis."""
    found = [
        jnp.asarray(np.stack(each)) for each in zip(*layers_along(run), strict=True)
    ]
    start = run.experiment.network
    if run.times[0] != 0:
        pairs = zip(start.weights, found, strict=True)
        found = [jnp.concatenate([W[None], each]) for W, each in pairs]
    return eqx.tree_at(lambda network: network.weights, start, found)


def _squares(run: Trajectory[MLP]) -> np.ndarray:
    """The squared norms of the layers, ``(t, L)``."""
    weights = _stacked(run).weights
    return np.stack([np.sum(np.asarray(W) ** 2, axis=(1, 2)) for W in weights], axis=1)


def _added(run: Trajectory[MLP]) -> np.ndarray:
    """What every step should add to them, by the slope that it saw ``(t - 1, L)``."""
    true, before = run.experiment, jax.tree.map(lambda W: W[:-1], _stacked(run))
    rows = None
    if isinstance(true.flow, Stochastic):
        rows = true.flow.rows(true.risk, true.seed, len(before.weights[0]))
    steps = np.asarray(rates(run))[:, None]
    return steps**2 * np.asarray(_slopes(true.risk, before, rows))


@eqx.filter_jit
def _slopes(risk, networks, rows):
    def one(at):
        network, some = at
        slope = risk.gradient(network, some)
        return jnp.stack([jnp.sum(W**2) for W in slope.weights])

    return jax.lax.map(one, (networks, rows))
