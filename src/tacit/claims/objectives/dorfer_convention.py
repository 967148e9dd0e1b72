"""What the conventions of the Deep LDA objective do to its value."""

from collections.abc import Iterable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.optimize

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Dorfer
from ...networks import MLP
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.objectives import of_dorfer, without_ridge
from ..measures.budgets import EPS
from ..papers import DORFER, Source
from ..parts import Forecast, Hypothesis, Rival, Term, Unmeasured
from ..witnesses.discriminants import rectified, three_classes


ASIDE = 1e-9
"""How far from a jump, relatively, its two sides are taken."""


class CodeEigenvaluesShifted(AbstractClaim[MLP]):
    r"""For classes of one size the program's eigenvalues are too small by a constant.

    It takes $S_b = S_t - S_w$ with $1/(N-1)$ in $S_t$ and $1/(N-C)$ in $S_w$, so its
    eigenvalues are $\frac{N-C}{N-1} v - \frac{C-1}{N-1}$, with $v$ those of the sums of
    squares, and $S_b$ has negative ones. The directions are right. Held against the
    outputs at both ends of a run.
    """

    id: ClassVar[str] = "G3"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    sees: ClassVar[float] = 1e-8

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        loss, problem = experiment.risk.loss, experiment.risk.problem
        code = isinstance(loss, Dorfer) and loss.convention == "code"
        yield Hypothesis("the loss is in the convention of the program", code)
        yield without_ridge(experiment)
        masses = _masses(problem) if problem.classes else np.arange(2)
        even = np.ptp(masses) <= 1e-12 * np.max(masses)
        yield Hypothesis("the classes are of one size", bool(even))

    def predicted(self, run: Trajectory[MLP]) -> np.ndarray:
        return self._told(run, shift=1.0)

    def measured(self, run: Trajectory[MLP]) -> np.ndarray:
        return np.stack([_eigenvalues(run.experiment, net) for net in _ends(run)])

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        parts = [_sums(run.experiment, net) for net in _ends(run)]
        condition = max(float(np.linalg.cond(within)) for _, within in parts)
        size = 64 * EPS * condition * np.sqrt(run.experiment.risk.problem.n)
        reason = "float64 in eigenvalues, times the condition of the scatter"
        yield Term("rounding", float(size), reason, "outputs that are less alike")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        yield Rival("nothing is taken off", self._told(run, shift=0.0))
        yield Rival("the constant is C / (N - 1)", self._told(run, shift=1.0, more=1))

    def _told(self, run, shift: float, more: int = 0) -> np.ndarray:
        N = np.sum(_masses(run.experiment.risk.problem))
        C = len(run.experiment.risk.problem.classes)
        found = []
        for network in _ends(run):
            v = scipy.linalg.eigvalsh(*_sums(run.experiment, network))[-(C - 1) :]
            found.append(((N - C) * v - (C - 1 + more) * shift) / (N - 1))
        return np.stack(found)

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return self._on(three_classes(seed), seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        whole = three_classes(seed)
        kept = (whole.codes > 0) | (np.arange(whole.n) < 75)
        assert whole.X is not None
        return self._on(Problem(whole.X[kept], whole.labels[kept]), seed)

    def _on(self, problem: Problem, seed: int | None) -> Experiment[MLP]:
        risk = Risk(problem, Dorfer(ridge=0.0))
        return Experiment(rectified(seed=seed), risk, GradientFlow(), until=0.0)


class LossJumps(AbstractClaim[MLP]):
    r"""The loss jumps by half the threshold when one of two eigenvalues crosses it.

    It is minus the mean of those at most $\epsilon$ above the least: on one side of
    $v_2 = v_1 + \epsilon$ it is $-(v_1 + v_2)/2$, on the other $-v_1$. So descent
    climbs there, and what the flow conserves it conserves between the jumps only.

    The jump is looked for on the ray of all multiples of the last layer, along which a
    ridge lets the eigenvalues drift apart.
    """

    id: ClassVar[str] = "G4"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    sees: ClassVar[float] = 1e-4

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        yield of_dorfer(experiment)
        classes = len(experiment.risk.problem.classes)
        yield Hypothesis("there are three classes", classes == 3)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        crosses = self._crossing(run) is not None
        yield Hypothesis("the eigenvalues cross the threshold on the ray", crosses)

    def forecast(self, experiment: Experiment[MLP]) -> Forecast:
        half = experiment.risk.loss.threshold / 2
        return Forecast(half, "the jump of the loss at the threshold")

    def measured(self, run: Trajectory[MLP]) -> float:
        before, after = self._sides(run, ASIDE)
        return after - before

    def distance(self, predicted: Any, measured: Any, run: Trajectory[MLP]) -> float:
        # In units of the jump that is predicted: no jump at all is a rival.
        return abs(measured - predicted) / self.forecast(run.experiment).value

    def budget(self, run: Trajectory[MLP]) -> Iterable[Term]:
        jump = run.experiment.risk.loss.threshold / 2
        near, far = (self._sides(run, k * ASIDE) for k in (1, 2))
        slope = sum(abs(a - b) for a, b in zip(near, far, strict=True))
        yield Term(
            "finite distance",
            2 * slope / jump,
            "by how much either side changes over that distance again",
            "a larger threshold",
        )
        reason = "float64 in eigenvalues of this size"
        lost = 1e3 * EPS * max(map(abs, near)) / jump
        yield Term("rounding", lost, reason, "a larger threshold")

    def rivals(self, run: Trajectory[MLP]) -> Iterable[Rival]:
        jump = run.experiment.risk.loss.threshold / 2
        yield Rival("the loss is continuous", 0.0)
        yield Rival("it jumps by the whole threshold", 2 * jump)

    def _sides(self, run, aside: float) -> tuple[float, float]:
        """The loss on either side of the jump."""
        c, value = self._crossing(run) or 1.0, eqx.filter_jit(run.experiment.risk.value)
        low, high = (float(value(_scaled(run, c * (1 + k * aside)))) for k in (-1, 1))
        return low, high

    def _crossing(self, run) -> float | None:
        """The multiple of the last layer at which the threshold is crossed."""
        threshold = run.experiment.risk.loss.threshold

        def beyond(log: float) -> float:
            found = _eigenvalues(run.experiment, _scaled(run, np.exp(log)))
            return np.ptp(found) - threshold

        low, high = -12.0, 12.0
        if not (beyond(low) < 0 < beyond(high) < np.inf):
            return None
        found = scipy.optimize.root_scalar(beyond, bracket=(low, high), xtol=1e-14)
        return float(np.exp(found.root))

    def witness(self, seed: int | None = None) -> Experiment[MLP]:
        return self._with(0.1, seed)

    def foil(self, seed: int | None = None) -> Experiment[MLP]:
        return self._with(np.inf, seed)

    def _with(self, threshold: float, seed: int | None) -> Experiment[MLP]:
        risk = Risk(three_classes(seed), Dorfer(ridge=0.1, threshold=threshold))
        return Experiment(rectified(seed=seed), risk, GradientFlow(), until=0.0)


def _ends(run: Trajectory[MLP]) -> tuple[MLP, MLP]:
    return run.experiment.network, run.network


def _scaled(run: Trajectory[MLP], c: Any) -> MLP:
    last = run.network.weights[-1]
    return eqx.tree_at(lambda net: net.weights[-1], run.network, c * last)


def _masses(problem: Problem) -> np.ndarray:
    """What every class weighs: a sample of weight 2 counts as two."""
    return np.bincount(problem.codes, problem.weights)


def _sums(experiment: Experiment[MLP], network: MLP) -> tuple[np.ndarray, np.ndarray]:
    """The sums of squares of the outputs between the classes and within them.

    `Unmeasured` where the second is singular.
    """
    problem = experiment.risk.problem
    Z, codes = np.asarray(jax.vmap(network)(jnp.asarray(problem.X))), problem.codes
    given = problem.weights
    weights = np.ones(len(Z)) if given is None else np.asarray(given)
    member = weights[:, None] * (codes[:, None] == np.arange(len(problem.classes)))
    means = ((member.T @ Z) / member.sum(axis=0)[:, None])[codes]
    rest, apart = Z - means, means - weights @ Z / weights.sum()
    within = rest.T @ (weights[:, None] * rest)
    sizes = np.linalg.eigvalsh(within)
    if not sizes[0] > 1e-14 * sizes[-1]:
        raise Unmeasured("the outputs have no scatter within the classes to invert")
    return apart.T @ (weights[:, None] * apart), within


def _eigenvalues(experiment: Experiment[MLP], network: MLP) -> np.ndarray:
    loss, problem = experiment.risk.loss, experiment.risk.problem
    if problem.X is None or not isinstance(loss, Dorfer):
        return np.full(2, np.nan)
    return np.asarray(_values(loss, problem, network))


@eqx.filter_jit
def _values(loss: Dorfer, problem: Problem, network: MLP) -> jax.Array:
    outputs = jax.vmap(network)(jnp.asarray(problem.X))
    return loss.eigenpairs(outputs, problem.targets, problem.weights)[0]
