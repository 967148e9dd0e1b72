"""What the symmetries of the outputs say of the gradient, at any point."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...errors import OptionError
from ...experiment import Experiment
from ...losses import (
    AbstractLoss,
    RatioTrace,
    Squared,
    TraceRatio,
)
from ...networks import AbstractLinearNetwork, DeepLinear, MLP
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.discriminants import scale_free
from ..measures.paths import slopes
from ..papers import LI, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import FINE, three_classes


GROUPS = ("scale", "rotation", "basis")


class OutputMoment(AbstractToleranceClaim[AbstractLinearNetwork]):
    r"""Each symmetry of the $k$ outputs binds the moment $M = E G^\top$ of the slope.

    $G$ is the slope at the predictor $E$ ``(k, d)``, and $\langle X, M \rangle$ the
    derivative of the risk along $E \mapsto e^{tX} E$. A loss free of scale has
    $\operatorname{tr} M = 0$, one that sees the outputs through their distances
    $M = M^\top$, one free of the basis $M = 0$. The gap tries the finite changes too.
    """

    id: ClassVar[str] = "A2"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = AbstractLinearNetwork
    tolerance: float = 1e-10
    """Rounding in one evaluation, 1e-16 times the condition of the scatter."""

    group: str = "basis"
    loss: AbstractLoss = RatioTrace()
    """That of the witness."""

    conclusion: str | None = None
    """The group that the moment is held to, if not the one the loss is free of."""

    def __check_init__(self):
        if self.group not in GROUPS:
            raise OptionError("group", self.group, GROUPS)

    def hypotheses(self, experiment: Experiment) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        if self.group == "scale":
            yield scale_free(experiment)
        elif self.group == "rotation":
            text = "the loss is free of rotations of the outputs"
            yield Hypothesis(text, loss.rotation_free)
        else:
            yield Hypothesis("the loss is free of the basis", bool(loss.basis_free))

    def gap(self, run: Trajectory) -> float:
        start = np.asarray(run.experiment.network.predictor())
        E, G = (
            np.atleast_2d(x) for x in (start, slopes(run.experiment, start[None])[0])
        )
        M, group = E @ G.T, self.conclusion or self.group
        bound = {"scale": np.trace(M), "rotation": M - M.T, "basis": M}[group]
        before, after = _finite(run.experiment, E, group)
        size = np.linalg.norm(E) * np.linalg.norm(G)
        moment = np.max(np.abs(bound)) / size
        return float(max(moment, abs(after - before) / max(1, abs(before))))

    def witness(self) -> Experiment:
        risk = Risk(three_classes(), self.loss)
        return Experiment(_random(2, 8), risk, FINE, until=0.0)

    def foil(self) -> Experiment:
        network = _random(2, 8)
        loss: AbstractLoss = TraceRatio()
        if self.group == "scale":
            loss = RatioTrace(ridge=0.3)
        elif self.group == "rotation":
            network, loss = _random(3, 8), Squared()
        return Experiment(network, Risk(three_classes(), loss), FINE, until=0.0)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        if self.conclusion or self.loss.basis_free:
            return ()
        return (dataclasses.replace(self, conclusion="basis"),)


class LastBiasIdle(AbstractToleranceClaim[MLP]):
    r"""A discriminant criterion gives the last bias no gradient.

    Scatters are taken about means, so a shift common to all outputs changes nothing.
    """

    id: ClassVar[str] = "A2b"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-10
    """Rounding in one evaluation, 1e-16 times the condition of the scatter."""

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        free = experiment.risk.loss.shift_free
        yield Hypothesis("the loss is free of shifts of the outputs", free)
        biased = experiment.network.biases is not None
        yield Hypothesis("the network has biases", biased)

    def gap(self, run: Trajectory[MLP]) -> float:
        found = _gradient(run.experiment.risk, run.experiment.network)
        if found.biases is None:
            return np.nan
        size = np.sqrt(sum(np.sum(np.square(x)) for x in jax.tree.leaves(found)))
        return float(np.linalg.norm(found.biases[-1]) / size)

    def witness(self) -> Experiment[MLP]:
        risk = Risk(three_classes(), RatioTrace())
        return Experiment(_biased(2), risk, FINE, until=0.0)

    def foil(self) -> Experiment[MLP]:
        risk = Risk(three_classes(), Squared())
        return Experiment(_biased(3), risk, FINE, until=0.0)


def _finite(experiment, E, group):
    """The risk before and after a change of the outputs, drawn from the group."""
    A = np.random.default_rng(5).standard_normal((len(E), len(E)))
    A = {"scale": 2.7 * np.eye(len(E)), "rotation": np.linalg.qr(A)[0], "basis": A}
    shape = experiment.network.predictor().shape
    changed = jnp.asarray((A[group] @ E).reshape(shape))
    risk = experiment.risk
    return tuple(
        float(_value(risk, x)) for x in (jnp.asarray(E.reshape(shape)), changed)
    )


def _random(k, d):
    return DeepLinear([np.random.default_rng(1402).standard_normal((k, d))])


def _biased(k):
    rng = np.random.default_rng(1402)
    weights = [rng.standard_normal(shape) / 2 for shape in ((6, 8), (k, 6))]
    return MLP(weights, biases=[rng.standard_normal(6), rng.standard_normal(k)])


@eqx.filter_jit
def _value(risk, E):
    return risk.criterion(E)


@eqx.filter_jit
def _gradient(risk, network):
    return risk.gradient(network)
