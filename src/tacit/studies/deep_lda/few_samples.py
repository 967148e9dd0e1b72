"""Problems with fewer samples than features, and runs to their limits."""

from typing import NamedTuple

import numpy as np

from ...errors import DataError, MissingExtraError
from ...events import RiskBelow
from ...experiment import Experiment
from ...flows import GradientFlow
from ...losses import Fisher
from ...networks import Diagonal
from ...observables import Hoyer, LinearPredictor
from ...oracles import singular_limit
from ...problems import load, Problem
from ...risk import Risk
from ...training import train, Trajectory
from .subjects import DEPTHS


CLOSE = GradientFlow(rtol=1e-11, atol=1e-13, solver="stiff")
END = RiskBelow(1e-18)
"""Where $S_w w$ is 1e-9 of $w$; below that the ratio is rounding."""

GENES = 500
SEEDS = 6
SAMPLES, FEATURES = 12, 24


class Case(NamedTuple):
    """A problem with fewer samples than features, and the uniform start."""

    title: str
    problem: Problem
    w0: np.ndarray


class Course(NamedTuple):
    """A run, the limit that its depth predicts, and those of all depths."""

    run: Trajectory
    predicted: dict[int, np.ndarray]

    @property
    def depth(self) -> int:
        """How many layers."""
        return len(self.run.experiment.network.layers)

    def miss(self, depth: int) -> float:
        """How far the end is from the prediction of `depth`, relatively."""
        stray = np.abs(np.asarray(self.run.network.predictor()) - self.predicted[depth])
        return float(stray.max() / np.abs(self.predicted[depth]).max())


def synthetic_draws() -> list[Case]:
    """Draws of three informative features of many, whose kernel meets the orthant."""
    found, seed = [], 0
    while len(found) < SEEDS:
        rng = np.random.default_rng(seed)
        seed += 1
        y = np.arange(SAMPLES) % 2
        X = rng.standard_normal((SAMPLES, FEATURES))
        X[y == 1, :3] += 0.8
        case = _case(f"synthetic draw {seed}", Problem(X, y))
        try:
            singular_limit(case.problem, case.w0, 2)
        except DataError:  # the kernel misses the orthant: depth does not matter
            continue
        found.append(case)
    return found


def golub_genes() -> Case | None:
    """The genes of leukaemia that vary most. None without the extra."""
    try:
        problem = load("golub")
    except MissingExtraError:
        return None
    assert problem.X is not None
    most = np.sort(np.argsort(np.asarray(problem.X).std(axis=0))[-GENES:])
    chosen = problem.select(features=most).standardised()
    return _case(f"Golub leukaemia, {GENES} genes", chosen)


def _case(title: str, problem: Problem) -> Case:
    signs = np.where(np.asarray(problem.delta) < 0, -1.0, 1.0)
    return Case(title, problem, signs / problem.d)


def courses_of(case: Case, depths: tuple[int, ...]) -> list[Course]:
    """The run of every depth until 1/J is next to nothing."""
    risk = Risk(case.problem, Fisher(form="inverse"))
    wanted = {L: singular_limit(case.problem, case.w0, L).value for L in depths}
    watch = (LinearPredictor(), Hoyer())
    out = []
    for depth in depths:
        start = Diagonal.balanced(case.w0, depth=depth)
        run = train(Experiment(start, risk, CLOSE, until=END), watch, records=400)
        out.append(Course(run, wanted))
    return out


def hoyer(w: np.ndarray) -> float:
    """Hoyer's sparsity: 0 for equal entries, 1 for a single one."""
    root = np.sqrt(len(w))
    return float((root - np.abs(w).sum() / np.linalg.norm(w)) / (root - 1))


def sparsity_of(case: Case) -> np.ndarray:
    """That of the predicted limit at every depth."""
    limits = (singular_limit(case.problem, case.w0, L).value for L in DEPTHS)
    return np.array([hoyer(w) for w in limits])


def inverse(problem: Problem, w: np.ndarray) -> np.ndarray:
    """1/J of every predictor in `w`."""
    within, contrast = np.asarray(problem.within), np.asarray(problem.contrast)[:, 0]
    return np.maximum(np.sum(w @ within * w, axis=1), 0) / (w @ contrast) ** 2
