"""What the class of an activation says of the balance of the layers."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...networks import MLP
from ...risk import Risk
from ...saddles import signals
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.saddles import classified, of_class
from ..measures.saddles import exchange, scale, velocity as moving
from ..papers import DU, RAWAL, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.saddles import ordinary


class HomogeneousBalance(AbstractToleranceClaim[MLP]):
    r"""An activation of class A, $z\sigma' = \sigma$, conserves the balance of layers.

    The linear one and the rectifiers, leaky or not. No other class does.
    """

    id: ClassVar[str] = "S2"
    source: ClassVar[tuple[Source, ...]] = (
        Source(RAWAL, "the four classes", "quoted"),
        Source(DU, "", "quoted"),
    )
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-12
    """Rounding of two sums over samples and units, with three digits to spare."""

    whole: bool = False
    """Whether all of $W_{l+1}^\\top W_{l+1} - W_lW_l^\\top$ is said to stay: false of
    rectifiers, true of the linear activation alone."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, whole=True),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_class(experiment, "A")
        yield is_gradient_flow(experiment)
        yield Hypothesis("there are no biases", experiment.network.biases is None)

    def gap(self, run: Trajectory[MLP]) -> float:
        network, velocity = run.network, moving(run)
        both = list(zip(network.weights, velocity.weights, strict=True))
        pairs = zip(both, both[1:], scale(network, velocity), strict=False)
        worst = 0.0
        for (W, U), (A, V), size in pairs:
            turn = np.asarray(A).T @ V - np.asarray(W) @ U.T
            found = np.linalg.norm(turn + turn.T) if self.whole else 2 * np.trace(turn)
            worst = max(worst, float(abs(found)) / size)
        return worst

    def witness(self) -> Experiment[MLP]:
        return ordinary("leaky_relu", seed=1014)

    def foil(self) -> Experiment[MLP]:
        return ordinary("tanh", seed=1014)


class LeadingDrift(AbstractToleranceClaim[MLP]):
    r"""Small units move the balance by the leading order of $\varphi$ alone.

    $2\,\mathbb E\langle\bar d_l, c_q z_l^q\rangle$, $q$ odd in class B and even in C:
    the rate is of relative order $|z|^{q-1}$, and what is left out is two orders or
    one below.
    """

    id: ClassVar[str] = "S2b"
    source: ClassVar[Source] = Source(RAWAL, "the four classes", "quoted")
    needs: ClassVar[type] = MLP
    margin: ClassVar[float] = 10.0
    """The tolerance is a neglected order, not rounding."""

    tolerance: float = 3e-3
    """The next order at units below 0.05, in relative size their square."""

    activation: str = "gelu"

    shift: int = 0
    """How far from the true leading order; another than 0 is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (dataclasses.replace(self, shift=1),)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        yield of_class(run.experiment, "BC")
        yield is_gradient_flow(run.experiment)
        found = signals(
            run.network, run.experiment.risk.loss, run.experiment.risk.problem
        )
        small = all(float(jnp.max(jnp.abs(z))) < 0.05 for z in found.before[:-1])
        yield Hypothesis("the hidden units are small, below 0.05", small)

    def gap(self, run: Trajectory[MLP]) -> float:
        risk, network, kind = (
            run.experiment.risk,
            run.network,
            classified(run.experiment),
        )
        q, c = (kind.q or 2) + self.shift, kind.coefficient or 1.0
        told, sizes = _of_order(risk, network, q, c)
        exact = np.array([jnp.sum(t) for t in exchange(risk, network).neurons])
        return float(np.max(np.abs(exact - told) / np.asarray(sizes)))

    def witness(self) -> Experiment[MLP]:
        return _shrunk(self.activation)

    def foil(self) -> Experiment[MLP]:
        return _shrunk("softsign")


@eqx.filter_jit
def _of_order(risk: Risk, network: MLP, q: int, c: float):
    """The rates of all pairs at order `q`, and the same without cancellation."""
    found = signals(network, risk.loss, risk.problem)
    pairs = zip(found.returned(network), found.before, strict=False)
    terms = [2 * c * d * z**q for d, z in pairs]
    told = jnp.stack([jnp.sum(t) for t in terms])
    return told, jnp.stack([jnp.sum(jnp.abs(t)) for t in terms])


def _shrunk(activation: str) -> Experiment[MLP]:
    """An ordinary network whose first layer is small, so that its units are."""
    full = ordinary(activation, seed=1010)
    first, *rest = full.network.weights
    start = MLP([0.005 * first, *rest], activation)
    return dataclasses.replace(full, network=start)
