"""How much of a selection survives another draw of the rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError
from ...selection import spread_of, trace_path


@dataclass(frozen=True, eq=False)
class Stability:
    """What `DeepLDASelector.stability` found."""

    frequency: np.ndarray
    """The share of the resamples in which each feature was chosen, ``(d,)``."""
    jaccard: float
    """Mean overlap of two resamples: common features over all of either."""
    chance: float
    """The overlap that as many features picked at random would have, about."""
    chosen: np.ndarray
    """The features that the selector chose, ``(k,)``."""
    resamples: int
    names: np.ndarray | None = None

    def __repr__(self) -> str:
        often = np.argsort(-self.frequency, kind="stable")[:5]
        listed = ", ".join(
            f"{i if self.names is None else self.names[i]} {self.frequency[i]:.0%}"
            for i in often
        )
        return (
            f"Stability over {self.resamples} resamples: overlap {self.jaccard:.2f} "
            f"(chance {self.chance:.2f}); most often {listed}"
        )


def resampled(
    X: Any,
    codes: np.ndarray,
    weights: np.ndarray,
    shrinkage: float | str,
    memory: float,
    chosen: np.ndarray,
    resamples: int,
    seed: int,
    share: float,
    names: np.ndarray | None,
) -> Stability:
    """Follow the path to ``len(chosen)`` features on draws of the rows."""
    if resamples < 2:
        raise DataError(f"stability needs 2 resamples or more; got {resamples}.")
    if not 0 < share < 1:
        raise DataError(f"share is between 0 and 1; got {share}.")
    rng = np.random.default_rng(seed)
    found = np.zeros((resamples, X.shape[1]), bool)
    for own in found:
        rows = np.concatenate(
            [
                rng.choice(at, max(2, round(share * len(at))), replace=False)
                for at in map(np.flatnonzero, codes == np.unique(codes)[:, None])
                if len(at) > 1
            ]
        )
        kinds, kept = np.unique(codes[rows], return_inverse=True)
        if len(kinds) < 2:
            raise DataError(
                "stability draws from classes of two rows and more, and fewer than two "
                "classes have them."
            )
        spread = spread_of(X[rows], kept, weights[rows])
        gamma = spread.analytic if shrinkage == "auto" else float(shrinkage)
        path = trace_path(spread, gamma, memory, len(chosen))
        own[path.of_size(len(chosen)).support] = True
    common = found.astype(float) @ found.T
    sizes = found.sum(axis=1)
    pairs = np.triu_indices(resamples, 1)
    either = (sizes[:, None] + sizes)[pairs] - common[pairs]
    k, d = len(chosen), X.shape[1]
    expected = k * k / d
    return Stability(
        frequency=found.mean(axis=0),
        jaccard=float((common[pairs] / either).mean()),
        chance=expected / (2 * k - expected),
        chosen=chosen,
        resamples=resamples,
        names=names,
    )
