"""What the conventions of the Deep LDA objective do to its value."""

from collections.abc import Iterable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.optimize

from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import AbstractLoss, Dorfer
from ...networks import MLP
from ...problems import Problem
from ...risk import Risk
from ...training import Trajectory
from ..papers import DORFER, Source
from ..parts import Hypothesis
from ..tolerance import AbstractToleranceClaim
from ..witnesses.discriminants import rectified, three_classes


def _loss(experiment: Experiment[MLP]) -> AbstractLoss:
    return experiment.risk.loss


def _outputs(experiment: Experiment[MLP], network: MLP) -> np.ndarray:
    X = np.asarray(experiment.risk.problem.X)
    return np.asarray(jax.vmap(network)(jnp.asarray(X)))


def _eigenvalues(experiment: Experiment[MLP], network: MLP) -> np.ndarray:
    loss = _loss(experiment)
    problem = experiment.risk.problem
    if problem.X is None or not isinstance(loss, Dorfer):
        return np.full(2, np.nan)
    return np.asarray(_values(loss, problem, network))


@eqx.filter_jit
def _values(loss: Dorfer, problem: Problem, network: MLP) -> jax.Array:
    outputs = jax.vmap(network)(jnp.asarray(problem.X))
    return loss.eigenpairs(outputs, problem.targets, problem.weights)[0]


class CodeEigenvaluesShifted(AbstractToleranceClaim[MLP]):
    r"""For classes of one size the program's eigenvalues are too small by a constant.

    It takes $S_b = S_t - S_w$ with $1/(N-1)$ in $S_t$ and $1/(N-C)$ in $S_w$, so its
    eigenvalues are $\frac{N-C}{N-1} v - \frac{C-1}{N-1}$, with $v$ those of the sums of
    squares, and $S_b$ has negative ones. The directions are right.
    """

    id: ClassVar[str] = "G3"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-10
    """Rounding of eigenvalues, 1e-14, times the condition of the scatter."""

    shifted: bool = True
    """Whether the constant is taken off. Without it the formula is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (CodeEigenvaluesShifted(shifted=False),)

    def hypotheses(self, experiment: Experiment[MLP]) -> Iterable[Hypothesis]:
        loss, problem = _loss(experiment), experiment.risk.problem
        code = isinstance(loss, Dorfer) and loss.convention == "code"
        yield Hypothesis("the loss is in the convention of the program", code)
        yield Hypothesis("it has no ridge", getattr(loss, "ridge", 0.0) == 0)
        counts = np.bincount(problem.codes)
        yield Hypothesis("the classes are of one size", bool(np.ptp(counts) == 0))
        yield Hypothesis("the samples have no weights", problem.weights is None)

    def gap(self, run: Trajectory[MLP]) -> float:
        problem = run.experiment.risk.problem
        found = _eigenvalues(run.experiment, run.network)
        Z, codes = _outputs(run.experiment, run.network), problem.codes
        N, C = len(Z), len(problem.classes)
        means = np.stack([Z[codes == c].mean(axis=0) for c in range(C)])[codes]
        rest, apart = Z - means, means - Z.mean(axis=0)
        v = scipy.linalg.eigvalsh(apart.T @ apart, rest.T @ rest)[-len(found) :]
        told = ((N - C) * v - (C - 1) * self.shifted) / (N - 1)
        return float(np.abs(found - told).max() / np.abs(told).max())

    def witness(self) -> Experiment[MLP]:
        return self._on(three_classes())

    def foil(self) -> Experiment[MLP]:
        whole = three_classes()
        kept = (whole.codes > 0) | (np.arange(whole.n) < 75)
        assert whole.X is not None
        return self._on(Problem(whole.X[kept], whole.labels[kept]))

    def _on(self, problem):
        risk = Risk(problem, Dorfer(ridge=0.0))
        return Experiment(rectified(), risk, GradientFlow(), until=0.0)


class LossJumps(AbstractToleranceClaim[MLP]):
    r"""The loss jumps by half the threshold when one of two eigenvalues crosses it.

    It is minus the mean of those at most $\epsilon$ above the least: on one side of
    $v_2 = v_1 + \epsilon$ it is $-(v_1 + v_2)/2$, on the other $-v_1$. So descent
    climbs there, and what the flow conserves it conserves between the jumps only.

    The gap is that of the jump on the ray of all multiples of the last layer, along
    which a ridge lets the eigenvalues drift apart.
    """

    id: ClassVar[str] = "G4"
    source: ClassVar[Source] = Source(DORFER, "", "derived")
    needs: ClassVar[type] = MLP
    tolerance: float = 1e-6
    """The two sides are taken a relative 1e-9 apart."""

    share: float = 0.5
    """The jump over the threshold. That the loss is continuous, 0, is false."""

    @property
    def false_versions(self) -> tuple[AbstractToleranceClaim, ...]:
        return (LossJumps(share=0.0),)

    def conditions(self, run: Trajectory[MLP]) -> Iterable[Hypothesis]:
        loss = _loss(run.experiment)
        ours = isinstance(loss, Dorfer)
        yield Hypothesis("the loss is the mean of the smallest LDA eigenvalues", ours)
        classes = len(run.experiment.risk.problem.classes)
        yield Hypothesis("there are three classes", classes == 3)
        crosses = self._crossing(run) is not None
        yield Hypothesis("the eigenvalues cross the threshold on the ray", crosses)

    def gap(self, run: Trajectory[MLP]) -> float:
        c = self._crossing(run) or 1.0
        value = eqx.filter_jit(run.experiment.risk.value)
        before, after = (
            float(value(self._scaled(run, c * (1 + shift)))) for shift in (-1e-9, 1e-9)
        )
        apart = np.ptp(_eigenvalues(run.experiment, self._scaled(run, c)))
        return float(abs((after - before) / apart - self.share))

    def _scaled(self, run, c: float) -> MLP:
        return eqx.tree_at(
            lambda net: net.weights[-1], run.network, c * run.network.weights[-1]
        )

    def _crossing(self, run) -> float | None:
        """The multiple of the last layer at which the threshold is crossed."""

        def beyond(log: float) -> float:
            found = _eigenvalues(run.experiment, self._scaled(run, np.exp(log)))
            return np.ptp(found) - getattr(_loss(run.experiment), "threshold", np.inf)

        low, high = -5.0, 5.0
        if not (beyond(low) < 0 < beyond(high) < np.inf):
            return None
        found = scipy.optimize.root_scalar(beyond, bracket=(low, high), xtol=1e-14)
        return float(np.exp(found.root))

    def witness(self) -> Experiment[MLP]:
        return self._with(0.1)

    def foil(self) -> Experiment[MLP]:
        return self._with(np.inf)

    def _with(self, threshold: float):
        risk = Risk(three_classes(), Dorfer(ridge=0.1, threshold=threshold))
        return Experiment(rectified(), risk, GradientFlow(), until=0.0)
