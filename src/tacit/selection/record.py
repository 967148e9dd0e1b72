"""The path as arrays: what came when, with what weights, and how well it did."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse

from .choosing import Selection


@dataclass(frozen=True, eq=False)
class SelectionPath:
    """A plateau a row; the features of a plateau are those with a weight."""

    features: np.ndarray
    """The feature that came with each plateau, ``(K,)``."""
    times: np.ndarray
    """When it came ``(K,)``: 1 over the penalty at which an elastic net lets it in, for
    two classes and memory 1 and until a feature first leaves."""
    sizes: np.ndarray
    """How many features each plateau has, ``(K,)``."""
    weights: Any
    """CSR ``(K, d)``, in units of within-class spread: of the predictor of the class
    code for two classes, and its length over the discriminants for more."""
    deviance: np.ndarray
    """Cross-validated loss of each plateau's size ``(K,)``; NaN where not judged. The
    size was chosen by it: at its least it promises too much of new rows."""
    error: np.ndarray
    """Its standard error, ``(K,)``."""
    paired_error: np.ndarray
    """Standard error of its difference to the least one, ``(K,)``."""
    null_deviance: float
    """The same loss of the class frequencies alone."""
    criterion: str
    """What the loss is: "deviance", or "code error" where there were no rows."""
    chosen: int
    """The plateau that was chosen."""
    shrinkage: float
    memory: float
    end: str
    """Why it goes no further: "complete", "full" (max_features) or "apart"."""
    names: np.ndarray | None = field(default=None)
    """Names of all features, if they have any."""

    @classmethod
    def of(cls, found: Selection, names: np.ndarray | None) -> "SelectionPath":
        """The record of what `choose_from_rows` or `choose_from_scatters` found."""
        path = found.path
        assert path is not None, "there is no path where all features were asked for"
        plateaus = path.plateaus
        sizes = np.array([len(each.support) for each in plateaus])
        values, columns = [], []
        for each in plateaus:
            B = each.predictor
            single = B.shape[1] == 1
            values.append(B[:, 0] if single else np.linalg.norm(B, axis=1))
            columns.append(each.support)
        rows = np.repeat(np.arange(len(plateaus)), sizes)
        weights = scipy.sparse.csr_array(
            (np.concatenate(values), (rows, np.concatenate(columns))),
            shape=(len(plateaus), path.d),
        )
        loss, error, paired = _losses(found, sizes)
        k = len(found.discriminant.support)
        return cls(
            features=np.array([each.entered for each in plateaus]),
            times=np.array([each.time for each in plateaus]),
            sizes=sizes,
            weights=weights,
            deviance=loss,
            error=error,
            paired_error=paired,
            null_deviance=found.null_loss,
            criterion=found.criterion,
            chosen=int(np.argmax(sizes >= k)),
            shrinkage=found.shrinkage,
            memory=found.memory,
            end=path.end,
            names=names,
        )

    def name(self, feature: int) -> str:
        """What to call a feature."""
        return f"x{feature}" if self.names is None else str(self.names[feature])

    def __repr__(self) -> str:
        return (
            f"SelectionPath({len(self.features)} plateaus, {self.sizes[self.chosen]} "
            f"features chosen, shrinkage {self.shrinkage:.3g}, memory {self.memory:g}, "
            f"{self.end})"
        )


def _losses(found: Selection, sizes: np.ndarray) -> tuple[np.ndarray, ...]:
    out = tuple(np.full(len(sizes), np.nan) for _ in range(3))
    judged = found.judged
    if judged is None:
        return out
    places = {int(size): k for k, size in enumerate(judged.sizes)}
    least = judged.parts[int(np.argmin(judged.losses))]
    for row, size in enumerate(sizes):
        if int(size) in places:
            k = places[int(size)]
            out[0][row] = judged.losses[k]
            out[1][row] = judged.error(k, np.zeros_like(least))
            out[2][row] = judged.error(k, least)
    return out
