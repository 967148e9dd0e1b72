"""From rows, or from the scatters of folds, to a discriminant on a few features."""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from ..errors import DataError
from .contrast import Contrast
from .discriminant import Discriminant
from .factor import Factor
from .fold_scatters import FoldScatters
from .held_out import (
    judge_rows,
    Judged,
    path_of,
    shrinkage_of,
    spread_of,
    standard_error,
)
from .path import Path
from .pooled import Pooled
from .request import AUTO, Request
from .row_free import judge_scatters
from .spread import AbstractSpread


@dataclass(frozen=True, eq=False)
class Selection:
    """What was chosen, the path it lies on, and what cross-validation said."""

    contrast: Contrast
    discriminant: Discriminant
    shrinkage: float
    memory: float
    path: Path | None
    """None where all features were asked for."""
    judged: Judged | None
    """Of the path that was chosen; None where nothing had to be judged."""
    null_loss: float
    """The same loss of knowing the class frequencies only; NaN without judgement."""
    criterion: str
    """What the losses are: "deviance", or "code error" where there were no rows."""


def choose_from_rows(X, codes, weights, held, request: Request) -> Selection:
    """Select on rows ``(n, d)``; `held` ``(n, folds)`` or None says what is held out.

    Raises `DataError` where no row is left to learn the spread within classes from, and
    where `request` cannot be met. Warns where nothing is better than the frequencies.
    """
    n, C = len(codes), int(codes.max()) + 1
    if n <= C:
        raise DataError(
            f"{n} samples in {C} classes leave nothing to learn the spread within "
            "classes from: give more samples than classes."
        )
    spread = spread_of(X, codes, weights, request.shares(C))
    judged, null = ([], None)
    if held is not None:
        judged, null = judge_rows(X, codes, weights, held, request)
    return _chosen(spread, judged, null, request, "deviance")


def choose_from_scatters(folds: FoldScatters, request: Request) -> Selection:
    """The same from the scatters of folds. Raises and warns alike."""
    whole = folds.total
    n, C = int(whole.count.sum()), len(whole.classes)
    if C < 2 or n <= C:
        raise DataError(
            f"{n} samples in {C} classes leave nothing to tell apart; gather more."
        )
    spread = Pooled(whole, request.shares(C))
    judged, null = ([], None)
    if request.judges:
        judged, null = judge_scatters(folds, request)
    return _chosen(spread, judged, null, request, "code error")


def _chosen(
    spread: AbstractSpread,
    judged: list[Judged],
    null: np.ndarray | None,
    request: Request,
    criterion: str,
) -> Selection:
    _name_separating(spread.contrast)
    best, k = None, 0
    candidate, size, T = request.candidates[0], request.reach, 1.0
    if judged:
        best, k = _preferred(judged, request)
        candidate, size, T = (
            best.candidate,
            int(best.sizes[k]),
            float(best.sharpness[k]),
        )
    gamma = shrinkage_of(candidate, spread)
    one, path = spread.contrast, None
    # M for the discriminants, and the mean for what the classes have in common.
    right = np.c_[one.matrix, one.mean / one.scale]
    if request.size == "all":
        support = np.flatnonzero(one.varies)
        solved = spread.solve(gamma, right)[support]
    else:
        path = path_of(spread, candidate, request.reach)
        _say_if_short(path, request, spread)
        support = path.of_size(size).support
        solved = Factor.of(spread, gamma, support).solve(right[support])
    found = Discriminant.of(one, support, solved[:, :-1], solved[:, -1])
    floor = np.nan
    if best is not None and null is not None:
        floor = float(best.weights @ null / best.weights.sum())
        _say_if_nothing(best, k, null, criterion)
        _say_if_more(best, k, path, request)
    return Selection(
        one,
        replace(found, sharpness=T if request.calibrate else 1.0),
        gamma,
        candidate.memory,
        path,
        best,
        floor,
        criterion,
    )


def _preferred(judged: list[Judged], request: Request) -> tuple[Judged, int]:
    """The path and the place of its size."""
    first = judged[0]
    best, k = first, int(np.argmin(first.losses))
    for other in judged[1:]:
        j = int(np.argmin(other.losses))
        ahead = first.losses.min() - other.losses[j]
        error = other.error(j, first.parts[np.argmin(first.losses)])
        if ahead > error and other.losses[j] < best.losses[k]:
            best, k = other, j
    if request.rule == "paired-1se" and request.size == AUTO:
        least = best.parts[k]
        close = [
            best.losses[i] - best.losses[k] <= best.error(i, least)
            for i in range(k + 1)
        ]
        k = int(np.argmax(close))
    return best, k


def _name_separating(contrast: Contrast) -> None:
    alone = np.flatnonzero(contrast.separating)
    if len(alone):
        warnings.warn(
            f"{len(alone)} features, the first number {alone[0]}, are constant within "
            "every class and differ between classes: each tells them apart on its own. "
            "Leave it out if it is the label in other words.",
            UserWarning,
            stacklevel=2,
        )


def _say_if_short(path: Path, request: Request, spread: AbstractSpread) -> None:
    if isinstance(request.size, str) or path.largest >= request.reach:
        return
    usable = int(spread.contrast.varies.sum())
    why = {
        "apart": "these leave no spread within classes; a shrinkage above 0 goes on",
        "complete": "no other would add anything (constant, or made up of these)",
    }[path.end]
    raise DataError(
        f"n_features_to_select is {request.reach}, and the path ends with "
        f"{path.largest} of {len(spread.contrast.varies)} features, of which {usable} "
        f"vary: {why}."
    )


def _say_if_nothing(best: Judged, k: int, null: np.ndarray, criterion: str) -> None:
    gain = best.weights @ (null - best.parts[k]) / best.weights.sum()
    if gain <= 2 * standard_error(null - best.parts[k], best.weights):
        warnings.warn(
            f"no features were found that do better than the class frequencies by two "
            f"standard errors of the held-out {criterion} (gain {gain:.3g}): this may "
            "be noise. Look at DeepLDASelector(...).stability().",
            UserWarning,
            stacklevel=2,
        )


def _say_if_more(best: Judged, k: int, path: Path | None, request: Request) -> None:
    if path is None or request.size != AUTO or path.end != "full":
        return
    if best.sizes[k] == request.reach:
        warnings.warn(
            f"the best size is max_features={request.reach}, as far as the path was "
            "followed; raise max_features to see whether more are better.",
            UserWarning,
            stacklevel=2,
        )
