"""What the ridge of the Deep LDA objective does to the layers of a network."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...experiment import Experiment, Snapshot
from ...flows import GradientFlow
from ...losses import AbstractLoss, Dorfer, Squared
from ...networks import AbstractNetwork, MLP
from ...observables import AbstractObservable, LayerNorms
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import gradient, over_time
from ..papers import DORFER, DU, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import rectified, three_classes


COARSE = GradientFlow(rtol=1e-6, atol=1e-9, solver="explicit")
"""At every kink of the activation the step is cut; finer only takes longer."""


@eqx.filter_jit
def _pull(risk: Risk, network: AbstractNetwork) -> Array:
    """The slope of the loss along its outputs, as the theorem has it."""
    loss, problem = risk.loss, risk.problem
    if not isinstance(loss, Dorfer):
        return jnp.zeros(())
    outputs = jax.vmap(network)(jnp.asarray(problem.X))
    return loss.radial_slope(outputs, problem.targets, problem.weights)


class RidgePull(AbstractObservable[AbstractNetwork]):
    """The slope of the objective along its outputs: 0 without a ridge."""

    def measure(self, at: Snapshot) -> Float[Array, ""]:
        return _pull(at.risk, at.network)


def _is_dorfer(experiment: Experiment) -> Hypothesis:
    """Whether the loss is that of Dorfer et al."""
    ours = isinstance(experiment.risk.loss, Dorfer)
    return Hypothesis("the loss is the mean of the smallest LDA eigenvalues", ours)


def _homogeneous(experiment: Experiment[MLP]) -> Hypothesis:
    """Whether the activation doubles when its argument does."""
    z = jnp.linspace(-3.0, 3.0, 13)
    sigma = experiment.network.sigma
    level = bool(jnp.allclose(sigma(2 * z), 2 * sigma(z), rtol=1e-14))
    return Hypothesis("the activation is homogeneous", level)


def _without_biases(experiment: Experiment[MLP]) -> Hypothesis:
    plain = experiment.network.biases is None
    return Hypothesis("there are no biases", plain)


def _pairings(network: MLP, slope: MLP, *, later: bool = True) -> Array:
    """Of every layer with its slope; with the biases from that layer on if `later`."""
    pairs = zip(network.weights, slope.weights, strict=True)
    own = jnp.stack([jnp.sum(W * g) for W, g in pairs])
    if network.biases is None or slope.biases is None or not later:
        return own
    pairs = zip(network.biases, slope.biases, strict=True)
    shifts = jnp.stack([jnp.sum(b * g) for b, g in pairs])
    return own + jnp.cumsum(shifts[::-1])[::-1]


def _size(network: MLP, slope: MLP) -> Array:
    """The product of the norms of all parameters and of the slope."""
    both = [jax.tree.leaves(tree) for tree in (network, slope)]
    squares = [sum((jnp.sum(x**2) for x in part), jnp.zeros(())) for part in both]
    return jnp.sqrt(squares[0] * squares[1])


class LayersPulledAlike(AbstractToleranceClaim[MLP]):
    r"""The ridge pulls every layer outwards by the same amount.

    Scaling any layer of a homogeneous network scales its outputs, so
    $\langle W_l, \nabla_l\rangle = -\frac{2\lambda}{q}\sum_j v_j\|e_j\|^2$ for all $l$.
    With biases $\langle W_l, \nabla_l\rangle + \sum_{m\ge l}\langle b_m,\nabla\rangle$
    takes its place: what comes later must be scaled along.
    """

    id: ClassVar[str] = "G2"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-10
    """Rounding of a gradient through eigenvalues, 1e-13, and of a sum of its terms."""

    ridge: float = 0.1
    """That of the witness; at 0 the numbers vanish and the norms are conserved."""

    later: bool = True
    """Whether later biases are scaled along. Without them it is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (LayersPulledAlike(ridge=self.ridge, later=False),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield _is_dorfer(experiment)
        yield _homogeneous(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        risk, network = run.experiment.risk, run.network
        slope = gradient(risk, network)
        found = _pairings(network, slope, later=self.later)
        stray = jnp.max(jnp.abs(found - _pull(risk, network)))
        return float(stray / _size(network, slope))

    def witness(self) -> Experiment[MLP]:
        return _dorfer(rectified(biases=True), self.ridge)

    def foil(self) -> Experiment[MLP]:
        return _dorfer(rectified(activation="tanh", biases=True), self.ridge)


class NormsGrowAlike(AbstractToleranceClaim[MLP]):
    r"""Without biases all layers gain $\frac{4\lambda}{q}\int\sum_j v_j\|e_j\|^2 dt$.

    So the differences of their squared norms stay and their sizes grow together: with a
    ridge the objective is not free of scale, and the norms are driven.
    """

    id: ClassVar[str] = "G1"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LayerNorms(), RidgePull())
    records: ClassVar[int] = 200
    tolerance: float = 1e-4
    """The flow is followed to 1e-6 of norms that grow by 1 per cent."""

    margin: ClassVar[float] = 100.0
    """The foil misses by as much as it gains, but the tolerance is not rounding."""

    driven: bool = True
    """Whether the ridge drives the norms. That they stay is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (NormsGrowAlike(driven=False),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield _is_dorfer(experiment)
        yield _homogeneous(experiment)
        yield _without_biases(experiment)
        yield is_gradient_flow(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        start = run.experiment.network
        pull = np.append(_pull(run.experiment.risk, start), run.seen["RidgePull"])
        times = np.append(0.0, run.times)
        before = np.array([np.sum(np.asarray(W) ** 2) for W in start.weights])
        gained = np.asarray(run.seen["LayerNorms"]) - before
        told = -2 * over_time(times, pull)[0][1:, None] * self.driven
        return float(np.abs(gained - told).max() / np.abs(gained).max())

    def witness(self) -> Experiment[MLP]:
        return _dorfer(rectified(), 0.1, until=0.3)

    def foil(self) -> Experiment[MLP]:
        return _dorfer(rectified(activation="tanh"), 0.1, until=0.3)


class BiasedBalance(AbstractToleranceClaim[MLP]):
    r"""Under any loss $\|W_l\|^2 + \|b_l\|^2 - \|W_{l+1}\|^2$ is constant.

    The scale of a layer and its bias can be handed to the next one, so
    $\langle W_l,\nabla\rangle+\langle b_l,\nabla\rangle=\langle W_{l+1},\nabla\rangle$.
    """

    id: ClassVar[str] = "G2b"
    source: ClassVar[Source] = Source(DU, "Theorem 2.1", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-10
    """Rounding of a gradient, 1e-15, and of a sum of its terms."""

    loss: AbstractLoss = Squared()
    biased: bool = True
    """Whether the bias counts with its layer. Without it the law is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (BiasedBalance(loss=self.loss, biased=False),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield _homogeneous(experiment)

    def gap(self, run: Trajectory[MLP]) -> float:
        network = run.network
        slope = gradient(run.experiment.risk, network)
        found = _pairings(network, slope, later=False)
        stray = found[:-1] - found[1:]
        if network.biases is not None and slope.biases is not None and self.biased:
            pairs = zip(network.biases[:-1], slope.biases[:-1], strict=True)
            stray = stray + jnp.stack([jnp.sum(b * g) for b, g in pairs])
        return float(jnp.max(jnp.abs(stray)) / _size(network, slope))

    def witness(self) -> Experiment[MLP]:
        return self._of(rectified(biases=True, outputs=3))

    def foil(self) -> Experiment[MLP]:
        return self._of(rectified(activation="tanh", biases=True, outputs=3))

    def _of(self, start):
        risk = Risk(three_classes(), self.loss)
        return Experiment(start, risk, GradientFlow(), until=0.0)


def _dorfer(start: MLP, ridge: float, until: float = 0.0) -> Experiment[MLP]:
    risk = Risk(three_classes(), Dorfer(ridge=ridge))
    return Experiment(start, risk, COARSE, until=until)
