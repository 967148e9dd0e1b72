"""The identity of the balance by neuron, as a matrix, and for steps of descent."""

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar

import jax
import numpy as np

from ...experiment import Experiment
from ...flows import Descent
from ...networks import MLP
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import several_layers
from ..measures.budgets import EPS
from ..measures.drifts import is_descent
from ..measures.paths import gradient
from ..measures.saddles import biases, DECAYING, exchange, rounded, velocity as moving
from ..papers import RAWAL, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.saddles import ordinary


class NeuronImbalance(AbstractClaim[MLP]):
    r"""The identity holds of every hidden unit by itself.

    $\|W_{l+1}[:,i]\|^2 - \|W_l[i,:]\|^2 - b_{l,i}^2$ moves at
    $2\,\mathbb E[\bar d_{l,i}\,\varphi(z_{l,i})]$. Held against the velocity of the
    flow where the run ends.
    """

    id: ClassVar[str] = "S1c"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    activation: str = "gelu"
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield several_layers(experiment)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return _joined(_driven(run).neurons)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        network, velocity = run.network, moving(run)
        products = [
            2 * np.asarray(W) * V
            for W, V in zip(network.weights, velocity.weights, strict=True)
        ]
        shifts = [2 * b * v for b, v in biases(network, velocity)]
        triples = zip(products[1:], products, shifts, strict=False)
        return _joined([up.sum(0) - W.sum(1) - b for up, W, b in triples])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        return float(np.max(np.abs(measured - predicted)) / _largest(run))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        yield rounded(run, run.network)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        driven = _driven(run)
        yield Rival("only the layer above moves", _joined(driven.above))
        if np.max(np.abs(_joined(driven.neurons))) > 1e-12 * _largest(run):
            shared = [np.full(len(t), np.mean(t)) for t in driven.neurons]
            text = "the units of a layer share its rate evenly"
            yield Rival(text, _joined(shared))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return ordinary(self.activation, own=1011, seed=seed, biases=True)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return dataclasses.replace(self.witness(seed), flow=DECAYING)


class MatrixImbalance(AbstractClaim[MLP]):
    r"""$W_{l+1}^\top W_{l+1} - W_lW_l^\top - b_lb_l^\top$ moves at $C + C^\top$.

    $C = \mathbb E[\delta_l z_l^\top - \bar d_l h_l^\top]$, which is 0 for a linear
    activation and whose trace gives the identity of the norms. Held against the
    velocity of the flow where the run ends.
    """

    id: ClassVar[str] = "S1d"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    activation: str = "softplus"
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield several_layers(experiment)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return _joined([np.asarray(C + C.T) for C in _driven(run).turns])

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        network, velocity = run.network, moving(run)
        turns = [
            np.asarray(W) @ V.T
            for W, V in zip(network.weights, velocity.weights, strict=True)
        ]
        lifts = [
            np.asarray(W).T @ V
            for W, V in zip(network.weights, velocity.weights, strict=True)
        ]
        shifts = [np.outer(b, v) for b, v in biases(network, velocity)]
        triples = zip(lifts[1:], turns, shifts, strict=False)
        return _joined([(A - B - b) + (A - B - b).T for A, B, b in triples])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        return float(np.max(np.abs(measured - predicted)) / _largest(run))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        yield rounded(run, run.network)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        network, velocity = run.network, moving(run)
        lifts = [
            np.asarray(W).T @ V
            for W, V in zip(network.weights[1:], velocity.weights[1:], strict=True)
        ]
        yield Rival("only the layer above moves", _joined([A + A.T for A in lifts]))
        told = self.predicted(run)
        if np.max(np.abs(told)) > 1e-12 * _largest(run):
            text = "it moves at 2C, without its mirror image"
            yield Rival(text, _joined([2 * np.asarray(C) for C in _driven(run).turns]))
            yield Rival("the whole matrix is conserved", 0 * told)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return ordinary(self.activation, own=1012, seed=seed, biases=True)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return dataclasses.replace(self.witness(seed), flow=DECAYING)


class DescentImbalance(AbstractClaim[MLP]):
    r"""A step $\eta$ of descent adds $\eta^2(\|G_{l+1}\|^2-\|G_l\|^2-\|g_{b_l}\|^2)$.

    To $\eta$ times the rate of the flow, exactly and for any step.
    """

    id: ClassVar[str] = "S1e"
    source: ClassVar[Source] = Source(RAWAL, "", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-9

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield from is_descent(experiment)
        yield several_layers(experiment)
        yield Hypothesis("it is a single step", experiment.end == 1)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        first, second = self._orders(run)
        return first + second

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        start = run.experiment.network
        return np.asarray(run.network.imbalance()) - np.asarray(start.imbalance())

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        return float(np.max(np.abs(measured - predicted)) / self._size(run))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        yield rounded(run, run.experiment.network)
        squares = sum(
            float(np.sum(np.asarray(leaf) ** 2))
            for net in (run.experiment.network, run.network)
            for leaf in jax.tree.leaves(net)
        )
        reason = "float64 in the squared norms whose difference it is"
        size = 16 * EPS * squares / self._size(run)
        yield Term("rounding of the norms", size, reason, "a longer step")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        first, second = self._orders(run)
        yield Rival("without the square of the step", first)
        yield Rival("the square of the step counts half", first + second / 2)

    def _orders(self, run):
        """What the flow of the step moves, and what the square of the step adds."""
        start, eta = run.experiment.network, float(run.experiment.flow.step)
        told = exchange(run.experiment.risk, start).neurons
        rates = eta * np.array([float(np.sum(t)) for t in told])
        slope = gradient(run.experiment.risk, start)
        return rates, np.asarray(slope.imbalance()) * eta**2

    def _size(self, run):
        """What the step changes in squared norms, without cancellation."""
        start, eta = run.experiment.network, float(run.experiment.flow.step)
        terms = max(float(s) for s in exchange(run.experiment.risk, start).sizes)
        slope = gradient(run.experiment.risk, start)
        squares = max(float(np.sum(np.asarray(g) ** 2)) for g in jax.tree.leaves(slope))
        return eta * terms + eta**2 * squares

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return ordinary(
            "silu", own=1013, seed=seed, biases=True, flow=Descent(0.3), until=1
        )

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        decaying = Descent(0.3, weight_decay=0.1)
        return dataclasses.replace(self.witness(seed), flow=decaying)


def _driven(run: Trajectory[MLP]):
    return exchange(run.experiment.risk, run.network)


def _largest(run: Trajectory[MLP]) -> float:
    """The largest sum of the magnitudes of what drives a pair."""
    return max(float(size) for size in _driven(run).sizes)


def _joined(parts) -> np.ndarray:
    """Arrays of several shapes in one row."""
    return np.concatenate([np.ravel(np.asarray(part)) for part in parts])
