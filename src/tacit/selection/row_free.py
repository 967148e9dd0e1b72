r"""Cross-validation from the scatters of the folds alone, without a row.

The held-out loss of the predictor B learned outside a fold is that of least squares on
the class code: $\sum_c n_c \|t_c - B^T(\mu_c - m)\|^2 + \operatorname{tr} B^T W B$ with
the fold's class means $\mu_c$ and within-class scatter W.
"""

import numpy as np

from ..errors import DataError
from ..problems.scatter import Scatter
from .contrast import Contrast
from .fold_scatters import FoldScatters
from .held_out import grid_of_sizes, Judged, path_of, shrinkage_of
from .path import Plateau
from .pooled import Pooled
from .request import AUTO, Request


def judge_scatters(
    folds: FoldScatters, request: Request
) -> tuple[list[Judged], np.ndarray]:
    """Every candidate, in order, and the loss of every fold with nothing chosen."""
    whole = folds.total
    priors = request.shares(len(whole.classes))
    weights, null = [], []
    losses: list[list] = [[] for _ in request.candidates]
    slopes: list[list] = [[] for _ in request.candidates]
    for k, fold in enumerate(folds.folds):
        rest = folds.without(k)
        if fold is None or rest is None or set(rest.classes) != set(whole.classes):
            continue  # without it a class would be unknown
        spread = Pooled(rest, priors)
        one = spread.contrast
        test = _Test(fold, rest, one)
        weights.append(fold.n)
        null.append(test.unexplained)
        for at, candidate in enumerate(request.candidates):
            if request.size == "all":
                U = spread.solve(shrinkage_of(candidate, spread), one.matrix)
                chosen = [
                    Plateau(0.0, 0, np.arange(one.matrix.shape[0]), U, one.matrix.T @ U)
                ]
            else:
                path = path_of(spread, candidate, request.reach)
                wanted = [request.reach]
                if request.size == AUTO:
                    wanted = [
                        s for s in grid_of_sizes(request.reach) if s <= path.largest
                    ]
                chosen = [path.of_size(size) for size in wanted]
            told = [test.judge(plateau) for plateau in chosen]
            losses[at].append([loss for loss, _, _ in told])
            slopes[at].append([pair for _, *pair in told])
    if not weights:
        raise DataError(
            "no fold can be held out: without it some class would be unknown.\nGather "
            "more rows, or give numbers for what is chosen and calibrate=False."
        )
    mass = np.array(weights)
    judged = []
    for candidate, own, pulls in zip(request.candidates, losses, slopes, strict=True):
        reach = min(map(len, own))
        parts = np.array([each[:reach] for each in own]).T
        up, down = np.array([each[:reach] for each in pulls]).sum(axis=0).T
        T = np.maximum(up / down, 0.0) if request.calibrate else np.ones(reach)
        sizes = np.array([request.reach if request.size != "all" else -1])
        if request.size == AUTO:
            sizes = np.array(grid_of_sizes(request.reach)[:reach])
        mean = parts @ mass / mass.sum()
        judged.append(Judged(candidate, sizes, mean, parts, mass, T))
    return judged, np.array(null)


class _Test:
    """A held-out fold, in the units of what was learned without it."""

    def __init__(self, fold: Scatter, rest: Scatter, one: Contrast):
        at = [rest.classes.index(c) for c in fold.classes]
        apart = (fold.means - rest.mean) + fold.tails
        self.means = apart / one.scale
        self.scale = one.scale
        self.sums, self.mass, self.code = fold.sums, fold.mass, one.code[at]
        self.unexplained = self._mean(np.square(self.code).sum(axis=1))

    def _mean(self, per_class: np.ndarray) -> float:
        return float(self.mass @ per_class / self.mass.sum())

    def judge(self, plateau: Plateau) -> tuple[float, float, float]:
        """The loss a row, and the two sides of the calibration's normal equation."""
        A, U = plateau.support, plateau.weights
        scaled = self.sums[np.ix_(A, A)] / np.outer(self.scale[A], self.scale[A])
        within = U.T @ scaled @ U
        shrink = np.linalg.inv(np.eye(len(within)) + plateau.evidence)
        along = self.means[:, A] @ U
        miss = np.square(self.code - along @ shrink).sum(axis=1)
        loss = self._mean(miss) + np.trace(shrink @ within @ shrink) / self.mass.sum()
        pull = float(self.mass @ np.einsum("cr,cr->c", along, self.code))
        return float(loss), pull, float(np.trace(within))
