"""How the product of a fully connected linear network moves."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractLoss, AbstractScatterLoss, LogDet, TraceRatio
from ...networks import DeepLinear
from ...observables import AbstractObservable, LinearPredictor
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import basis_free
from ..hypotheses.flows import is_gradient_flow, matched_layers
from ..measures.paths import along
from ..papers import ARORA_2018, ARORA_2019, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import fully_connected, matched, three_classes


FLOW = GradientFlow(rtol=1e-11, chart="parameters")


def _trained(start: DeepLinear, loss: AbstractLoss) -> Experiment[DeepLinear]:
    return Experiment(start, Risk(three_classes(), loss), FLOW, until=0.5)


def _outputs(loss: AbstractLoss) -> int:
    """Directions between three classes, or an output for each of them."""
    return 2 if isinstance(loss, AbstractScatterLoss) else 3


@eqx.filter_jit
def _velocity(risk: Risk, network: DeepLinear, of) -> jax.Array:
    """How fast ``of(network)`` changes along the flow of `risk`."""
    down = jax.tree.map(jnp.negative, risk.gradient(network))
    return jax.jvp(of, (network,), (down,))[1]


def _product(network: DeepLinear) -> jax.Array:
    return jnp.atleast_2d(network.predictor())


def _power(E: np.ndarray, exponent: float) -> np.ndarray:
    """The power of ``E Eᵀ``; the identity for the exponent 0."""
    # From E itself: a third root would make 1e-5 of the rounding of E Eᵀ.
    axes, found, _ = np.linalg.svd(E)
    sizes = np.zeros(len(E))
    sizes[: len(found)] = found
    return (axes * sizes ** (2 * exponent)) @ axes.T


def _sides(run: Trajectory[DeepLinear]):
    """Network, product and slope of the risk there, at both ends of the run."""
    risk = run.experiment.risk
    for network in (run.experiment.network, run.network):
        E = _product(network)
        yield network, np.asarray(E), np.asarray(eqx.filter_jit(risk.slope)(E))


class OutputGramConserved(AbstractToleranceClaim[DeepLinear]):
    r"""From a balanced start $E E^\top$ is constant, if the basis of outputs is free.

    Then $\nabla E^\top = 0$ leaves $\dot E = -(E E^\top)^{(L-1)/L}\nabla$: one layer,
    preconditioned by a matrix that depth and the start fix for ever.
    """

    id: ClassVar[str] = "H7"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "derived")
    needs: ClassVar[type] = DeepLinear
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LinearPredictor(),)
    tolerance: float = 1e-8
    """The drift of a Runge-Kutta method at rtol 1e-11 over some hundred steps."""

    depth: int = 3
    depth_shift: int = 0
    """What is added to $L$ in the exponent. Only 0 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (OutputGramConserved(depth=self.depth, depth_shift=1),)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)
        yield matched_layers(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        _, E = along(run)
        grams = E @ np.swapaxes(E, 1, 2)
        drift = np.abs(grams - grams[0]).max() / np.abs(grams[0]).max()
        L = len(run.experiment.network.layers) + self.depth_shift
        stray = [drift]
        for network, E, slope in _sides(run):
            moved = _velocity(run.experiment.risk, network, _product)
            told = -_power(E, (L - 1) / L) @ slope
            stray.append(np.linalg.norm(moved - told) / np.linalg.norm(moved))
        return float(max(stray))

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(matched(self.depth), LogDet())

    def foil(self) -> Experiment[DeepLinear]:
        return _trained(matched(self.depth), TraceRatio())


class EndToEnd(AbstractToleranceClaim[DeepLinear]):
    r"""From a balanced start the product moves by itself, under any loss.

    $\dot E = -\sum_{j=1}^{L} (E E^\top)^{(j-1)/L}\,\nabla\,(E^\top E)^{(L-j)/L}$: the
    layers enter through $E$ alone.
    """

    id: ClassVar[str] = "H8"
    source: ClassVar[Source] = Source(ARORA_2018, "Theorem 1", "quoted")
    needs: ClassVar[type] = DeepLinear
    tolerance: float = 1e-8
    """The balance at the end is that of a Runge-Kutta method at rtol 1e-11."""

    loss: AbstractLoss = eqx.field(default_factory=TraceRatio)
    """That of the witness, on three classes."""

    last_only: bool = False
    """Whether only the term $j = L$ is kept, as if the basis of outputs were free."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (EndToEnd(loss=self.loss, last_only=True),)

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(experiment)
        yield matched_layers(experiment)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        L, stray = len(run.experiment.network.layers), []
        for network, E, slope in _sides(run):
            moved = _velocity(run.experiment.risk, network, _product)
            terms = (
                _power(E, (j - 1) / L) @ slope @ _power(E.T, (L - j) / L)
                for j in range(L if self.last_only else 1, L + 1)
            )
            told = -sum(terms)
            stray.append(np.linalg.norm(moved - told) / np.linalg.norm(moved))
        return float(max(stray))

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(matched(3, _outputs(self.loss)), self.loss)

    def foil(self) -> Experiment[DeepLinear]:
        k = _outputs(self.loss)
        return _trained(fully_connected(8, k, k, k), self.loss)


class SingularValuesMove(AbstractToleranceClaim[DeepLinear]):
    r"""From a balanced start $\dot\sigma_r = -L\sigma_r^{2-2/L}\,u_r^\top\nabla v_r$.

    A large singular value is fast and a small one slow, the more so the deeper.
    """

    id: ClassVar[str] = "H9"
    source: ClassVar[Source] = Source(ARORA_2019, "Theorem 3", "quoted")
    needs: ClassVar[type] = DeepLinear
    tolerance: float = 1e-8
    """The balance at the end is that of a Runge-Kutta method at rtol 1e-11."""

    loss: AbstractLoss = eqx.field(default_factory=TraceRatio)
    """That of the witness, on three classes."""

    depth_shift: int = 0
    """What is added to $L$ in the law. Only 0 is right."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (SingularValuesMove(loss=self.loss, depth_shift=1),)

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_gradient_flow(run.experiment)
        yield matched_layers(run.experiment)
        apart = [self._spread(E) for _, E, _ in _sides(run)]
        yield Hypothesis("the singular values differ", min(apart) > 1e-3)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        L = len(run.experiment.network.layers) + self.depth_shift
        stray = []
        for network, E, slope in _sides(run):
            moved = _velocity(run.experiment.risk, network, _singular_values)
            U, sizes, Vt = np.linalg.svd(E, full_matrices=False)
            told = -L * sizes ** (2 - 2 / L) * np.sum(U * (slope @ Vt.T), axis=0)
            stray.append(np.abs(moved - told).max() / np.abs(moved).max())
        return float(max(stray))

    def _spread(self, E):
        sizes = np.linalg.svd(E, compute_uv=False)
        return np.min(-np.diff(sizes), initial=np.inf) / sizes[0]

    def witness(self) -> Experiment[DeepLinear]:
        return _trained(matched(3, _outputs(self.loss)), self.loss)

    def foil(self) -> Experiment[DeepLinear]:
        k = _outputs(self.loss)
        return _trained(fully_connected(8, k, k, k), self.loss)


def _singular_values(network: DeepLinear) -> jax.Array:
    return jnp.linalg.svd(_product(network), compute_uv=False)
