"""The smoothed margin of a homogeneous network never falls."""

from collections.abc import Iterable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Exponential, PolynomialTail
from ...networks import MLP
from ...observables import AbstractObservable, FrobeniusNorms, LogRisk
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential
from ..papers import LYU, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import rectified


FLOW = GradientFlow(rtol=1e-10, solver="explicit")
SEED = 2307
"""Of the seeds from 2301 on the first whose start has a sum of losses above 1, whose
units do not all die on some sample, and whose mean margin visibly falls."""


def squared_relu(x: jax.Array) -> jax.Array:
    """Of degree 2, and with a slope that has no jump to be integrated across."""
    return jnp.maximum(x, 0.0) ** 2


class SmoothedMarginRises(AbstractToleranceClaim[MLP]):
    r"""$\log(1 / \mathcal L) / \|\theta\|^L$ rises once $\mathcal L < 1$.

    $\mathcal L$ is the *sum* of exponentials and $L$ the degree of the network in its
    parameters, activations included. With the mean in the place of the sum it falls.
    """

    id: ClassVar[str] = "J1"
    source: ClassVar[Source] = Source(LYU, "Theorem 4.1", "quoted")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LogRisk(), FrobeniusNorms())
    records: ClassVar[int] = 300
    tolerance: float = 1e-8
    """A hundred times rtol. Only falls count, relative to the largest value."""

    mean: bool = False
    """Whether the mean takes the place of the sum, which makes it false."""

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        yield exponential(run.experiment)
        yield is_gradient_flow(run.experiment)
        degree = _degree(run.experiment)
        yield Hypothesis("the network is homogeneous", np.isfinite(degree))
        margins = self._margins(run)
        yield Hypothesis("the sum of losses falls below 1 on the way", len(margins) > 2)

    def gap(self, run: Trajectory[MLP]) -> float:
        margins = self._margins(run)
        fall = np.maximum(margins[:-1] - margins[1:], 0)
        return float(fall.max() / np.abs(margins).max())

    def _margins(self, run):
        logs = np.asarray(run.seen["LogRisk"])
        logs = logs if self.mean else logs + np.log(run.experiment.risk.problem.n)
        squares = np.sum(np.asarray(run.seen["FrobeniusNorms"]) ** 2, axis=1)
        return (-logs / squares ** (_degree(run.experiment) / 2))[logs < 0]

    def witness(self) -> Experiment[MLP]:
        return self._trained(Exponential())

    def foil(self) -> Experiment[MLP]:
        return self._trained(PolynomialTail(power=2.0))

    def _trained(self, loss):
        problem, drawn = rectified(SEED)
        network = MLP(drawn.weights, squared_relu)
        return Experiment(network, Risk(problem, loss), FLOW, until=2e3)

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return () if self.mean else (SmoothedMarginRises(mean=True),)


def _degree(experiment: Experiment[MLP]) -> float:
    """The power by which outputs grow with all parameters; NaN if there is none."""
    X, network = experiment.risk.problem.X, experiment.network
    assert X is not None  # the loss is one of single samples
    doubled = jax.tree.map(lambda leaf: 2 * leaf, network)
    before, after = (np.asarray(jax.vmap(net)(X)) for net in (network, doubled))
    powers = np.log2(after / before)
    return float(np.mean(powers)) if np.ptp(powers) < 1e-9 else np.nan
