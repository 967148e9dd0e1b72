"""The parameters themselves point where a margin is stationary."""

from collections.abc import Iterable
from typing import ClassVar

import jax
import numpy as np
import scipy.optimize
from jax.flatten_util import ravel_pytree

from ...experiment import Experiment
from ...flows import GradientFlow
from ...integration.clocks import LogRisk
from ...losses import Exponential
from ...networks import AbstractLinearNetwork, DeepLinear
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..hypotheses.margins import exponential_tail, separable as is_separable
from ..papers import LYU, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.margins import separable


FLOW = GradientFlow(rtol=1e-8, clock=LogRisk(hand_over=1e12))


class ParametersAreStationary(AbstractToleranceClaim[DeepLinear]):
    r"""The direction of the parameters meets the conditions of the widest margin.

    $\theta$ tends to the cone of the slopes of the smallest margins: the conditions of
    Karush, Kuhn and Tucker of $\min \|\theta\|^2$ with all margins at least 1. The gap
    is the sine of the angle to that cone.
    """

    id: ClassVar[str] = "J1b"
    source: ClassVar[Source] = Source(LYU, "Theorem 4.4", "quoted")
    needs: ClassVar[type] = DeepLinear
    margin: ClassVar[float] = 10
    tolerance: float = 1e-3
    """The layers keep a part of size 1 from their start and are of size |w| to the
    power 1 / L: 3e-5 at 1e9 and depth 2."""

    def conditions(self, run: Trajectory[DeepLinear]) -> Iterable[Hypothesis]:
        yield is_separable(run.experiment)
        yield exponential_tail(run.experiment)
        yield is_gradient_flow(run.experiment)
        size = float(np.linalg.norm(np.asarray(run.network.predictor())))
        yield Hypothesis("|w| reaches 1e8", size > 1e8)

    def gap(self, run: Trajectory[DeepLinear]) -> float:
        theta, slopes, margins = _margins(run.experiment.risk, run.network)
        near = margins < margins.min() + 1e-2 * abs(margins.min())
        unit = theta / np.linalg.norm(theta)
        held = slopes[near].T
        held = held / np.linalg.norm(held, axis=0)
        return float(scipy.optimize.nnls(held, unit)[1])

    def witness(self) -> Experiment[DeepLinear]:
        return self._grown(1e9)

    def foil(self) -> Experiment[DeepLinear]:
        return self._grown(10.0)

    def _grown(self, until):
        start = DeepLinear.gaussian([3, 5, 1], seed=2001, scale=0.5)
        return Experiment(start, Risk(separable(), Exponential()), FLOW, until=until)


def _margins(
    risk: Risk, network: AbstractLinearNetwork
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parameters, the slopes of the margins in them, and the margins."""
    theta, shaped = ravel_pytree(network)
    rows = np.asarray(risk.problem.y)[:, None] * np.asarray(risk.problem.X)
    slopes = rows @ np.asarray(jax.jacrev(lambda t: shaped(t).predictor())(theta))
    return np.asarray(theta), slopes, rows @ np.asarray(network.predictor())
