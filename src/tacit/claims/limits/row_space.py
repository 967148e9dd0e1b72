"""Where a linear network of several outputs goes: to the best eigenspace of LDA."""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import scipy.linalg

from ...errors import DataError
from ...experiment import Experiment
from ...losses import LogDet
from ...networks import DeepLinear
from ...oracles import Optimum, optimum
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import basis_free
from ..hypotheses.flows import is_gradient_flow
from ..measures.budgets import EPS
from ..papers import LI, Source
from ..parts import Forecast, Hypothesis, Rival, Term
from ..witnesses.discriminants import fully_connected, LONG, three_classes


AT_REST = 1e-9
"""A slope that nothing but rounding moves, over the largest eigenvalue."""


class BestRowSpace(AbstractClaim[DeepLinear]):
    r"""With $k$ outputs the rows come to span the $k$ best eigenvectors of LDA.

    Every eigenspace of $(S_b, S_w)$ is critical, the others are saddles: a start on one
    stays, and almost every start leaves them all. Compared are the projections on the
    rows, in the metric of $S_w$, by the sine of the largest angle between them.
    """

    id: ClassVar[str] = "H11"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = DeepLinear
    sees: ClassVar[float] = 1e-5

    def hypotheses(self, experiment: Experiment[DeepLinear]) -> Iterable[Hypothesis]:
        yield basis_free(experiment)
        yield is_gradient_flow(experiment)
        best = _best(experiment)
        text = "S_w is invertible, and the means need as many outputs as there are"
        yield Hypothesis(text, best is not None)
        if best is None:
            return
        sizes, W = _eigen(experiment), _rows(experiment.network.predictor())
        k = len(W)
        apart = k == len(sizes) or bool(sizes[k - 1] > sizes[k] * (1 + 1e-6))
        yield Hypothesis("the best eigenvalues are above the others", apart)
        within = np.asarray(experiment.risk.problem.within)
        overlap = scipy.linalg.svdvals(W @ within @ best.value.T)
        text = "no row starts on a lower eigenspace"
        yield Hypothesis(text, bool(overlap[-1] > 1e-8 * overlap[0]))

    def forecast(self, experiment: Experiment[DeepLinear]) -> Forecast:
        best = _best(experiment)
        assert best is not None  # or a hypothesis is not met
        about = "the projection on the rows in the end, where S_w is the identity"
        return Forecast(_projection(experiment, best.value), about, best.residual)

    def measured(self, run: Trajectory[DeepLinear]) -> np.ndarray:
        return _projection(run.experiment, run.network.predictor())

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[DeepLinear]
    ) -> float:
        del run
        return float(np.linalg.norm(measured - predicted, 2))

    def budget(self, run: Trajectory[DeepLinear]) -> Iterable[Term]:
        A, _ = _whitened(run.experiment)
        Q = _basis(run.experiment, run.network.predictor())
        inside = Q.T @ A @ Q
        rest = np.linalg.norm(A @ Q - Q @ inside, 2)
        sizes, k = _eigen(run.experiment), Q.shape[1]
        below = sizes[k] if k < len(sizes) else -math.inf
        gap = float(np.linalg.eigvalsh(inside)[0] - below)
        # Davis and Kahan: the sine is at most what is left over what is between. A run
        # at rest elsewhere has nothing left of its way.
        size = float(rest / gap) if gap > 0 else math.inf
        if gap <= 0 and rest <= AT_REST * sizes[0]:
            size = float(rest / sizes[0])
        reason = "how far the rows still are from an eigenspace, over its gap"
        yield Term("what is left of the way", size, reason, "a longer run")
        condition = float(np.linalg.cond(run.experiment.risk.problem.within))
        share = float(1 + (sizes[0] / gap if gap > 0 else 0.0))
        reason = "float64 in the eigenvectors, by the gap"
        lost = 1e3 * EPS * share * math.sqrt(condition)
        yield Term("rounding", lost, reason, "outputs that are less alike")

    def rivals(self, run: Trajectory[DeepLinear]) -> Iterable[Rival]:
        true, W = run.experiment, _rows(run.experiment.network.predictor())
        means = np.linalg.svd(np.asarray(true.risk.problem.contrast))[0][:, : len(W)]
        yield Rival("they span the class means", _projection(true, means.T))
        yield Rival("they stay where they were", _projection(true, W))

    def witness(self, seed: int | None = None) -> Experiment[DeepLinear]:
        risk = Risk(three_classes(seed), LogDet())
        start = fully_connected(8, 6, 4, 2, seed=seed)
        return Experiment(start, risk, LONG, until=300.0)

    def foil(self, seed: int | None = None) -> Experiment[DeepLinear]:
        problem = three_classes(seed)
        _, vectors = scipy.linalg.eigh(problem.between, problem.within)
        lower = DeepLinear.balanced(vectors[:, [-1, -3]].T, depth=3)
        return Experiment(lower, Risk(problem, LogDet()), LONG, until=1.0)


def _rows(predictor: Any) -> np.ndarray:
    return np.atleast_2d(np.asarray(predictor))


def _best(experiment: Experiment[DeepLinear]) -> Optimum | None:
    outputs = len(_rows(experiment.network.predictor()))
    try:
        return optimum(experiment.risk.problem, outputs, "log det")
    except DataError:
        return None


def _whitened(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    r"""$S_b$ where $S_w$ is the identity, and the factor $R$ of $S_w = R^\top R$."""
    problem = experiment.risk.problem
    R = np.linalg.cholesky(np.asarray(problem.within)).T
    half = np.linalg.solve(R.T, np.asarray(problem.contrast))
    return half @ half.T, R


def _eigen(experiment: Experiment) -> np.ndarray:
    """The eigenvalues of LDA, largest first."""
    return np.linalg.eigvalsh(_whitened(experiment)[0])[::-1]


def _basis(experiment: Experiment, predictor: Any) -> np.ndarray:
    """Orthonormal columns that span the rows, where $S_w$ is the identity."""
    _, R = _whitened(experiment)
    return np.linalg.qr(R @ _rows(predictor).T)[0]


def _projection(experiment: Experiment, predictor: Any) -> np.ndarray:
    Q = _basis(experiment, predictor)
    return Q @ Q.T
