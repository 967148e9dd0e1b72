"""What the class of an activation says of the balance of the layers."""

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...networks import MLP
from ...observables import AbstractObservable, Imbalance, LayerNorms
from ...saddles import signals
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.objectives import without_biases
from ..hypotheses.saddles import classified, of_class, several_layers
from ..measures.budgets import integration, rounding
from ..measures.saddles import rounded, velocity as moving
from ..papers import DU, RAWAL, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.saddles import ordinary


SMALL = 0.3
"""Units above this are beyond what a Taylor series of order 7 says of them."""


class HomogeneousBalance(AbstractClaim[MLP]):
    r"""An activation of class A, $z\sigma' = \sigma$, conserves the balance of layers.

    The linear one and the rectifiers, leaky or not, under any loss. No other class
    does.
    """

    id: ClassVar[str] = "S2"
    source: ClassVar[tuple[Source, ...]] = (
        Source(DU, "Theorem 2.1", "quoted"),
        Source(RAWAL, "Proposition 2 of version 1", "quoted"),
    )
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (Imbalance(), LayerNorms())
    sees: ClassVar[float] = 2e-4

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_class(experiment, "A")
        yield is_gradient_flow(experiment)
        yield without_biases(experiment)
        yield several_layers(experiment)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        about = "the differences of the squared norms of neighbouring layers, all along"
        return Forecast(np.asarray(experiment.network.imbalance()), about)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.asarray(run.seen["Imbalance"])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # In units of what the norms have moved by: a start may be balanced.
        return float(np.max(np.abs(measured - predicted)) / _moved(run))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        lost = float(np.max(np.asarray(run.seen["LayerNorms"])) / _moved(run))
        return integration(run, lost), rounding(run, lost)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        squares, start = np.asarray(run.seen["LayerNorms"]), _squares(run)
        alone = np.diff(start)[None] + (squares - start)[:, 1:]
        yield Rival("only the layer above moves", alone)
        total = np.sum(squares - start, axis=1, keepdims=True)
        text = "the layers keep the sum of their squares, not the difference"
        yield Rival(text, np.diff(start)[None] + total)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return _flowing("leaky_relu", seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return _flowing("tanh", seed)


class LeadingDrift(AbstractClaim[MLP]):
    r"""Small units move the balance by the leading order of $\varphi$ alone.

    $2\,\mathbb E\langle\bar d_l, c_q z_l^q\rangle$, $q$ odd in class B and even in C:
    the rate is of relative order $|z|^{q-1}$, and what is left out is two orders or
    one below. Held against the velocity of the flow where the run ends.
    """

    id: ClassVar[str] = "S2b"
    source: ClassVar[Source] = Source(RAWAL, "Proposition 2 of version 1", "derived")
    needs: ClassVar[type] = MLP
    records: ClassVar[int] = 1
    sees: ClassVar[float] = 1e-4

    activation: str = "gelu"
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_class(experiment, "BC")
        yield is_gradient_flow(experiment)
        yield without_biases(experiment)
        yield several_layers(experiment)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        found = _of_orders(run, (2,))
        text = f"the hidden units are small, below {SMALL:g}"
        yield Hypothesis(text, float(found.largest) < SMALL)

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        kind = classified(run.experiment)
        return np.asarray(_of_orders(run, (kind.q or 2,)).rates[0])

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        both = zip(run.network.weights, moving(run).weights, strict=True)
        return np.diff([2 * float(np.sum(np.asarray(W) * V)) for W, V in both])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # Each pair in its own units: the rate falls by orders from layer to layer.
        q = classified(run.experiment).q or 2
        sizes = np.asarray(_of_orders(run, (q,)).sizes[0])
        return float(np.max(np.abs(measured - predicted) / sizes))

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        kind = classified(run.experiment)
        q, orders = kind.q or 2, len(kind.taylor)
        above = tuple(range(q + 1, orders))
        found = _of_orders(run, (q, *above))
        sizes = np.asarray(found.sizes)
        # The last order known stands for all that follow: their series is geometric.
        left = np.sum(sizes[1:], axis=0) + sizes[0] * found.largest ** (orders - q)
        reason = "the orders of the activation after the leading one"
        size = float(np.max(left / sizes[0]))
        yield Term("next order", size, reason, "smaller units")
        term = rounded(run, run.network)
        # Of terms that cancel: the rate is a small part of what makes it up.
        cancelled = float(np.max(np.asarray(found.terms) / sizes[0]))
        yield term._replace(size=term.size * cancelled)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        told, q = self.predicted(run), classified(run.experiment).q or 2
        yield Rival("it vanishes to this order", 0 * told)
        further = np.asarray(_of_orders(run, (q + 1,), times=(q,)).rates[0])
        yield Rival("the leading order is one higher", further)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return _shrunk(self.activation, seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return _shrunk("softsign", seed)


class Orders(NamedTuple):
    """Of several orders of φ the rates they give every pair ``(orders, pairs)``.

    `sizes` are the same sums without cancellation and `terms` those of what the
    velocities are made of ``(pairs,)``; `largest` is the largest hidden unit.
    """

    rates: Any
    sizes: Any
    terms: Any
    largest: Any


def _of_orders(run: Trajectory[MLP], orders, times=None) -> Orders:
    """Of these powers of the units, each `times` the coefficient of an order of φ."""
    taylor = classified(run.experiment).taylor
    factors = jnp.asarray([(k - 1) * taylor[k] for k in times or orders])
    return Orders(*_summed(run.experiment.risk, run.network, orders, factors))


@eqx.filter_jit
def _summed(risk, network, orders, factors):
    found = signals(network, risk.loss, risk.problem)
    pairs = list(zip(found.returned(network), found.before, strict=False))
    terms = [
        2 * c * d * z**k for d, z in pairs for k, c in zip(orders, factors, strict=True)
    ]
    shape = (len(pairs), len(orders))
    rates = jnp.stack([jnp.sum(t) for t in terms]).reshape(shape).T
    sizes = jnp.stack([jnp.sum(jnp.abs(t)) for t in terms]).reshape(shape).T
    plain = jnp.stack([2 * jnp.sum(jnp.abs(d * z)) for d, z in pairs])
    largest = jnp.max(jnp.stack([jnp.max(jnp.abs(z)) for _, z in pairs]))
    return rates, sizes, plain, largest


def _squares(run: Trajectory[MLP]) -> np.ndarray:
    """The squared norms of the layers at the start."""
    return np.array([np.sum(np.asarray(W) ** 2) for W in run.experiment.network.layers])


def _moved(run: Trajectory[MLP]) -> float:
    """The most that the squared norm of a layer has moved by."""
    return float(np.max(np.abs(np.asarray(run.seen["LayerNorms"]) - _squares(run))))


def _flowing(activation: str, seed: int | None) -> Experiment[MLP]:
    # Not for long: a unit of a sample may come to rest on the kink of a rectifier.
    flow = GradientFlow(rtol=1e-7, max_steps=3_000)
    return ordinary(activation, own=1014, seed=seed, flow=flow, until=0.1)


def _shrunk(activation: str, seed: int | None) -> Experiment[MLP]:
    """An ordinary network whose first layer is small, so that its units are."""
    full = ordinary(activation, seed=seed)
    first, *rest = full.network.weights
    start = MLP([0.001 * first, *rest], activation)
    return dataclasses.replace(full, network=start)
