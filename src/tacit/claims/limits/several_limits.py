"""Where a diagonal network ends when there are more than two classes."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
import scipy.linalg

from ...experiment import Experiment
from ...losses import Fisher
from ...networks import Diagonal
from ...risk import Risk
from ...training import Trajectory
from ..base import AbstractClaim
from ..hypotheses.discriminants import balanced, deep, invertible, of_fisher
from ..hypotheses.flows import is_gradient_flow
from ..measures.arrival import direction, slope_of_log, unmoved, way
from ..measures.budgets import rounding
from ..papers import LI, Source
from ..parts import Hypothesis, Rival, Term
from ..witnesses.discriminants import LONG, several_means


MOST = 12
"""Features up to which all faces of the orthant are searched: 4096 of them."""


class EndsStationary(AbstractClaim[Diagonal]):
    r"""With any between-class scatter the limit is J's best on its own face.

    $\sigma_i w_i \ge 0$, $\sigma_i g_i \ge 0$, never both above 0: on the features that
    are kept J is stationary, and from almost every start it is largest, at the first
    eigenvector of their scatters. For class means on a line there is one such face; for
    others there are several, and which of them is reached depends on the magnitudes of
    the start.
    """

    id: ClassVar[str] = "C4"
    source: ClassVar[Source] = Source(LI, "", "derived")
    needs: ClassVar[type] = Diagonal
    sees: ClassVar[float] = 1e-5

    def hypotheses(self, experiment: Experiment[Diagonal]) -> Iterable[Hypothesis]:
        yield of_fisher(experiment)
        yield is_gradient_flow(experiment)
        yield invertible(experiment)
        yield deep(experiment)
        yield balanced(experiment)
        some = bool(np.all(np.asarray(experiment.network.predictor()) != 0))
        yield Hypothesis("no weight starts at 0", some)

    def predicted(self, run: Trajectory[Diagonal]) -> np.ndarray:
        on = self._kept(run)
        return _first(run.experiment, on, direction(run))

    def measured(self, run: Trajectory[Diagonal]) -> np.ndarray:
        return direction(run)

    def distance(
        self, predicted: Any, measured: Any, run: Trajectory[Diagonal]
    ) -> float:
        S = np.asarray(run.experiment.risk.problem.within)
        u, v = (w / np.sqrt(w @ S @ w) for w in map(np.asarray, (measured, predicted)))
        return float(np.sqrt((u - v) @ S @ (u - v)))

    def budget(self, run: Trajectory[Diagonal]) -> Iterable[Term]:
        S, B = _scatters(run.experiment)
        sign, on = _signs(run), self._kept(run)
        w = direction(run)
        u = w / np.sqrt(w @ S @ w)
        J = float(u @ B @ u)
        # By the theorem nothing has another sign: what is off the face is on its way.
        off = np.where(on, 0.0, sign * np.maximum(sign * u, 0.0))
        stray = -J / 2 * slope_of_log(run.experiment, u) - (B - J * S) @ off
        face = np.ix_(on, on)
        sizes = scipy.linalg.eigvalsh(B[face], S[face])
        second = sizes[-2] if len(sizes) > 1 else 0.0
        length = np.sqrt(stray[on] @ np.linalg.solve(S[face], stray[on]))
        turn = length / (J - second) if second < J else np.inf
        left = np.sqrt(2) * turn + 2 * np.sqrt(off @ S @ off)
        gap = J / (J - second) if second < J else np.inf
        return way(float(left)), rounding(run, float(gap * np.linalg.cond(S)))

    def rivals(self, run: Trajectory[Diagonal]) -> Iterable[Rival]:
        w, every = direction(run), np.ones(len(direction(run)), bool)
        yield Rival("no sign is frozen", _first(run.experiment, every, w))
        yield unmoved(run)
        peaks = list(_peaks(run)) if len(w) <= MOST else []
        if len(peaks) > 1:
            J, best = max(peaks, key=lambda peak: peak[0])
            S, B = _scatters(run.experiment)
            if (w @ B @ w) / (w @ S @ w) < (1 - 1e-3) * J:
                yield Rival("it is the best that the orthant has", best)

    def _kept(self, run):
        """The face of the end: not what is pushed to 0 and nearly there."""
        S, B = _scatters(run.experiment)
        w, sign = direction(run), _signs(run)
        push = sign * slope_of_log(run.experiment, w) * (w @ S @ w) / 2
        gone = (push > 0) & (push > sign * w * np.diag(S + B))
        return (sign * w > 0) & ~gone

    def witness(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = several_means(seed)
        start = Diagonal.balanced(w0, depth=2)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e5)

    def foil(self, seed: int | None = None) -> Experiment[Diagonal]:
        problem, w0 = several_means(seed)
        start = Diagonal.balanced(w0, depth=1)
        return Experiment(start, Risk(problem, Fisher()), LONG, until=1e5)


def _scatters(experiment: Experiment[Diagonal]) -> tuple[np.ndarray, np.ndarray]:
    problem = experiment.risk.problem
    return np.asarray(problem.within), np.asarray(problem.between)


def _signs(run: Trajectory[Diagonal]) -> np.ndarray:
    return np.sign(np.asarray(run.experiment.network.predictor()))


def _first(
    experiment: Experiment[Diagonal], on: np.ndarray, side: np.ndarray
) -> np.ndarray:
    """The direction of largest J with the features `on` only, on the side of `side`."""
    S, B = _scatters(experiment)
    found, face = np.zeros(len(on)), np.ix_(on, on)
    found[on] = scipy.linalg.eigh(B[face], S[face])[1][:, -1]
    return found * (1.0 if found @ S @ side >= 0 else -1.0) / np.linalg.norm(found)


def _peaks(run: Trajectory[Diagonal]) -> Iterator[tuple[float, np.ndarray]]:
    """J and the direction wherever it is largest on a face and pushes into it."""
    (S, B), sign = _scatters(run.experiment), _signs(run)
    for chosen in itertools.product((False, True), repeat=len(sign)):
        on = np.array(chosen)
        if not on.any():
            continue
        w = _first(run.experiment, on, sign)
        w = w if np.all(sign[on] * w[on] > 0) else -w
        J = float((w @ B @ w) / (w @ S @ w))
        push = sign * (J * S @ w - B @ w)
        if np.all(sign[on] * w[on] > 0) and np.all(push[~on] >= 0):
            yield J, w
