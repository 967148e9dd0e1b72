"""Networks that gate every feature, under losses of several outputs."""

from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import RatioTrace, TraceRatio
from ...networks import Gate
from ...observables import AbstractObservable
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..hypotheses.flows import is_gradient_flow
from ..measures.paths import gradient
from ..papers import Source, TACIT
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import three_classes


LONG = GradientFlow(rtol=1e-11, atol=1e-13)


def _gate(depth: int, seed: int = 1901) -> Gate:
    rng = np.random.default_rng(seed)
    return Gate(rng.uniform(0.5, 1.5, (depth, 8)))


class GateMovedByRidge(AbstractToleranceClaim[Gate]):
    r"""Under the ratio trace only the ridge moves a gate, and only outwards.

    $\theta_{l,i}\,\partial_{l,i} R = -2\lambda\,[M S_b M]_{ii}$ with the latent
    scatters and $M = (S_w + \lambda I)^{-1}$. Without a ridge the $d$ outputs may be
    rescaled one by one and the gradient is 0: the criterion cannot select features.
    """

    id: ClassVar[str] = "G7"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Gate
    observes: ClassVar[tuple[AbstractObservable, ...]] = ()
    tolerance: float = 1e-10
    """Rounding of a gradient through a factorisation, 1e-14, times its condition."""

    ridge: float = 0.3
    """That of the witness."""

    moved: bool = True
    """Whether the ridge counts. That a gate never moves is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (GateMovedByRidge(moved=False),) if self.ridge else ()

    def hypotheses(self, experiment: Experiment[Gate]) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        plain = isinstance(loss, RatioTrace) and not loss.input_ridge
        yield Hypothesis("the loss is the ratio trace, without an input ridge", plain)

    def gap(self, run: Trajectory[Gate]) -> float:
        risk, network = run.experiment.risk, run.network
        found = network.layers * gradient(risk, network).layers
        E, ridge = np.asarray(network.predictor()), getattr(risk.loss, "ridge", 0.0)
        inner, apart = E @ risk.problem.within @ E.T, E @ risk.problem.contrast
        solved = np.linalg.solve(inner + ridge * np.eye(len(E)), apart)
        told = -2 * ridge * np.sum(solved**2, axis=1) * self.moved
        size = np.sum(apart * solved)  # the ratio trace itself
        return float(np.abs(found - told[None]).max() / size)

    def witness(self) -> Experiment[Gate]:
        risk = Risk(three_classes(), RatioTrace(ridge=self.ridge))
        return Experiment(_gate(2), risk, GradientFlow(), until=0.0)

    def foil(self) -> Experiment[Gate]:
        risk = Risk(three_classes(), TraceRatio(ridge=self.ridge))
        return Experiment(_gate(2), risk, GradientFlow(), until=0.0)


class TraceRatioPicksOne(AbstractToleranceClaim[Gate]):
    r"""The trace ratio of a gate ends at a single feature, at any depth.

    It is a mean of the ratios $[S_b]_{ii} / [S_w]_{ii}$, and largest where the whole
    weight is on the best of them: correlations do not count, nor does the start.
    """

    id: ClassVar[str] = "G7b"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Gate
    tolerance: float = 1e-8
    """$1 - |\\cos|$ is quadratic in the other weights, 1e-5 of the best at the end."""

    depth: int = 2
    """That of the witness."""

    ratios: bool = True
    """Whether the ratio decides. That $[S_b]_{ii}$ alone does is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (TraceRatioPicksOne(depth=self.depth, ratios=False),)

    def hypotheses(self, experiment: Experiment[Gate]) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        plain = isinstance(loss, TraceRatio) and not loss.ridge and not loss.input_ridge
        yield Hypothesis("the loss is the trace ratio, without ridges", plain)
        yield is_gradient_flow(experiment)
        start = jnp.diag(experiment.network.predictor())
        yield Hypothesis("no feature starts at 0", bool(jnp.all(start != 0)))

    def gap(self, run: Trajectory[Gate]) -> float:
        problem = run.experiment.risk.problem
        scores = np.diag(problem.between).copy()
        if self.ratios:
            scores /= np.diag(problem.within)
        w = np.diag(run.network.predictor())
        return float(1 - abs(w[np.argmax(scores)]) / np.linalg.norm(w))

    def witness(self) -> Experiment[Gate]:
        until = {1: 1e3, 2: 1e7}.get(self.depth, 1e8)
        start = Gate(np.tile(_gate(1).layers ** (1 / self.depth), (self.depth, 1)))
        plain = three_classes()
        # In these units the feature of the largest between scatter is not the best.
        units = jnp.asarray([1, 3, 1, 1, 1, 1, 1, 1.0])[None]
        problem = Problem(jnp.asarray(plain.X) * units, plain.labels)
        return Experiment(start, Risk(problem, TraceRatio()), LONG, until=until)

    def foil(self) -> Experiment[Gate]:
        true = self.witness()
        risk = Risk(true.risk.problem, RatioTrace(ridge=0.3))
        return Experiment(true.network, risk, LONG, until=10.0)
