"""The smoothed margin of a homogeneous network never falls."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractMarginLoss, Exponential, PolynomialTail
from ...networks import MLP
from ...observables import AbstractObservable, FrobeniusNorms, LogRisk
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential
from ..measures.budgets import integration, rounding
from ..measures.margins import rows_of
from ..papers import LYU, Source
from ..parts import Hypothesis, Rival, Term, Unmeasured
from ..witnesses.margins import rectified


FLOW = GradientFlow(rtol=1e-10, solver="explicit")
OWN = 2307
"""Of the seeds from 2301 on the first whose start has a sum of losses above 1, whose
units do not all die on some sample, and whose mean margin visibly falls."""


def squared_relu(x: jax.Array) -> jax.Array:
    """Of degree 2, and with a slope that has no jump to be integrated across."""
    return jnp.maximum(x, 0.0) ** 2


class SmoothedMarginRises(AbstractClaim[MLP]):
    r"""$\log(1 / \mathcal L) / \|\theta\|^L$ rises once $\mathcal L < 1$.

    $\mathcal L$ is the *sum* of exponentials and $L$ the degree of the network in its
    parameters, activations included. With the mean in the place of the sum it falls.
    Where samples weigh differently the least weight counts as 1. The margin at every
    record is held against the largest until then.
    """

    id: ClassVar[str] = "J1"
    source: ClassVar[Source] = Source(LYU, "Theorem 4.1", "quoted")
    needs: ClassVar[type] = MLP
    observes: ClassVar[tuple[AbstractObservable, ...]] = (LogRisk(), FrobeniusNorms())
    records: ClassVar[int] = 300
    sees: ClassVar[float] = 1e-7

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield exponential(experiment)
        yield is_gradient_flow(experiment)
        degree = _degree(experiment)
        yield Hypothesis("the network is homogeneous", bool(np.isfinite(degree)))

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.maximum.accumulate(_margins(run)[0])

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return _margins(run)[0]

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        # An error in the outputs is one in the logarithm of the risk, times as large.
        below = -np.min(np.asarray(run.seen["LogRisk"]))
        growth = float(_degree(run.experiment) * (1 + 1 / below))
        return integration(run, growth), rounding(run, growth)

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        total, fall = _margins(run)
        # On some runs it does not fall, and nothing there tells the two apart.
        if fall > 1e-6 * np.max(total):
            text = "so it is for the mean, once that is below 1"
            yield Rival(text, total + fall)
        yield Rival("it stays as it is", 0 * total + total[0])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        size = np.max(np.abs(_margins(run)[0]))
        return float(np.max(np.abs(measured - predicted)) / size)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return _trained(Exponential(), seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return _trained(PolynomialTail(power=2.0), seed)


def _margins(run: Trajectory[MLP]) -> tuple[np.ndarray, float]:
    """The smoothed margin where the sum of losses is below 1.

    And by how much that of the mean falls at most, once the mean is below 1.
    """
    logs, mass = np.asarray(run.seen["LogRisk"]), rows_of(run.experiment)[1]
    least = mass[mass > 0].min()
    sizes = np.linalg.norm(np.asarray(run.seen["FrobeniusNorms"]), axis=1)
    power = sizes ** _degree(run.experiment)
    below = logs < np.log(least)
    if np.sum(below) < 3:
        raise Unmeasured("the sum of losses must be below 1 on three records or more")
    mean = (-logs / power)[logs < 0]
    fall = float(np.max(np.maximum.accumulate(mean) - mean))
    return ((np.log(least) - logs) / power)[below], fall


def _trained(loss: AbstractMarginLoss, seed: int | None) -> Experiment[MLP]:
    problem, drawn = rectified(OWN, seed=seed)
    network = MLP(drawn.weights, squared_relu)
    return Experiment(network, Risk(problem, loss), FLOW, until=2e3)


def _degree(experiment: Experiment[MLP]) -> float:
    """The power by which outputs grow with all parameters; NaN if there is none."""
    X, network = experiment.risk.problem.X, experiment.network
    if X is None:
        return np.nan
    doubled = jax.tree.map(lambda leaf: 2 * leaf, network)
    before, after = (np.asarray(jax.vmap(net)(X)) for net in (network, doubled))
    powers = np.log2(after / before)
    return float(np.mean(powers)) if np.ptp(powers) < 1e-9 else np.nan
