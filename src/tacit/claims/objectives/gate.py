"""Networks that gate every feature, under losses of several outputs."""

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import RatioTrace, TraceRatio
from ...networks import Gate
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import EPS, integration, rounding
from ..measures.paths import gradient
from ..papers import Source, TACIT
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import three_classes
from ..witnesses.draws import draw


LONG = GradientFlow(rtol=1e-11, atol=1e-13)


def _gate(depth: int, seed: int | None) -> Gate:
    return Gate(draw(1901, seed).uniform(0.5, 1.5, (depth, 8)))


class GateMovedByRidge(AbstractClaim[Gate]):
    r"""Under the ratio trace only the ridge moves a gate, and only outwards.

    $\theta_{l,i}\,\partial_{l,i} R = -2\lambda\,[M S_b M]_{ii}$ with the latent
    scatters and $M = (S_w + \lambda I)^{-1}$. Without a ridge the $d$ outputs may be
    rescaled one by one and the gradient is 0: the criterion cannot select features.
    Held against both ends of a run, in units of the criterion.
    """

    id: ClassVar[str] = "G7"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Gate
    sees: ClassVar[float] = 1e-9

    ridge: float = 0.3
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[Gate]) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        plain = isinstance(loss, RatioTrace) and not loss.input_ridge
        yield Hypothesis("the loss is the ratio trace, without an input ridge", plain)

    def predicted(self, run: Trajectory[Gate]) -> np.ndarray:
        return np.stack([-2 * ridge * d for d, ridge, _ in self._parts(run)])[:, None]

    def measured(self, run: Trajectory[Gate]) -> np.ndarray:
        risk = run.experiment.risk
        found = [net.layers * gradient(risk, net).layers for net in _ends(run)]
        return np.stack([np.asarray(x) for x in found])

    def distance(self, predicted: Any, measured: Any, run: Trajectory[Gate]) -> float:
        return float(np.max(np.abs(measured - predicted)) / self._criterion(run))

    def budget(self, run: Trajectory[Gate]) -> Iterable[Term]:
        d = run.experiment.network.layers.shape[1]
        condition = max(worst for *_, worst in self._parts(run))
        reason = "float64 in one gradient, times the condition of the scatter"
        size = 16 * EPS * d * condition
        yield Term("rounding", float(size), reason, "features that are less alike")

    def rivals(self, run: Trajectory[Gate]) -> Iterable[Rival]:
        law = self.predicted(run)
        if np.any(law):
            yield Rival("a gate never moves", 0 * law)
            yield Rival("the factor 2 is missing", law / 2)
        else:
            drawn = np.full_like(law, -self._criterion(run) / 100)
            yield Rival("a hundredth of the criterion pulls every feature out", drawn)

    def _parts(self, run):
        """The diagonal of $M S_b M$, the ridge, and the condition of $M$."""
        problem = run.experiment.risk.problem
        ridge = run.experiment.risk.loss.ridge
        for network in _ends(run):
            E = np.asarray(network.predictor())
            inner = E @ np.asarray(problem.within) @ E.T + ridge * np.eye(len(E))
            solved = np.linalg.solve(inner, E @ np.asarray(problem.contrast))
            yield np.sum(solved**2, axis=1), ridge, np.linalg.cond(inner)

    def _criterion(self, run) -> float:
        """The ratio trace at the start."""
        return abs(float(run.experiment.risk.value(run.experiment.network)))

    def witness(self, seed: int | None = None) -> Experiment[Gate]:
        risk = Risk(three_classes(seed), RatioTrace(ridge=self.ridge))
        return Experiment(_gate(2, seed), risk, GradientFlow(), until=0.0)

    def foil(self, seed: int | None = None) -> Experiment[Gate]:
        risk = Risk(three_classes(seed), TraceRatio(ridge=self.ridge))
        return Experiment(_gate(2, seed), risk, GradientFlow(), until=0.0)


class TraceRatioPicksOne(AbstractClaim[Gate]):
    r"""The trace ratio of a gate ends at a single feature, at any depth.

    It is a mean of the ratios $\rho_i = [S_b]_{ii} / [S_w]_{ii}$ with the weights
    $w_i^2 [S_w]_{ii}$, and largest where the whole weight is on the best of them:
    correlations do not count, nor does the start.
    """

    id: ClassVar[str] = "G7b"
    source: ClassVar[Source] = Source(TACIT, "", "derived")
    needs: ClassVar[type] = Gate
    sees: ClassVar[float] = 0.02

    depth: int = 2
    """That of the witness."""

    def hypotheses(self, experiment: Experiment[Gate]) -> Iterable[Hypothesis]:
        loss = experiment.risk.loss
        plain = isinstance(loss, TraceRatio) and not loss.ridge and not loss.input_ridge
        yield Hypothesis("the loss is the trace ratio, without ridges", plain)
        yield is_gradient_flow(experiment)
        start = jnp.diag(experiment.network.predictor())
        yield Hypothesis("no feature starts at 0", bool(jnp.all(start != 0)))

    def forecast(self, experiment: Experiment[Gate]) -> Forecast:
        between, within = _scores(experiment)
        best = int(np.argmax(between / within))
        return Forecast(np.eye(len(within))[best], "the direction of |w| in the end")

    def measured(self, run: Trajectory[Gate]) -> np.ndarray:
        w = np.abs(np.diag(np.asarray(run.network.predictor())))
        return w / np.linalg.norm(w)

    def distance(self, predicted: Any, measured: Any, run: Trajectory[Gate]) -> float:
        del run
        return float(np.linalg.norm(measured - predicted))

    def budget(self, run: Trajectory[Gate]) -> Iterable[Term]:
        between, within = _scores(run.experiment)
        ratio, w = between / within, self.measured(run)
        share = within * w**2 / np.sum(within * w**2)
        # A feature at 0 stays there. Of the others the criterion is short of its most
        # by best - ratio, which is best - second at least on all weight elsewhere.
        second, best = np.sort(np.append(ratio[w > 0], -np.inf))[-2:]
        elsewhere = np.sum(share * (best - ratio)) / (best - second)
        square = elsewhere * np.sum(within * w**2) / np.min(within)
        yield Term(
            "way left",
            float(np.sqrt(2 * square)),
            "the criterion is short of its maximum",
            "a longer run",
        )
        yield integration(run, run.experiment.network.depth)
        yield rounding(run)

    def rivals(self, run: Trajectory[Gate]) -> Iterable[Rival]:
        between, within = _scores(run.experiment)
        *_, second, best = np.argsort(between / within)
        axes = np.eye(len(within))
        yield Rival("the second best ratio wins", axes[second])
        largest = int(np.argmax(between))
        if largest != best:
            yield Rival("the largest scatter between decides alone", axes[largest])

    def witness(self, seed: int | None = None) -> Experiment[Gate]:
        until = {1: 1e3, 2: 1e7}.get(self.depth, 1e8)
        even = _gate(1, seed).layers ** (1 / self.depth)
        start, plain = Gate(np.tile(even, (self.depth, 1))), three_classes(seed)
        between, within = np.diag(plain.between), np.diag(plain.within)
        # In these units the feature of the largest between scatter is not the best.
        worst, units = int(np.argmin(between / within)), np.ones(len(within))
        units[worst] = 2 * np.sqrt(np.max(between) / between[worst])
        problem = Problem(np.asarray(plain.X) * units, plain.labels)
        return Experiment(start, Risk(problem, TraceRatio()), LONG, until=until)

    def foil(self, seed: int | None = None) -> Experiment[Gate]:
        true = self.witness(seed)
        between, within = _scores(true)
        best = int(np.argmax(between / within))
        barred = Gate(true.network.layers.at[:, best].set(0.0))
        return Experiment(barred, true.risk, LONG, until=true.until)


def _ends(run: Trajectory[Gate]) -> tuple[Gate, Gate]:
    return run.experiment.network, run.network


def _scores(experiment: Experiment[Gate]) -> tuple[np.ndarray, np.ndarray]:
    """The diagonals of the scatter between the classes and within them."""
    problem = experiment.risk.problem
    return np.diag(np.asarray(problem.between)), np.diag(np.asarray(problem.within))
