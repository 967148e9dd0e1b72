"""The identity of the balance by neuron, as a matrix, and for steps of descent."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import Descent
from ...networks import MLP
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import gradient
from ..measures.saddles import biases, DECAYING, exchange, scale, velocity as moving
from ..papers import RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import ordinary


class NeuronImbalance(AbstractToleranceClaim[MLP]):
    r"""The identity holds of every hidden unit by itself.

    $\|W_{l+1}[:,i]\|^2 - \|W_l[i,:]\|^2 - b_{l,i}^2$ moves at
    $2\,\mathbb E[\bar d_{l,i}\,\varphi(z_{l,i})]$.
    """

    id: ClassVar[str] = "S1c"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-12
    """Rounding of two sums over samples, with three digits to spare."""

    activation: str = "gelu"

    shared: bool = False
    """Whether the units of a layer share its rate evenly, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, shared=True),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        network, velocity = run.network, moving(run)
        told = exchange(run.experiment.risk, network).neurons
        products = [
            2 * np.asarray(W) * V
            for W, V in zip(network.weights, velocity.weights, strict=True)
        ]
        shifts = [2 * b * v for b, v in biases(network, velocity)]
        worst = 0.0
        for i, size in enumerate(scale(network, velocity)):
            found = products[i + 1].sum(0) - products[i].sum(1) - shifts[i]
            rate = np.asarray(told[i])
            rate = np.full_like(rate, rate.mean()) if self.shared else rate
            worst = max(worst, float(np.max(np.abs(found - rate)) / size))
        return worst

    def witness(self) -> Experiment[MLP]:
        return ordinary(self.activation, seed=1011, biases=True)

    def foil(self) -> Experiment[MLP]:
        return dataclasses.replace(self.witness(), flow=DECAYING)


class MatrixImbalance(AbstractToleranceClaim[MLP]):
    r"""$W_{l+1}^\top W_{l+1} - W_lW_l^\top - b_lb_l^\top$ moves at $C + C^\top$.

    $C = \mathbb E[\delta_l z_l^\top - \bar d_l h_l^\top]$, which is 0 for a linear
    activation and whose trace gives the identity of the norms.
    """

    id: ClassVar[str] = "S1d"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-12
    """Rounding of two sums over samples, with three digits to spare."""

    activation: str = "softplus"

    half: bool = False
    """Whether $2C$ takes the place of $C + C^\\top$, which is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, half=True),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        network, velocity = run.network, moving(run)
        turns = exchange(run.experiment.risk, network).turns
        worst, shifts = 0.0, biases(network, velocity)
        for i, size in enumerate(scale(network, velocity)):
            V = np.asarray(network.weights[i + 1]).T @ velocity.weights[i + 1]
            W = np.asarray(network.weights[i]) @ velocity.weights[i].T
            W = W + np.outer(*shifts[i])
            C = np.asarray(turns[i])
            rate = 2 * C if self.half else C + C.T
            found = V + V.T - W - W.T
            worst = max(worst, float(np.linalg.norm(found - rate) / size))
        return worst

    def witness(self) -> Experiment[MLP]:
        return ordinary(self.activation, seed=1012, biases=True)

    def foil(self) -> Experiment[MLP]:
        return dataclasses.replace(self.witness(), flow=DECAYING)


class DescentImbalance(AbstractToleranceClaim[MLP]):
    r"""A step $\eta$ of descent adds $\eta^2(\|G_{l+1}\|^2-\|G_l\|^2-\|g_{b_l}\|^2)$.

    To $\eta$ times the rate of the flow, exactly and for any step.
    """

    id: ClassVar[str] = "S1e"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-12
    """Rounding of squared norms of order 1, with three digits to spare."""

    second: bool = True
    """Whether the square of the step counts. Without it the identity is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, second=False),)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        flow = run.experiment.flow
        plain = isinstance(flow, Descent) and not flow.weight_decay
        yield Hypothesis("it is gradient descent, without weight decay", plain)
        yield Hypothesis("it is a single step", float(run.times[-1]) == 1)

    def gap(self, run: Trajectory[MLP]) -> float:
        start, eta = run.experiment.network, getattr(run.experiment.flow, "step", 0.0)
        told = exchange(run.experiment.risk, start).neurons
        slope = gradient(run.experiment.risk, start)
        found = np.asarray(run.network.imbalance()) - np.asarray(start.imbalance())
        rates = eta * np.array([float(jnp.sum(t)) for t in told])
        squares = np.asarray(slope.imbalance()) * eta**2 * self.second
        size = sum(float(jnp.sum(leaf**2)) for leaf in jax.tree.leaves(start))
        return float(np.max(np.abs(found - rates - squares)) / size)

    def witness(self) -> Experiment[MLP]:
        return ordinary("silu", seed=1013, biases=True, flow=Descent(0.3), until=1)

    def foil(self) -> Experiment[MLP]:
        decaying = Descent(0.3, weight_decay=0.1)
        return ordinary("silu", seed=1013, biases=True, flow=decaying, until=1)
